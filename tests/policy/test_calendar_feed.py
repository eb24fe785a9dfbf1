"""The calendar feed, read back by another program's reader, says what the roster says at every instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from tests.support.fixtures import TEAM
from triage.policy.calendar_feed import feed
from triage.policy.roster import Roster, read_roster, shift_at

NOW = datetime(2026, 10, 20, 14, 7, tzinfo=UTC)
OVERRIDES = """
[[overrides]]
rotation = "primary"
person = "sam"
from = 2026-10-31T17:00:00
to = 2026-11-01T08:00:00

[[overrides]]
rotation = "secondary"
person = "lee"
from = 2026-12-24T12:00:00
to = 2026-12-28T12:00:00
"""


@pytest.fixture
def roster() -> Roster:
    return read_roster(TEAM.replace("2026-11-16", "2026-10-19") + OVERRIDES, name="roster.toml")


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def spans(content: bytes) -> list[tuple[str, datetime, datetime]]:
    """The events with their summaries; an event reckons its start and end anew whenever it is asked."""
    return [(str(event["summary"]), event.start, event.end) for event in events(content)]


def test_every_instant_of_the_span_is_said_as_the_roster_has_it(roster: Roster) -> None:
    found = spans(feed(roster, None, NOW))
    mine = {person.id: spans(feed(roster, person.id, NOW)) for person in roster.people}
    at, end = NOW - timedelta(days=7), NOW + timedelta(days=90)

    while at < end:
        said = {summary for summary, start, until in found if start <= at < until}
        shifts = {one.name: shift_at(roster, one, at).person for one in roster.rotations}
        assert said == {f"{name}: {person.name if person else 'NOBODY ON CALL'}" for name, person in shifts.items()}
        for person_id, own in mine.items():
            held = {summary.partition(":")[0] for summary, start, until in own if start <= at < until}
            assert held == {name for name, person in shifts.items() if person and person.id == person_id}
        at += timedelta(minutes=30)


def test_a_shift_keeps_its_uid_from_day_to_day_and_when_somebody_else_takes_it(roster: Roster) -> None:
    later = {str(event["uid"]): str(event["summary"]) for event in events(feed(roster, None, NOW + timedelta(days=9)))}
    before = {str(event["uid"]): str(event["summary"]) for event in events(feed(roster, None, NOW))}
    without = roster.model_copy(update={"overrides": ()})

    assert len(before) == len(events(feed(roster, None, NOW)))
    assert {uid: words for uid, words in before.items() if uid in later and later[uid] != words} == {}
    assert "primary-20261019T120000Z@afterhours" in before
    assert "primary-20261031T210000Z@afterhours" in before
    assert "primary-20261031T210000Z@afterhours" not in {str(one["uid"]) for one in events(feed(without, None, NOW))}


def test_a_feed_is_the_same_for_an_hour_in_utc_and_without_a_telephone_number(roster: Roster) -> None:
    content = feed(roster, None, NOW)

    assert content == feed(roster, None, NOW + timedelta(minutes=52))
    assert content != feed(roster, None, NOW + timedelta(minutes=53))
    assert b"+1614" not in content
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert {str(event.start.utcoffset()) for event in events(content)} == {"0:00:00"}
    assert events(feed(roster, "left", NOW)) == []
