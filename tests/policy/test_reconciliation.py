"""What is left to webhooks, up to where everything is settled, what is given up, when a scheduler counts as down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.reconciliation import Place, is_left_to_webhooks, next_place, was_down

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(("age", "is_left"), [(0, True), (59, True), (60, False), (61, False), (-30, True)])
def test_a_webhook_has_a_minute(age: int, is_left: bool) -> None:
    assert is_left_to_webhooks(NOW - age * SECOND, NOW) is is_left


def test_the_mark_moves_to_the_look_where_nothing_is_open() -> None:
    assert next_place(Place(NOW - HOUR), NOW, {}) == (Place(NOW), [])


def test_what_is_open_holds_the_mark_back_or_brings_it_back() -> None:
    found = {"RE1": NOW - 3 * MINUTE, "RE2": NOW - 9 * MINUTE, "RE3": NOW}

    for at in (NOW - HOUR, NOW - 5 * MINUTE):
        assert next_place(Place(at), NOW, found) == (Place(NOW - 9 * MINUTE, NOW), [])


def test_an_older_look_does_not_bring_the_mark_back() -> None:
    assert next_place(Place(NOW), NOW - HOUR, {}) == (Place(NOW), [])


def test_what_holds_the_mark_is_tried_for_a_day_also_where_it_was_found_late() -> None:
    old = NOW - 3 * DAY
    held = Place(old, NOW)

    assert next_place(Place(old), NOW, {"RE1": old}) == (held, [])
    assert next_place(held, NOW + DAY - SECOND, {"RE1": old}) == (held, [])
    assert next_place(held, NOW + DAY, {"RE1": old}) == (Place(NOW + DAY), ["RE1"])


def test_what_is_younger_than_a_day_is_not_given_up_with_it() -> None:
    found = {"RE1": NOW - DAY, "RE2": NOW - HOUR}

    assert next_place(Place(NOW - DAY, NOW - DAY), NOW, found) == (Place(NOW - HOUR, NOW), ["RE1"])


def test_what_was_given_up_is_not_given_up_again() -> None:
    held = Place(NOW - DAY + MINUTE, NOW - DAY)

    assert next_place(held, NOW, {"RE1": NOW - DAY - MINUTE, "RE2": held.at}) == (held, [])


@pytest.mark.parametrize(("silent", "is_down"), [(0, False), (60, False), (61, True)])
def test_a_minute_without_a_sign_of_life_is_an_outage(silent: int, is_down: bool) -> None:
    assert was_down(NOW - silent * SECOND, NOW) is is_down


def test_a_scheduler_that_never_ran_was_not_down() -> None:
    assert not was_down(None, NOW)
