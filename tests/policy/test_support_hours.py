"""The next opening, and spans counted in support hours (T2, T3, E3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage.errors import ConfigurationError
from triage.policy.hours import add_support_time, local, next_opening, window_at
from triage.policy.terms import Terms

STEP = timedelta(minutes=15)
QUARTERS = st.integers(0, 4 * 365 * 96).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + n * STEP)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=2200)).map(lambda span: datetime(2024, 1, 1, tzinfo=UTC) + span)


def is_open(at: datetime, terms: Terms) -> bool:
    return window_at(at, terms) == "support_hours"


def added_slowly(at: datetime, span: timedelta, terms: Terms) -> datetime:
    """Quarter hour by quarter hour, counting only those inside support hours."""
    while span > timedelta(0):
        if is_open(at, terms):
            span -= STEP
        at += STEP
    return at


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-03-04T07:59:59-05:00", "2026-03-04T08:00:00-05:00"),
        ("2026-03-04T08:00:00-05:00", "2026-03-05T08:00:00-05:00"),
        ("2026-03-04T08:00:01-05:00", "2026-03-05T08:00:00-05:00"),
        ("2026-03-04T23:00:00-05:00", "2026-03-05T08:00:00-05:00"),
        ("2026-03-06T17:00:00-05:00", "2026-03-09T08:00:00-04:00"),
        ("2026-10-30T18:00:00-04:00", "2026-11-02T08:00:00-05:00"),
        ("2026-11-01T01:30:00-04:00", "2026-11-02T08:00:00-05:00"),
        ("2026-12-31T18:00:00-05:00", "2027-01-01T08:00:00-05:00"),
    ],
)
def test_next_opening_is_the_next_working_morning_at_eight(at: str, opening: str, terms: Terms) -> None:
    found = next_opening(datetime.fromisoformat(at), terms)

    assert local(found, terms).isoformat() == opening


def test_next_opening_passes_over_closures(contract: Callable[[str], Terms]) -> None:
    terms = contract('hours = {closures = [2026-11-27], observed = ["Thanksgiving Day"]}')

    found = next_opening(datetime.fromisoformat("2026-11-25T18:00:00-05:00"), terms)

    assert local(found, terms).isoformat() == "2026-11-30T08:00:00-05:00"


def test_policy_without_any_support_day_is_refused(contract: Callable[[str], Terms]) -> None:
    terms = contract("hours.days = []")

    with pytest.raises(ConfigurationError, match="check hours"):
        next_opening(datetime(2026, 3, 4, tzinfo=UTC), terms)


@given(at=INSTANTS)
def test_next_opening_is_the_first_start_of_support_hours_after_an_instant(at: datetime, terms: Terms) -> None:
    opening = next_opening(at, terms)
    hours = [at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(1, 100)]

    starts = [hour for hour in hours if is_open(hour, terms) and not is_open(hour - timedelta(seconds=1), terms)]

    assert opening > at
    assert opening == starts[0]


@pytest.mark.parametrize(
    ("at", "span", "end"),
    [
        ("2026-03-04T08:00:00-05:00", "2h", "2026-03-04T10:00:00-05:00"),
        ("2026-03-04T16:00:00-05:00", "1h", "2026-03-04T17:00:00-05:00"),
        ("2026-03-04T16:00:00-05:00", "2h", "2026-03-05T09:00:00-05:00"),
        ("2026-03-04T17:00:00-05:00", "2h", "2026-03-05T10:00:00-05:00"),
        ("2026-03-04T20:00:00-05:00", "2h", "2026-03-05T10:00:00-05:00"),
        ("2026-03-06T16:59:59-05:00", "2h", "2026-03-09T09:59:59-04:00"),
        ("2026-03-07T12:00:00-05:00", "2h", "2026-03-09T10:00:00-04:00"),
        ("2026-03-04T08:00:00-05:00", "27h", "2026-03-06T17:00:00-05:00"),
    ],
)
def test_support_time_stands_still_outside_support_hours(at: str, span: str, end: str, terms: Terms) -> None:
    found = add_support_time(datetime.fromisoformat(at), timedelta(hours=int(span[:-1])), terms)

    assert local(found, terms).isoformat() == end


@given(at=QUARTERS, quarters=st.integers(1, 80))
@example(at=datetime(2025, 11, 2, 5, 30, tzinfo=UTC), quarters=8)
@example(at=datetime(2025, 3, 7, 21, 45, tzinfo=UTC), quarters=8)
def test_support_time_agrees_with_counting_quarter_hours(at: datetime, quarters: int, terms: Terms) -> None:
    span = quarters * STEP

    assert add_support_time(at, span, terms) == added_slowly(at, span, terms)


@given(at=INSTANTS, first=st.integers(1, 50_000), second=st.integers(1, 50_000))
def test_two_spans_of_support_time_add_up_to_one(at: datetime, first: int, second: int, terms: Terms) -> None:
    one, other = timedelta(seconds=first), timedelta(seconds=second)

    assert add_support_time(add_support_time(at, one, terms), other, terms) == add_support_time(at, one + other, terms)


@given(at=INSTANTS, later=st.integers(0, 500_000), span=st.integers(1, 50_000))
def test_later_start_never_ends_earlier(at: datetime, later: int, span: int, terms: Terms) -> None:
    length = timedelta(seconds=span)

    end = add_support_time(at, length, terms)

    assert end >= at + length
    assert add_support_time(at + timedelta(seconds=later), length, terms) >= end
