"""Instants of a clock that was ahead: how far they are moved back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.put_back import brought_back, due_again, is_ahead

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
SEEN = NOW + timedelta(days=1)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, False), (0, False), (60, False), (61, True)])
def test_clocks_of_two_nodes_may_differ_by_a_minute(seconds: int, expected: bool) -> None:
    assert is_ahead(NOW + timedelta(seconds=seconds), NOW) is expected


@pytest.mark.parametrize(("at", "expected"), [(-3600, 0), (-1, 0), (0, 0), (1, 1), (2700, 2700)])
def test_what_was_still_to_come_comes_after_what_was_left_of_its_wait(at: int, expected: int) -> None:
    assert due_again(SEEN + timedelta(seconds=at), SEEN, NOW) == NOW + timedelta(seconds=expected)


def test_what_was_done_keeps_its_order_and_comes_after_what_was_done_at_that_instant_before() -> None:
    earlier, later = (brought_back(SEEN - timedelta(seconds=age), SEEN, NOW) for age in (2, 1))

    assert NOW - timedelta(seconds=2) < earlier < later < NOW
