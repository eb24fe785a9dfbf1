"""The on-call calendar: who holds each rotation, day by day on the roster's wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage.policy.calendar_groups import week_of
from triage.policy.hours import holidays_on, is_closure
from triage.policy.roster import Override, Person, Roster, Rotation, override_at, shift_at, turn_at
from triage.policy.roster_history import Rosters, by_roster, roster_at
from triage.policy.terms import Terms
from triage.policy.wall_clock import on_wall

_MOST = 2000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One person holds a rotation for [starts, ends), in UTC: a turn, a part of one, or an override.

    `person` is None in a gap. `instead_of` is whoever the turn would be, where an override counts.
    """

    rotation: str
    person: Person | None
    starts: datetime
    ends: datetime
    override: Override | None = None
    instead_of: Person | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What a day shows of a stretch. `takes_over` is the hand-over where it lies in this day."""

    stretch: Stretch
    takes_over: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar: `lines` by the name of the rotation."""

    on: date
    is_today: bool
    is_closed: bool
    holidays: tuple[str, ...]
    lines: dict[str, tuple[Line, ...]]


def stretches(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> list[Stretch]:
    """Who holds a rotation in [start, end), each stretch whole: the first may begin before, the last end after.

    No more than two thousand: a rotation that changes every minute has more than anybody reads.
    """
    found: list[Stretch] = []
    of_last: object = None
    for cause, piece in _pieces(roster, rotation, start, end):
        if found and cause == of_last:
            found[-1] = replace(found[-1], ends=piece.ends)
        elif len(found) < _MOST:
            found.append(piece)
        else:
            break
        of_last = cause
    return [stretch for stretch in found if stretch.ends > start]


def held(rosters: Rosters, rotation: str, start: datetime, end: datetime) -> list[Stretch]:
    """Who holds a rotation in [start, end), each moment by the roster of that time; else as `stretches`.

    A time that knew no such rotation is left out.
    """
    found: list[Stretch] = []
    for roster, since, until in by_roster(rosters, start, end):
        known = roster.rotation(rotation)
        for each in stretches(roster, known, max(start, since), min(end, until)) if known else ():
            piece = replace(each, starts=max(each.starts, since), ends=min(each.ends, until))
            if found and found[-1].ends == since == piece.starts and _is_same(found[-1], piece):
                found[-1] = replace(found[-1], ends=piece.ends)
            else:
                found.append(piece)
    return found[:_MOST]


def calendar(rosters: Rosters, terms: Terms, first: date, last: date, now: datetime) -> list[Day]:
    """The days from first to last, both included, on the wall clock of the newest roster, with its rotations and those
    that were removed and counted in these days; of a day on which a rotation did not count, its lines are empty."""
    newest = rosters[-1][1]
    zone = ZoneInfo(newest.timezone)
    start, end = _midnight(first, zone), _midnight(last + _DAY, zone)
    counted = [newest, *(roster for roster, *_ in by_roster(rosters, start, end))]
    names = dict.fromkeys(rotation.name for roster in counted for rotation in roster.rotations)
    found = {name: held(rosters, name, start, end) for name in names}
    today, days = on_wall(now, zone).date(), []
    for number in range((last - first).days + 1):
        on = first + number * _DAY
        days.append(
            Day(
                on=on,
                is_today=on == today,
                is_closed=is_closure(on, terms) or on in roster_at(rosters, _midnight(on + _DAY, zone)).closures,
                holidays=holidays_on(on, terms),
                lines={name: tuple(_lines(several, on, zone)) for name, several in found.items()},
            )
        )
    return days


def week_span(day: date) -> tuple[date, date]:
    """Monday to Sunday of the week that a day lies in."""
    return week_of(day), week_of(day) + 6 * _DAY


def month_span(day: date) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = day.replace(day=1)
    return first, (first + 32 * _DAY).replace(day=1) - _DAY


def _pieces(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> Iterator[tuple[object, Stretch]]:
    """Stretches cut at every edge, also where the same goes on; each with what it comes from, a turn or an override."""
    at = _beginning(roster, rotation, start)
    while at < end:
        shift, turn = shift_at(roster, rotation, at), turn_at(roster, rotation, at)
        counts = override_at(roster, rotation, at)
        override, instead_of = (counts[0], turn.person) if counts else (None, None)
        yield counts or turn.starts, Stretch(rotation.name, shift.person, at, shift.ends, override, instead_of)
        at = shift.ends


def _beginning(roster: Roster, rotation: Rotation, at: datetime) -> datetime:
    """The earliest instant at which what counts at `at` may have begun."""
    turn, counts = turn_at(roster, rotation, at), override_at(roster, rotation, at)
    began = counts[1] if counts else turn.starts
    return began if began.year > 1 else at  # before the first hand-over of all


def _is_same(one: Stretch, other: Stretch) -> bool:
    people = [(each.person and each.person.id, each.instead_of and each.instead_of.id) for each in (one, other)]
    return one.override == other.override and people[0] == people[1]


def _lines(several: list[Stretch], on: date, zone: ZoneInfo) -> Iterator[Line]:
    midnight, following = _midnight(on, zone), _midnight(on + _DAY, zone)
    for stretch in several:
        if stretch.starts < following and stretch.ends > midnight:
            is_from_midnight = stretch.starts == midnight and stretch.person is None  # a gap has no hand-over
            yield Line(stretch, stretch.starts if stretch.starts >= midnight and not is_from_midnight else None)


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time.min, tzinfo=zone)
