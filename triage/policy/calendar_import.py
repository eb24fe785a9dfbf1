"""Overrides from a calendar file: whose shift each event is, and why one cannot be taken."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
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
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST_INTERVAL = 366
_MOST_WEEKS = 5
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)
_MOST_DAYS = (_OLDEST_SERIES + _AHEAD).days + 1


@dataclass(frozen=True, slots=True)
class Row:
    """One event, or one day of an event that repeats: the override it becomes, or what is wrong with it. `on` is its
    day, where that can be read."""

    summary: str
    override: Override | None
    fault: str | None = None
    on: date | None = None


def read_calendar(content: bytes, roster: Roster, rotation: str, now: datetime) -> list[Row]:
    """Every event of an .ics file that is not over, as an override of a rotation. Raises Refused.

    Times without a zone, and whole days, are the roster's wall clock. Series are taken a year ahead.
    """
    events = _events(content)
    if not events:
        raise Refused("The file has no events.")
    if len(events) > MOST_ROWS:
        raise Refused(f"The file has more than {MOST_ROWS} events: split it.")
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


def _events(content: bytes) -> list[Any]:
    """Every event of a file. Raises Refused where it is no calendar."""
    from triage.policy.calendar_reader import CalendarReader  # noqa: PLC0415 - costs memory, and few processes read one

    try:
        return CalendarReader(content).events()
    except _UNREADABLE:
        raise Refused("That is no calendar file: export one that ends in .ics.") from None


def _rows_of(event: Any, roster: Roster, rotation: str, now: datetime) -> Iterator[Row]:
    summary, zone = " ".join(str(event.get("summary", "")).split())[:120], ZoneInfo(roster.timezone)
    try:
        person = person_in(summary, roster)
        for starts, ends in _spans(event, zone, now):
            yield _row(summary, roster, rotation, person, starts, ends)
    except Refused as error:
        yield Row(summary, None, str(error), _first_day(event, zone))
    except _UNREADABLE:
        yield Row(summary, None, "cannot be read: write it anew in your calendar", _first_day(event, zone))


def _row(summary: str, roster: Roster, rotation: str, person: Person, starts: datetime, ends: datetime) -> Row:
    try:
        return Row(summary, new_override(roster, rotation, person.id, starts, ends))
    except Refused as error:
        return Row(summary, None, str(error), starts.date())


def _first_day(event: Any, zone: ZoneInfo) -> date | None:
    try:
        return _wall(event.start, zone).date()
    except _UNREADABLE:
        return None


def _spans(event: Any, zone: ZoneInfo, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans of an event on the wall clock, those left out that are over. Raises Refused."""
    if "RECURRENCE-ID" in event or "RDATE" in event:
        raise Refused("changes single days of a series: make events of their own of them")
    for part in ("DTSTART", "DTEND", "EXDATE"):
        _refuse_unknown_zone(event.get(part))
    begins, finishes = event.start, event.end
    starts, ends = _wall(begins, zone), _wall(finishes, zone)
    here = on_wall(now, zone)
    firsts = _series(event, starts, here, zone) if "RRULE" in event else iter([starts])
    for first in firsts:
        if first + (ends - starts) > here:
            yield first, first + (ends - starts)


def _series(event: Any, starts: datetime, here: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """When a series begins, each time, a year ahead: at most one look at each day since its first."""
    rule = event["RRULE"]
    if isinstance(rule, list) or set(rule) - _PARTS or rule.get("FREQ", [""])[0] not in _FREQUENCIES:
        raise Refused("repeats in a way that is not taken: repeat it by day, week or month, or write single events")
    if here - starts > _OLDEST_SERIES:
        raise Refused("repeats since more than three years ago: begin it later")
    interval, count = rule.get("INTERVAL", [1])[0], rule.get("COUNT", [_MOST_DAYS])[0]
    days = {(each.relative, _WEEKDAYS.index(each.weekday)) for each in rule.get("BYDAY", [])}
    if not 1 <= interval <= _LONGEST_INTERVAL or count < 1 or any(abs(nth or 1) > _MOST_WEEKS for nth, _ in days):
        raise Refused("repeats in a way that no calendar means: write single events")
    last = min([here + _AHEAD, *(_wall(until, zone) for until in rule.get("UNTIL", []))])
    left_out = {_wall(each.dt, zone) for each in _dates(event.get("EXDATE"))}
    week_starts = _WEEKDAYS.index(rule["WKST"][0].weekday) if "WKST" in rule else 0
    fits = _pattern(rule["FREQ"][0], interval, days, starts.date(), week_starts)
    every = (starts + timedelta(days=number) for number in range((last - starts).days + 1))
    firsts = islice((first for first in every if fits(first.date())), count)
    return (first for first in firsts if first >= here - _AHEAD and first not in left_out)


def _pattern(
    frequency: str, interval: int, days: Set[tuple[int | None, int]], since: date, week_starts: int
) -> Callable[[date], bool]:
    """Whether a series comes on a day, by RFC 5545: `days` are BYDAY, each with its number in the month or None."""
    weekdays = {weekday for _, weekday in days}

    def by_day(on: date) -> bool:
        return (on - since).days % interval == 0 and (not days or on.weekday() in weekdays)

    def by_week(on: date) -> bool:
        begun = (since.weekday() - week_starts) % 7
        weeks = ((on - since).days + begun) // 7
        return weeks % interval == 0 and on.weekday() in (weekdays or {since.weekday()})

    def by_month(on: date) -> bool:
        months = (on.year - since.year) * 12 + on.month - since.month
        if months % interval:
            return False
        if not days:
            return on.day == since.day
        from_end = -((monthrange(on.year, on.month)[1] - on.day) // 7 + 1)
        return not days.isdisjoint((nth, on.weekday()) for nth in (None, (on.day - 1) // 7 + 1, from_end))

    return {"DAILY": by_day, "WEEKLY": by_week, "MONTHLY": by_month}[frequency]


def _refuse_unknown_zone(given: Any) -> None:
    for each in given if isinstance(given, list) else [given] if given is not None else []:
        zone = each.params.get("TZID")
        at = each.dts[0].dt if hasattr(each, "dts") else each.dt
        if zone and isinstance(at, datetime) and at.tzinfo is None:
            raise Refused(f"has the time zone {str(zone)[:60]!r}, which is not known: take one like America/New_York")


def _dates(listed: Any) -> Iterator[Any]:
    for each in listed if isinstance(listed, list) else [listed] if listed is not None else []:
        yield from each.dts


def _wall(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time.min)
    return on_wall(at, zone) if at.tzinfo else at
