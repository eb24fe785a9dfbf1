"""Overrides from a calendar file: whose shift each event is, and why one cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from triage.errors import Refused
from triage.policy.roster import Override, Person, Roster
from triage.policy.roster_changes import new_override
from triage.policy.wall_clock import on_wall

MOST_ROWS = 200
_AHEAD = timedelta(days=366)
_OLDEST_SERIES = timedelta(days=3 * 366)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY")
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"}


@dataclass(frozen=True, slots=True)
class Row:
    """One event, or one day of an event that repeats: the override it becomes, or what is wrong with it."""

    summary: str
    override: Override | None
    fault: str | None = None


def read_calendar(content: bytes, roster: Roster, rotation: str, now: datetime) -> list[Row]:
    """Every event of an .ics file that is not over, as an override of a rotation. Raises Refused.

    Times without a zone, and whole days, are the roster's wall clock. Series are taken a year ahead.
    """
    from icalendar import Calendar  # noqa: PLC0415 - costs memory, and few processes read one

    try:
        events = Calendar.from_ical(content).walk("VEVENT")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Refused("That is no calendar file: export one that ends in .ics.") from None
    if not events:
        raise Refused("The file has no events.")
    rows: list[Row] = []
    for event in events:
        for row in _rows_of(event, roster, rotation, now):
            if len(rows) == MOST_ROWS:
                raise Refused(f"The file has more than {MOST_ROWS} shifts: split it.")
            rows.append(row)
    return rows


def person_in(summary: str, roster: Roster) -> Person:
    """Whom a line means: by whole name, by id or the front of an e-mail address, or by first name. Raises Refused."""
    line = " ".join(summary.casefold().split())
    words = set(re.findall(r"[\w.-]+", re.sub(r"@[\w.-]+", " ", line)))
    tries = (
        [one for one in roster.people if re.search(rf"(?<!\w){re.escape(one.name.casefold())}(?!\w)", line)],
        [one for one in roster.people if {one.id, ".".join(one.name.casefold().split())} & words],
        [one for one in roster.people if one.first_name.casefold() in words],
    )
    found = next((several for several in tries if several), [])
    if len(found) > 1:
        raise Refused(f"names more than one person: {', '.join(one.name for one in found)}")
    if not found:
        raise Refused("names nobody of the roster")
    return found[0]


def _rows_of(event: Any, roster: Roster, rotation: str, now: datetime) -> Iterator[Row]:
    summary = " ".join(str(event.get("summary", "")).split())[:120]
    try:
        person = person_in(summary, roster)
        for starts, ends in _spans(event, ZoneInfo(roster.timezone), now):
            yield _row(summary, roster, rotation, person, starts, ends)
    except Refused as error:
        yield Row(summary, None, str(error))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        yield Row(summary, None, "cannot be read: write it anew in your calendar")


def _row(summary: str, roster: Roster, rotation: str, person: Person, starts: datetime, ends: datetime) -> Row:
    try:
        return Row(summary, new_override(roster, rotation, person.id, starts, ends))
    except Refused as error:
        return Row(summary, None, str(error))


def _spans(event: Any, zone: ZoneInfo, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans of an event on the wall clock, those left out that are over. Raises Refused."""
    if "RECURRENCE-ID" in event or "RDATE" in event:
        raise Refused("changes single days of a series: make events of their own of them")
    begins, finishes = event.start, event.end
    starts, ends = _wall(begins, zone), _wall(finishes, zone)
    here = on_wall(now, zone)
    firsts = _series(event, starts, here, zone) if "RRULE" in event else [starts]
    for first in firsts:
        if first + (ends - starts) > here:
            yield first, first + (ends - starts)


def _series(event: Any, starts: datetime, here: datetime, zone: ZoneInfo) -> list[datetime]:
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - see read_calendar

    rule = event["RRULE"]
    if isinstance(rule, list) or set(rule) - _PARTS or rule.get("FREQ", [""])[0] not in _FREQUENCIES:
        raise Refused("repeats in a way that is not taken: repeat it by day, week or month, or write single events")
    if here - starts > _OLDEST_SERIES:
        raise Refused("repeats since more than three years ago: begin it later")
    if until := rule.get("UNTIL"):
        rule = {**rule, "UNTIL": [_wall(until[0], zone)]}
    words = ";".join(f"{part}={_written(values)}" for part, values in rule.items())
    left_out = {_wall(each.dt, zone) for each in _dates(event.get("EXDATE"))}
    series = rrulestr(words, dtstart=starts)
    found: list[datetime] = []
    for first in series:
        if first > here + _AHEAD or len(found) > MOST_ROWS:
            break
        if first >= here - _AHEAD and first not in left_out:
            found.append(first)
    return found


def _written(values: Any) -> str:
    several = values if isinstance(values, list) else [values]
    return ",".join(f"{one:%Y%m%dT%H%M%S}" if isinstance(one, datetime) else str(one) for one in several)


def _dates(listed: Any) -> Iterator[Any]:
    for each in listed if isinstance(listed, list) else [listed] if listed is not None else []:
        yield from each.dts


def _wall(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time.min)
    return on_wall(at, zone) if at.tzinfo else at
