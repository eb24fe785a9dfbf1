"""Who is on call as an iCalendar feed (RFC 5545), for the calendars of phones and offices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triage.policy.on_call_calendar import Stretch, stretches
from triage.policy.roster import Roster

LOOKS_BACK = timedelta(days=7)
LOOKS_AHEAD = timedelta(days=90)
_NOBODY = "NOBODY ON CALL"
_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Booked:
    """A session that was booked ahead: its name, whose it is, for whom."""

    name: str
    technician: str
    dealer: str | None
    starts_at: datetime
    ends_at: datetime


def feed(roster: Roster, person_id: str | None, now: datetime, booked: Iterable[Booked] = ()) -> bytes:
    """The shifts of a person, or of all with the gaps, from a week ago to 90 days ahead; each whole, in UTC; and what
    is `booked` with them.

    A shift keeps its UID for as long as it begins when it does, whoever holds it: a calendar then moves it rather than
    showing it twice. The bytes change with the roster, and once an hour.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 - costs memory, and few processes make a feed

    written_at = now.replace(minute=0, second=0, microsecond=0)
    person = roster.person(person_id)
    calendar = Calendar()
    calendar.add("prodid", "-//afterhours//on-call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"On call: {person.name if person else person_id or 'everybody'}")
    calendar.add("refresh-interval", _EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for stretch in _shown(roster, person_id, written_at):
        event = Event()
        event.add("uid", uid(stretch))
        event.add("dtstamp", written_at)
        event.add("dtstart", stretch.starts.astimezone(UTC))
        event.add("dtend", stretch.ends.astimezone(UTC))
        event.add("summary", f"{stretch.rotation}: {stretch.person.name if stretch.person else _NOBODY}")
        event.add("transp", "TRANSPARENT")  # whoever is on call may have other appointments
        calendar.add_component(event)
    for each in booked:
        event = Event()
        event.add("uid", f"{each.name}@afterhours")
        event.add("dtstamp", written_at)
        event.add("dtstart", each.starts_at.astimezone(UTC))
        event.add("dtend", each.ends_at.astimezone(UTC))
        event.add("summary", f"{each.name} {each.technician}{f': {each.dealer}' if each.dealer else ''}")
        event.add("transp", "OPAQUE")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def uid(stretch: Stretch) -> str:
    """By rotation and beginning; a gap by its end, since it may have no beginning."""
    edge, mark = (stretch.starts, "") if stretch.person else (stretch.ends, "-gap")
    return f"{stretch.rotation}{mark}-{edge.astimezone(UTC):%Y%m%dT%H%M%SZ}@afterhours"


def _shown(roster: Roster, person_id: str | None, now: datetime) -> Iterator[Stretch]:
    for rotation in roster.rotations:
        for stretch in stretches(roster, rotation, now - LOOKS_BACK, now + LOOKS_AHEAD):
            if person_id is None or (stretch.person is not None and stretch.person.id == person_id):
                yield stretch
