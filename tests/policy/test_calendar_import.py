"""A calendar file becomes overrides, or says of each event why not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.fixtures import TEAM
from triage.errors import Refused
from triage.policy.calendar_feed import feed
from triage.policy.calendar_import import read_calendar
from triage.policy.roster import Roster, read_roster
from triage.policy.roster_changes import add_overrides
from triage.policy.roster_words import override_in_words

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


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
        (a_file(), "no events"),
        (a_file(an_event("Sam", *DAY, "RRULE:FREQ=DAILY")), "more than 200"),
    ):
        with pytest.raises(Refused, match=why):
            read_calendar(content, roster, "primary", NOW)


def test_a_feed_of_our_own_can_be_taken_in_again(roster: Roster) -> None:
    rows = read_calendar(feed(roster, "sam", NOW), roster, "secondary", NOW)

    assert {row.fault for row in rows} == {None}
    after = add_overrides(roster, [row.override for row in rows if row.override], NOW)
    assert b"secondary: Sam Novak" in feed(after, "sam", NOW)
