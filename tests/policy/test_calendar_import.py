"""A calendar file becomes overrides, or says of each event why not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fixtures import TEAM
from triage.errors import Refused
from triage.policy.calendar_feed import feed
from triage.policy.calendar_import import read_calendar
from triage.policy.roster import Roster, read_roster
from triage.policy.roster_changes import add_overrides
from triage.policy.roster_words import override_in_words

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
HERE = datetime(2026, 11, 20, 21, 30)  # noqa: DTZ001 - the same on the wall clock


@pytest.fixture
def roster() -> Roster:
    return read_roster(TEAM, name="roster.toml")


def an_event(summary: str, *lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", f"SUMMARY:{summary}", *lines, "END:VEVENT"))


def a_file(*events: str) -> bytes:
    whole = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x", *events, "END:VCALENDAR", "")
    return "\r\n".join(whole).encode()


def read(roster: Roster, *events: str) -> list[str]:
    rows = read_calendar(a_file(*events), roster, "primary", NOW)
    return [row.fault or (override_in_words(row.override) if row.override else "") for row in rows]


DAY = ("DTSTART:20261124T130000Z", "DTEND:20261125T130000Z")
TAKES = "{} takes primary from 2026-11-24 08:00 to 2026-11-25 08:00"


@pytest.mark.parametrize(
    ("summary", "person"),
    [("primary: Sam Novak", "sam"), ("On call - DANA", "dana"), ("sam.novak@example.com", "sam"), ("lee", "lee")],
)
def test_a_person_is_found_by_name_id_or_address(summary: str, person: str, roster: Roster) -> None:
    assert read(roster, an_event(summary, *DAY)) == [TAKES.format(person)]


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (an_event("Holiday", *DAY), "names nobody of the roster"),
        (an_event("Sam or Lee", *DAY), "names more than one person: Lee Okafor, Sam Novak"),
        (an_event("Sam", DAY[0], "DTEND:20261124T130000Z"), "It ends before it begins"),
        (an_event("Sam", DAY[0], "DTEND:20281124T130000Z"), "more than a year"),
        (an_event("Sam", "DTSTART:20270314T023000", "DTEND:20270315T080000"), "2:30 AM does not exist"),
        (an_event("Sam", *DAY, "RRULE:FREQ=SECONDLY"), "repeats in a way that is not taken"),
        (an_event("Sam", *DAY, "RRULE:FREQ=DAILY;BYHOUR=1,2,3"), "repeats in a way that is not taken"),
        (an_event("Sam", "DTSTART:19700101T000000", "DTEND:19700101T010000", "RRULE:FREQ=DAILY"), "three years ago"),
        (an_event("Sam", *DAY, "RECURRENCE-ID:20261124T130000Z"), "events of their own"),
        (an_event("Sam", "DTSTART:soon"), "cannot be read"),
        (an_event("Sam"), "cannot be read"),
        (an_event("Sam", *DAY, "RRULE:FREQ=DAILY;INTERVAL=0"), "no calendar means"),
        (an_event("Sam", *DAY, "RRULE:FREQ=DAILY;INTERVAL=367"), "no calendar means"),
        (an_event("Sam", *DAY, "RRULE:FREQ=DAILY;COUNT=0"), "no calendar means"),
        (an_event("Sam", *DAY, "RRULE:FREQ=MONTHLY;BYDAY=6MO"), "no calendar means"),
        (an_event("Sam", *DAY, "RRULE:FREQ=MONTHLY;BYDAY=-53MO"), "no calendar means"),
        (an_event("Sam", *DAY, "EXDATE;TZID=Mars:20261124T130000"), "'Mars', which is not known"),
        (an_event("Sam", "DTSTART;TZID=Mars:20261124T130000", "DURATION:PT8H"), "'Mars', which is not known"),
    ],
)
def test_an_event_that_does_not_fit_says_why(event: str, fault: str, roster: Roster) -> None:
    [said] = read(roster, event)
    assert fault in said


def test_series_whole_days_and_zones_are_taken_on_the_rosters_wall_clock(roster: Roster) -> None:
    series = an_event(
        "Sam", "DTSTART;TZID=America/Chicago:20261101T070000", "DTEND;TZID=America/Chicago:20261101T190000",
        "RRULE:FREQ=WEEKLY;COUNT=6", "EXDATE;TZID=America/Chicago:20261129T070000",
    )  # fmt: skip

    assert read(roster, series, an_event("Lee", "DTSTART;VALUE=DATE:20261126", "DTEND;VALUE=DATE:20261127")) == [
        "sam takes primary from 2026-11-22 08:00 to 2026-11-22 20:00",
        "sam takes primary from 2026-12-06 08:00 to 2026-12-06 20:00",
        "lee takes primary from 2026-11-26 00:00 to 2026-11-27 00:00",
    ]


def test_files_that_are_none_or_too_long_are_refused(roster: Roster) -> None:
    for content, why in (
        (b"\x00\xff", "no calendar file"),
        (b"", "no calendar file"),
        (a_file(an_event("Sam", "DTSTART;TZID=/a/a/a/a/a/a/UTC:20261124T130000")), "no calendar file"),
        (a_file(), "no events"),
        (a_file(an_event("Sam", *DAY, "RRULE:FREQ=DAILY")), "more than 200 shifts"),
        (a_file(*[an_event("Sam", "DTSTART:20201124T130000Z")] * 201), "more than 200 events"),
    ):
        with pytest.raises(Refused, match=why):
            read_calendar(content, roster, "primary", NOW)


def test_a_feed_of_our_own_can_be_taken_in_again(roster: Roster) -> None:
    rows = read_calendar(feed(roster, "sam", NOW), roster, "secondary", NOW)

    assert {row.fault for row in rows} == {None}
    after = add_overrides(roster, [row.override for row in rows if row.override], NOW)
    assert b"secondary: Sam Novak" in feed(after, "sam", NOW)


A_ZONE = (
    "BEGIN:VTIMEZONE", "TZID:Mars", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0100", "RRULE:FREQ=SECONDLY;BYSECOND=7", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip
LINES = st.sampled_from(
    [
        *("SUMMARY:Sam", "SUMMARY:dana", "BEGIN:VEVENT", "END:VEVENT", "END:VTIMEZONE", "BEGIN:VCALENDAR"),
        *("\r\n".join(A_ZONE), "TZID:Mars", "DTSTART;TZID=Mars:20240301T080000"),
        *(
            "DTSTART:20231124T080000Z",
            "DTSTART;VALUE=DATE:20240229",
            "DTSTART:99991231T235959",
            "DTSTART:00010101T000000Z",
        ),
        *("DTEND:20261125T130000Z", "DURATION:PT8H", "DURATION:-P1D", "DURATION:P99999999999D", "RDATE:", "EXDATE:x"),
    ]
)
NUMBERS = st.sampled_from(("0", "1", "-1", "7", "24", "53", "366", "99999999999", "", "x"))
DAYS = st.sampled_from(("MO", "TU", "5MO", "-5SU", "6MO", "53MO", "", "0MO", "XX"))
RULES = st.builds(
    "RRULE:FREQ={};INTERVAL={};BYDAY={};{}={}".format,
    st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY", "SECONDLY", "DAILY,WEEKLY", "")),
    NUMBERS,
    st.lists(DAYS, min_size=1, max_size=3).map(",".join),
    st.sampled_from(("COUNT", "UNTIL", "WKST", "X", "BYSETPOS")),
    st.one_of(NUMBERS, DAYS, st.sampled_from(("20270101", "20270101T000000Z", "PT8H"))),
)


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """Stops what calls more functions than so many."""
    made = 0

    def count(_frame: object, event: str, _about: Any) -> None:
        nonlocal made
        made += event in {"call", "c_call"}
        if made > calls:
            sys.setprofile(None)
            pytest.fail("endless")

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.lists(st.one_of(LINES, RULES), max_size=8), max_size=4), at=st.floats(0, 1), odd=st.binary())
def test_whatever_a_file_holds_reading_it_ends_soon(
    events: list[list[str]], at: float, odd: bytes, roster: Roster
) -> None:
    content = a_file(*(an_event("Sam", *lines) for lines in events))
    cut = int(at * len(content))
    for file in (content, content[:cut] + odd + content[cut + len(odd) :]):
        with at_most(300_000), suppress(Refused):
            for row in read_calendar(file, roster, "primary", NOW):
                assert (row.fault is None) == (row.override is not None)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20231124T080000", "RRULE:FREQ=DAILY;INTERVAL=0"),
        ("DTSTART:20231124T080000", "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=MO"),  # a Friday
        ("DTSTART:20250201T080000", "RRULE:FREQ=MONTHLY;INTERVAL=24;BYDAY=5MO"),  # no February of a leap year
        ("DTSTART:20231124T080000", "RRULE:FREQ=DAILY;COUNT=400"),
        ("DTSTART;TZID=Mars:20240301T080000", "RRULE:FREQ=DAILY"),
    ],
)
def test_a_file_full_of_series_without_a_shift_is_read_with_bounded_work(
    lines: tuple[str, ...], roster: Roster
) -> None:
    with at_most(2_000_000):
        rows = read_calendar(a_file(*A_ZONE, *[an_event("Sam", *lines)] * 200), roster, "primary", NOW)

    assert [row for row in rows if not row.fault] == []


@given(
    starts=st.integers(0, 1090).map(lambda days: HERE - timedelta(days=days, hours=12.5)),
    parts=st.tuples(
        st.sampled_from(("DAILY", "WEEKLY", "MONTHLY")),
        st.integers(1, 5),
        st.sampled_from(("", "MO", "TU,SU,WE", "1MO,-1FR", "4WE,-2WE", "5TH")),
        st.sampled_from(("WKST=SU", "WKST=MO", "COUNT=9", "COUNT=30", "UNTIL=20270201T100000")),
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_series_come_when_other_calendars_say(
    starts: datetime, parts: tuple[str, int, str, str], roster: Roster
) -> None:
    frequency, interval, days, more = parts
    rule = f"FREQ={frequency};INTERVAL={interval};{more}" + (f";BYDAY={days}" if days else "")
    event = an_event("Sam", f"DTSTART:{starts:%Y%m%dT%H%M%S}", "DURATION:PT1H", f"RRULE:{rule}")
    expected = rrulestr(rule, dtstart=starts).between(HERE - timedelta(hours=1), HERE + timedelta(days=366))

    with suppress(Refused):
        found = [row.override.starts for row in read_calendar(a_file(event), roster, "primary", NOW) if row.override]
        assert found == expected
