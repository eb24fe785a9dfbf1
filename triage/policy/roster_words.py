"""A roster, and what was changed in one, in plain words: with ids for the record, with names for people.

No telephone numbers: the words of the record are kept for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from triage.policy.on_call_words import day_in_words, moment_in_words
from triage.policy.roster import Override, Person, Roster, Rotation

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Style:
    """How a person's id, a wall-clock moment and a day are written."""

    person: Callable[[str], str]
    moment: Callable[[datetime], str]
    day: Callable[[date], str]


def for_people(now: datetime, *rosters: Roster) -> Style:
    """Names, and moments as pages show them: `Fri, Nov 27, 5:00 PM`. Of several rosters the first that has somebody
    names them, and its zone counts."""
    zone = ZoneInfo(rosters[0].timezone)
    names = {person.id: person.name for roster in reversed(rosters) for person in roster.people}
    return Style(
        person=lambda person_id: names.get(person_id, person_id),
        moment=lambda wall: moment_in_words(wall.replace(tzinfo=zone), zone, now),
        day=lambda on: day_in_words(on) if on.year == now.year else f"{day_in_words(on)} {on.year}",
    )


def changes_in_words(before: Roster, after: Roster, style: Style | None = None) -> tuple[str, ...]:
    """Every difference of two rosters, a sentence each; empty where they are the same."""
    style = style or RECORD
    zone = [f"timezone: {before.timezone}, now {after.timezone}"] if before.timezone != after.timezone else []
    return (
        *zone,
        *_people(before, after, style),
        *_rotations(before, after, style),
        *(f"{override_in_words(one, style)}: added" for one in _missing(after.overrides, before.overrides)),
        *(f"{override_in_words(one, style)}: removed" for one in _missing(before.overrides, after.overrides)),
        *(f"closed on {style.day(day)}: added" for day in _missing(after.closures, before.closures)),
        *(f"closed on {style.day(day)}: removed" for day in _missing(before.closures, after.closures)),
    )


def override_in_words(override: Override, style: Style | None = None) -> str:
    style = style or RECORD
    starts, ends = style.moment(override.starts), style.moment(override.ends)
    return f"{style.person(override.person)} takes {override.rotation} from {starts} to {ends}"


def every_in_words(every: timedelta) -> str:
    """How long each person of a rotation has it: `7 days`, `12 hours`."""
    minutes = int(every.total_seconds()) // 60
    for count, unit in ((minutes / 1440, "day"), (minutes / 60, "hour")):
        if count >= 1 and count == int(count):
            return f"{int(count)} {unit}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"


def _wall(at: datetime) -> str:
    """`2026-11-25 17:00`."""
    return at.isoformat(" ", "minutes")


RECORD = Style(person=str, moment=_wall, day=str)


def _people(before: Roster, after: Roster, style: Style) -> Iterable[str]:
    name = style.person
    for person in after.people:
        known = before.person(person.id)
        if known is None:
            yield f"{name(person.id)}: added, {person.role}, by {' and '.join(person.channels)}"
        else:
            yield from _of_person(known, person, name(person.id))
    yield from (f"{name(person.id)}: removed" for person in before.people if after.person(person.id) is None)
    kept = [person.id for person in before.people if after.person(person.id) is not None]
    if kept != [person.id for person in after.people if before.person(person.id) is not None]:
        yield f"order of the people: {', '.join(name(person.id) for person in after.people)}"


def _of_person(before: Person, after: Person, name: str) -> Iterable[str]:
    if before.name != after.name:
        yield f"{name}: name {before.name}, now {after.name}"
    if before.phone != after.phone:
        yield f"{name}: another telephone number"
    if before.role != after.role:
        yield f"{name}: {before.role}, now {after.role}"
    if before.channels != after.channels:
        yield f"{name}: by {' and '.join(before.channels)}, now by {' and '.join(after.channels)}"


def _rotations(before: Roster, after: Roster, style: Style) -> Iterable[str]:
    known = {rotation.name: rotation for rotation in before.rotations}
    for rotation in after.rotations:
        old = known.pop(rotation.name, None)
        if old is None:
            yield f"rotation {rotation.name}: added, {_rotation(rotation, style)}"
        elif old != rotation:
            yield f"rotation {rotation.name}: {_rotation(old, style)}; now {_rotation(rotation, style)}"
    yield from (f"rotation {name}: removed" for name in known)


def _rotation(rotation: Rotation, style: Style) -> str:
    people = ", ".join(style.person(person) for person in rotation.people) or "nobody"
    return f"{people}, {every_in_words(rotation.every)} each, from {style.moment(rotation.starts)}"


def _missing(these: Sequence[Item], those: Sequence[Item]) -> list[Item]:
    """What stands in these and not in those, counted: one that stands twice is not one that stands once."""
    left = list(those)
    found = []
    for each in these:
        if each in left:
            left.remove(each)
        else:
            found.append(each)
    return found
