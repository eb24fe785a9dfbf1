"""What the pages of on-call show: who has it now and next, gaps, the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from triage.errors import Refused
from triage.policy.ladder import unknown_targets, would_reach
from triage.policy.on_call_calendar import Day, Stretch, calendar, held, stretches
from triage.policy.roster import OverrideSpan, Person, Roster, Shift
from triage.policy.roster_history import Rosters, roster_at
from triage.policy.roster_warnings import gaps_in_words
from triage.services.coverage import coverage_gaps, needed
from triage.services.desk import Desk

_AHEAD = timedelta(days=56)
_LONGEST = 62
"""Days of a calendar."""


@dataclass(frozen=True, slots=True)
class Post:
    """A rotation at an instant: who holds it, and who after that. `following` is None where nobody else is in sight."""

    current: Stretch
    following: Stretch | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """`gaps` are those of the coming two weeks in rotations of the ladder, `gaps_in_words` what they come to; `unknown`
    are words of the ladder that mean nobody."""

    roster: Roster
    posts: tuple[Post, ...]
    gaps: tuple[Shift, ...]
    gaps_in_words: str
    unknown: tuple[str, ...]


def on_call(desk: Desk, at: datetime, now: datetime) -> OnCall:
    """Who is on call at an instant, and what is not covered after it. What is over is told by the rosters of then."""
    with desk.store.read() as session:
        rosters = desk.rosters(session, at, at + _AHEAD, now)
    roster = roster_at(rosters, at)
    gaps = coverage_gaps(desk.terms, roster, at)
    return OnCall(
        roster=roster,
        posts=tuple(_post(rosters, rotation.name, at) for rotation in roster.rotations),
        gaps=tuple(gaps),
        gaps_in_words=gaps_in_words(gaps, [rotation.name for rotation in needed(desk.terms, roster)]),
        unknown=tuple(unknown_targets(desk.terms, roster)),
    )


def on_call_days(desk: Desk, first: date, last: date, now: datetime) -> tuple[Roster, list[Day]]:
    """The calendar from first to last, both included; no more than two months. It comes with the roster in force; what
    is over is told by the rosters of then."""
    with desk.store.read() as session:
        roster = desk.roster(session)
        start = datetime.combine(first, time.min, tzinfo=ZoneInfo(roster.timezone))
        rosters = desk.rosters(session, start, start + timedelta(days=_LONGEST + 1), now)
    return roster, calendar(rosters, desk.terms, first, min(last, first + timedelta(days=_LONGEST - 1)), now)


def calendar_records(desk: Desk, first: date, last: date, now: datetime) -> list[dict[str, Any]]:
    """The calendar for programs and tables: a record for each day and rotation, those that were removed since on the
    days that they counted. Field names are promised in the README.

    Raises Refused where it is longer than two months.
    """
    if (last - first).days >= _LONGEST:
        raise Refused(f"a calendar has {_LONGEST} days at the most: ask for fewer")
    roster, days = on_call_days(desk, first, last, now)
    return [
        {
            "day": day.on,
            "rotation": name,
            "shifts": [_shift(line.stretch) for line in lines],
            "closed": day.is_closed,
            "holidays": list(day.holidays),
        }
        for day in days
        for name, lines in day.lines.items()
        if lines or roster.rotation(name)
    ]


def who_is_on_call(desk: Desk, at: datetime, now: datetime) -> list[dict[str, Any]]:
    """The people whom the ladder would reach at an instant, in its order, by the roster of then."""
    with desk.store.read() as session:
        rosters = desk.rosters(session, at, at + _AHEAD, now)
    return [
        {
            "person": found.person.id,
            "name": found.person.name,
            "rotation": found.target,
            "until": held(rosters, found.target, at, found.until)[0].ends if found.until else None,
        }
        for found in would_reach(desk.terms, roster_at(rosters, at), at)
    ]


def gap_records(desk: Desk, now: datetime) -> list[dict[str, Any]]:
    """Stretches of the coming two weeks in which a rotation of the ladder has nobody."""
    return [{"rotation": gap.rotation, "starts": gap.starts, "ends": gap.ends} for gap in on_call(desk, now, now).gaps]


def coming_shifts(roster: Roster, now: datetime) -> list[Stretch]:
    """Who has which rotation in the coming eight weeks, gaps left out; what counts now comes first."""
    found = [
        stretch
        for rotation in roster.rotations
        for stretch in stretches(roster, rotation, now, now + _AHEAD)
        if stretch.person is not None
    ]
    return sorted(found, key=lambda stretch: stretch.starts)


def coming_overrides(roster: Roster, now: datetime) -> list[tuple[int, OverrideSpan]]:
    """The overrides that count now or are still to come, the earliest first; each with its number in the roster."""
    spans = [span for several in roster.override_spans.values() for span in several if span[2] > now]
    numbers = {id(override): number for number, override in enumerate(roster.overrides)}
    return sorted(((numbers[id(span[0])], span) for span in spans), key=lambda line: line[1][1])


def _shift(stretch: Stretch) -> dict[str, Any]:
    return {
        "person": _id(stretch.person),
        "name": stretch.person.name if stretch.person else None,
        "starts": stretch.starts,
        "ends": stretch.ends,
        "instead_of": _id(stretch.instead_of),
    }


def _post(rosters: Rosters, rotation: str, at: datetime) -> Post:
    current, *later = held(rosters, rotation, at, at + _AHEAD)
    return Post(current, next((one for one in later if _id(one.person) != _id(current.person)), None))


def _id(person: Person | None) -> str | None:
    return person.id if person else None
