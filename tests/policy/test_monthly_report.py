"""When the monthly report falls due, and when a letter that failed is tried again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from triage.policy.monthly_report import last_day_of, month_due, next_attempt, read_month
from triage.policy.terms import Terms

PLANNED = datetime(2026, 12, 1, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2026-12-01T08:59:59-05:00", None),
        ("2026-12-01T09:00:00-05:00", date(2026, 11, 1)),
        ("2026-12-08T08:59:59-05:00", date(2026, 11, 1)),
        ("2026-12-08T09:00:00-05:00", None),
        ("2026-11-01T12:00:00-05:00", None),  # a Sunday
        ("2026-11-02T09:00:00-05:00", date(2026, 10, 1)),
        ("2027-01-01T09:00:00-05:00", date(2026, 12, 1)),
    ],
)
def test_the_report_falls_due_on_the_first_support_day_at_nine(at: str, month: date | None, terms: Terms) -> None:
    assert month_due(datetime.fromisoformat(at), terms) == month


def test_pauses_grow_to_six_hours_for_a_week() -> None:
    pauses = [
        next_attempt(attempts, planned_at=PLANNED, is_permanent=False, now=PLANNED) for attempts in (1, 2, 9, 10, 99)
    ]

    assert pauses == [PLANNED + timedelta(minutes=minutes) for minutes in (1, 2, 256, 360, 360)]
    week = PLANNED + timedelta(days=7)
    assert next_attempt(3, planned_at=PLANNED, is_permanent=False, now=week) is None
    assert next_attempt(1, planned_at=PLANNED, is_permanent=True, now=PLANNED) is None


def test_a_month_is_written_with_its_year() -> None:
    assert read_month("2026-02") == date(2026, 2, 1)
    assert last_day_of(date(2024, 2, 1)) == date(2024, 2, 29)
    assert [read_month(text) for text in ("2026-13", "2026", "10-2026", "2026-1", "२०२६-01")] == [None] * 5
