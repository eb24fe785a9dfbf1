"""What days of work cost, to the cent (R4, R5, R7), against a walk over every minute of the spans."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.day_pricing import Spent, after, length, price_by_the_day
from triage.policy.ledger import Coverage
from triage.policy.session_price import Kind, Work, lines_for, minutes_by_the_hour, prepaid_minutes_for
from triage.policy.terms import Terms

MINUTE = timedelta(minutes=1)
ZONES = st.sampled_from(
    ["America/New_York", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "Europe/Berlin"]
)
Spans = tuple[tuple[datetime, datetime], ...]


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Some spans of whole minutes one after the other, near the nights on which clocks change too."""
    begin = datetime.combine(draw(st.dates(date(2026, 3, 5), date(2026, 11, 4))), time(), UTC)
    edges = sorted(draw(st.sets(st.integers(0, 4 * 1440), min_size=2, max_size=8)))
    edges = edges[: len(edges) // 2 * 2]
    return tuple((begin + a * MINUTE, begin + b * MINUTE) for a, b in zip(edges[::2], edges[1::2], strict=True))


def walked(found: Spans, zone: str) -> tuple[int, int, int]:
    """The dates with work from eight to five, the minutes of it, and those outside."""
    days: set[date] = set()
    inside = outside = 0
    for start, end in found:
        at = start
        while at < end:
            here = at.astimezone(ZoneInfo(zone))
            if 8 <= here.hour < 17:
                days.add(here.date())
                inside += 1
            else:
                outside += 1
            at += MINUTE
    return len(days), inside, outside


def after_hours(minutes: int) -> Decimal:
    return Decimal(-(-max(minutes, 60) // 30)) * Decimal("123.75") if minutes else Decimal(0)


def work(kind: Kind, found: Spans, zone: str | None = None, **given_: object) -> Work:
    values = {"window": "support_hours", "product": "ucp", "rate": kind.value, "is_billable": True} | given_
    minutes = length(found) // MINUTE
    return Work(kind=kind, spans=found, zone=zone, minutes=minutes, stated_minutes=minutes, **values)  # type: ignore[arg-type]


@given(spans(), ZONES)
def test_days_are_those_of_the_clock_and_the_rest_is_after_hours_once(terms: Terms, found: Spans, zone: str) -> None:
    for kind, clock, least in ((Kind.REMOTE_DAY, terms.zone, 1), (Kind.ON_SITE_DAY, zone, 2)):
        days, inside, outside = walked(found, clock)
        lines = lines_for(work(kind, found, zone), Coverage(), terms)

        assert (lines[0].billed_days, lines[0].minutes) == (max(days, least), inside)
        assert [line.minutes for line in lines[1:]] == ([outside] if outside else [])
        assert sum(line.amount for line in lines) == max(days, least) * 1775 + after_hours(outside)
        assert len({line.rule for line in lines}) == len(lines)


@given(spans(), st.booleans())
def test_a_server_on_own_hardware_is_two_hours_at_the_standard_rate_then_days(
    terms: Terms, found: Spans, by_hour: bool
) -> None:
    given_ = {"server": "IPCR", "rate": "standard"} if by_hour else {"server": "NMS", "rate": "remote_day"}
    installed = work(Kind.SERVER_INSTALLATION, found, product="server", **given_)
    minutes = length(found) // MINUTE
    first = min(minutes, 120) if by_hour else 0
    each = [
        (start + n * MINUTE, start + (n + 1) * MINUTE) for start, end in found for n in range((end - start) // MINUTE)
    ]
    days, _, outside = walked(tuple(each[first:]), terms.zone)
    expected = Decimal(-(-max(first, 30) // 15)) * Decimal("41.25") if first else Decimal(0)
    if minutes > first:
        expected += max(days, 1) * 1775 + after_hours(outside)

    lines = lines_for(installed, Coverage(unpaid=first), terms)

    assert minutes_by_the_hour(installed, terms) == first
    assert sum(line.amount for line in lines) == expected
    assert sum(line.minutes for line in lines) == minutes
    assert all(line.clauses[0] == "R7" for line in lines)


def eastern(day: int, clock: str, month: int = 3) -> datetime:
    return datetime.combine(date(2026, month, day), time.fromisoformat(clock), ZoneInfo("America/New_York"))


def test_a_visit_can_be_argued_line_by_line(terms: Terms) -> None:
    found = ((eastern(10, "07:00"), eastern(10, "17:30")),)
    spent = (Spent("Flight", Decimal("412.50")), Spent("Car", Decimal("63.00"), 90), Spent("Hotel", Decimal("150.00")))

    lines = lines_for(work(Kind.ON_SITE_DAY, found, spent=spent), None, terms)

    assert [(line.rule, line.amount, line.is_taxable, line.clauses) for line in lines] == [
        ("R5", Decimal("3550.00"), True, ("R5",)),
        ("R5-R1", Decimal("371.25"), True, ("R5", "R1")),
        ("R5-E", Decimal("562.50"), False, ("R5",)),
        ("R5-M", Decimal("63.00"), False, ("R5",)),
    ]
    assert [line.arithmetic for line in lines] == [
        "2026-03-10: 1 d worked, 2 d billed (at least 2) x 1775.00 = 3550.00 (R5)",
        "outside 08:00 to 17:00: 90 min worked, at least 60, up to the next 30: 90 min x 247.50/h = 371.25 (R1)",
        "Flight 412.50 + Hotel 150.00 = 562.50 (R5)",
        "Car: 90 miles x 0.70 = 63.00 (R5)",
    ]


def test_a_day_of_nights_only_is_one_day_at_least(terms: Terms) -> None:
    [day, night] = lines_for(work(Kind.REMOTE_DAY, ((eastern(10, "20:00"), eastern(10, "20:10")),)), None, terms)

    assert (day.amount, night.amount) == (Decimal("1775.00"), Decimal("247.50"))
    assert day.arithmetic == "nothing worked from 08:00 to 17:00, at least 1 d billed: 1 d x 1775.00 = 1775.00 (R4)"


def test_the_same_visit_is_of_another_clock_elsewhere(terms: Terms) -> None:
    found = ((eastern(10, "10:00"), eastern(10, "19:00")),)  # seven to four in Los Angeles

    here, there = (
        lines_for(work(Kind.ON_SITE_DAY, found, zone), None, terms) for zone in (None, "America/Los_Angeles")
    )

    assert [line.minutes for line in here] == [7 * 60, 2 * 60]
    assert [line.minutes for line in there] == [8 * 60, 60]


@pytest.mark.parametrize(("night", "hours"), [((3, 8), 3), ((11, 1), 5)])
def test_on_a_changeover_night_the_time_that_passed_counts(terms: Terms, night: tuple[int, int], hours: int) -> None:
    month, day = night
    found = ((eastern(day, "00:00", month), eastern(day, "04:00", month)),)

    [_, outside] = price_by_the_day("remote_day", found, terms.zone, terms)

    assert outside.minutes == hours * 60
    assert after(found, timedelta(hours=hours)) == []


def test_prepaid_hours_pay_for_the_hours_of_a_server_and_for_no_day(terms: Terms) -> None:
    found = ((eastern(10, "09:00"), eastern(10, "16:00")),)
    installed = work(Kind.SERVER_INSTALLATION, found, server="IPCR", rate="standard")

    assert prepaid_minutes_for(installed, terms) == 120
    assert prepaid_minutes_for(work(Kind.REMOTE_DAY, found), terms) == 0
    [hours, day] = lines_for(installed, Coverage(prepaid=90, unpaid=30), terms)
    assert (hours.minutes, hours.billed_minutes, hours.amount) == (120, 30, Decimal("82.50"))
    assert hours.arithmetic == (
        "the first 120 min of 420: 120 min worked: 90 min from prepaid hours (C5);"
        " 120 min billed less 90 paid: 30 min x 165.00 for 60 min = 82.50 (R2)"
    )
    assert (day.billed_days, day.amount, day.clauses) == (1, Decimal("1775.00"), ("R7", "R4"))
