"""What is left to webhooks, up to where everything is settled, when a scheduler counts as down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.reconciliation import is_left_to_webhooks, next_mark, was_down

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("age", "is_left"), [(0, True), (59, True), (60, False), (61, False), (-30, True)])
def test_a_webhook_has_a_minute(age: int, is_left: bool) -> None:
    assert is_left_to_webhooks(NOW - age * SECOND, NOW) is is_left


def test_the_mark_moves_to_the_look_where_nothing_is_open() -> None:
    assert next_mark(NOW, []) == NOW


def test_what_is_open_holds_the_mark_back() -> None:
    assert next_mark(NOW, [NOW - 3 * MINUTE, NOW - 9 * MINUTE, NOW]) == NOW - 9 * MINUTE


def test_nothing_holds_the_mark_back_for_more_than_a_day() -> None:
    assert next_mark(NOW, [NOW - timedelta(days=9)]) == NOW - timedelta(days=1)


@pytest.mark.parametrize(("silent", "is_down"), [(0, False), (60, False), (61, True)])
def test_a_minute_without_a_sign_of_life_is_an_outage(silent: int, is_down: bool) -> None:
    assert was_down(NOW - silent * SECOND, NOW) is is_down


def test_a_scheduler_that_never_ran_was_not_down() -> None:
    assert not was_down(None, NOW)
