"""A roster, and what was changed in one, in plain words. No telephone numbers: these words are kept for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from triage.policy.roster import Override, Person, Roster, Rotation

Item = TypeVar("Item")


def changes_in_words(before: Roster, after: Roster) -> tuple[str, ...]:
    """Every difference of two rosters, a sentence each; empty where they are the same."""
    zone = [f"timezone: {before.timezone}, now {after.timezone}"] if before.timezone != after.timezone else []
    return (
        *zone,
        *_people(before, after),
        *_rotations(before, after),
        *(f"{override_in_words(one)}: added" for one in _missing(after.overrides, before.overrides)),
        *(f"{override_in_words(one)}: removed" for one in _missing(before.overrides, after.overrides)),
        *(f"closed on {day}: added" for day in _missing(after.closures, before.closures)),
        *(f"closed on {day}: removed" for day in _missing(before.closures, after.closures)),
    )


def override_in_words(override: Override) -> str:
    return f"{override.person} takes {override.rotation} from {wall(override.starts)} to {wall(override.ends)}"


def every_in_words(every: timedelta) -> str:
    """How long each person of a rotation has it: `7 days`, `12 hours`."""
    minutes = int(every.total_seconds()) // 60
    for count, unit in ((minutes / 1440, "day"), (minutes / 60, "hour")):
        if count >= 1 and count == int(count):
            return f"{int(count)} {unit}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"


def wall(at: datetime) -> str:
    """A wall-clock moment of the roster's zone: `2026-11-25 17:00`."""
    return at.isoformat(" ", "minutes")


def _people(before: Roster, after: Roster) -> Iterable[str]:
    for person in after.people:
        known = before.person(person.id)
        if known is None:
            yield f"{person.id}: added, {person.role}, by {' and '.join(person.channels)}"
        else:
            yield from _of_person(known, person)
    yield from (f"{person.id}: removed" for person in before.people if after.person(person.id) is None)
    kept = [person.id for person in before.people if after.person(person.id) is not None]
    if kept != [person.id for person in after.people if before.person(person.id) is not None]:
        yield f"order of the people: {', '.join(person.id for person in after.people)}"


def _of_person(before: Person, after: Person) -> Iterable[str]:
    if before.name != after.name:
        yield f"{after.id}: name {before.name}, now {after.name}"
    if before.phone != after.phone:
        yield f"{after.id}: another telephone number"
    if before.role != after.role:
        yield f"{after.id}: {before.role}, now {after.role}"
    if before.channels != after.channels:
        yield f"{after.id}: by {' and '.join(before.channels)}, now by {' and '.join(after.channels)}"


def _rotations(before: Roster, after: Roster) -> Iterable[str]:
    known = {rotation.name: rotation for rotation in before.rotations}
    for rotation in after.rotations:
        old = known.pop(rotation.name, None)
        if old is None:
            yield f"rotation {rotation.name}: added, {_rotation(rotation)}"
        elif old != rotation:
            yield f"rotation {rotation.name}: {_rotation(old)}; now {_rotation(rotation)}"
    yield from (f"rotation {name}: removed" for name in known)


def _rotation(rotation: Rotation) -> str:
    people = ", ".join(rotation.people) or "nobody"
    return f"{people}, {every_in_words(rotation.every)} each, from {wall(rotation.starts)}"


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
