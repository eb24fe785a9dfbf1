"""Changes of a roster, each as a pure function: overrides, swaps, closures, rotations.

Wall-clock times are those of the roster's zone. A change raises Refused with what does not fit and how to mend it.
What is over stays as it was: who was on call is asked for long afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from triage.errors import Refused
from triage.policy.fields import write_span
from triage.policy.on_call_calendar import stretches
from triage.policy.roster import Override, Person, Roster, Rotation, shift_at
from triage.policy.roster_words import for_people, override_in_words
from triage.policy.wall_clock import on_wall, the_instant

Change = Callable[[Roster], Roster]
WallSpan: TypeAlias = tuple[datetime, datetime]
MOST_OVERRIDES = 1000
LONGEST_OVERRIDE = timedelta(days=366)
_SHOWN_AHEAD = timedelta(days=56)
_LATEST = timedelta(days=2 * 366)
_MOST_EFFECTS = 400
_MOST_SHIFTS = 20_000


@dataclass(frozen=True, slots=True)
class Effect:
    """For [starts, ends), in UTC, a rotation is held by `after` instead of `before`; None is nobody."""

    rotation: str
    starts: datetime
    ends: datetime
    before: Person | None
    after: Person | None


def new_override(roster: Roster, rotation: str, person: str, starts: datetime, ends: datetime) -> Override:
    """An override of wall-clock times, which have to exist and to come once. Raises Refused."""
    zone = ZoneInfo(roster.timezone)
    if the_instant(ends, zone) <= the_instant(starts, zone):
        raise Refused("It ends before it begins: take a later end.")
    if ends - starts > LONGEST_OVERRIDE:
        raise Refused("That is more than a year: change the rotation instead.")
    return Override.model_validate({"rotation": rotation, "person": person, "from": starts, "to": ends})


def add_overrides(roster: Roster, added: Sequence[Override], now: datetime) -> Roster:
    """Overrides that count over those which are there. Raises Refused for one that is over, or stands there already."""
    zone, style = ZoneInfo(roster.timezone), for_people(now, roster)
    for override in added:
        ends, words = override.ends.replace(tzinfo=zone), override_in_words(override, style)
        if ends <= now:
            raise Refused(f"{words}: that is over already. Take a later end.")
        if ends > now + _LATEST:
            raise Refused(f"{words}: that is more than two years ahead. Check the year.")
        if override in roster.overrides:
            raise Refused(f"{words}: this override is there already.")
    if len(roster.overrides) + len(added) > MOST_OVERRIDES:
        raise Refused(f"A roster holds {MOST_OVERRIDES} overrides: take the oldest out of the roster file.")
    return roster.model_copy(update={"overrides": (*roster.overrides, *added)})


def lift_override(roster: Roster, number: int, now: datetime) -> Roster:
    """Take out an override that is still to come; end one that counts now. `number` counts from 0."""
    if not 0 <= number < len(roster.overrides):
        raise Refused("There is no such override any more.")
    override, wall = roster.overrides[number], _minute(now, roster)
    zone = ZoneInfo(roster.timezone)
    if override.ends.replace(tzinfo=zone) <= now:
        raise Refused(f"{override_in_words(override, for_people(now, roster))}: that is over, and stays on record.")
    kept = [override.model_copy(update={"ends": wall})] if override.starts < wall else []
    return roster.model_copy(update={"overrides": (*roster.overrides[:number], *kept, *roster.overrides[number + 1 :])})


def overlapping(roster: Roster, added: Override) -> tuple[Override, ...]:
    """The overrides of the same rotation that it shares time with, itself left out."""
    return tuple(
        other
        for other in roster.overrides
        if other.rotation == added.rotation
        and other.starts < added.ends
        and added.starts < other.ends
        and other != added
    )


def swap(
    roster: Roster,
    first: tuple[str, datetime],
    second: tuple[str, datetime],
    now: datetime,
    *,
    only: tuple[WallSpan | None, WallSpan | None] = (None, None),
) -> Roster:
    """Two people take each other's shift: two overrides. A shift is a rotation and an instant that lies in it.

    Of a shift that has begun, what is left of it changes hands; with `only`, no more than what lies in that span of the
    wall clock, such as one night. Raises Refused.
    """
    mine, theirs = _shift_of(roster, first, now, only[0]), _shift_of(roster, second, now, only[1])
    if mine.person == theirs.person:
        name = for_people(now, roster).person(mine.person)
        raise Refused(f"Both shifts are {name}'s: choose shifts of two people.")
    taken = [
        mine.model_copy(update={"person": theirs.person}),
        theirs.model_copy(update={"person": mine.person}),
    ]
    return add_overrides(roster, taken, now)


def add_closure(roster: Roster, on: date, now: datetime) -> Roster:
    """A day without support hours (T3). Raises Refused for one that has passed or is there already."""
    _still_to_come(roster, on, now)
    if on in roster.closures:
        raise Refused(f"{for_people(now, roster).day(on)} is a closed day already.")
    return roster.model_copy(update={"closures": tuple(sorted((*roster.closures, on)))})


def remove_closure(roster: Roster, on: date, now: datetime) -> Roster:
    """Support hours again on a day that was closed. Raises Refused for one that has passed or is no closed day."""
    _still_to_come(roster, on, now)
    if on not in roster.closures:
        raise Refused(f"{for_people(now, roster).day(on)} is no closed day of the roster.")
    return roster.model_copy(update={"closures": tuple(day for day in roster.closures if day != on)})


def change_rotation(roster: Roster, name: str, *, people: Sequence[str], starts: datetime, every: timedelta) -> Roster:
    """Another order, first hand-over or length. Raises Refused."""
    rotation = _rotation(roster, name, people=people, starts=starts, every=every)
    if roster.rotation(name) is None:
        raise Refused(f"There is no rotation {name} any more.")
    return roster.model_copy(
        update={"rotations": tuple(rotation if old.name == name else old for old in roster.rotations)}
    )


def add_rotation(roster: Roster, name: str, *, people: Sequence[str], starts: datetime, every: timedelta) -> Roster:
    """One more rotation. Raises Refused where there is one of that name."""
    rotation = _rotation(roster, name, people=people, starts=starts, every=every)
    if roster.rotation(name) is not None:
        raise Refused(f"There is a rotation {name} already: choose another name, or change that one.")
    return roster.model_copy(update={"rotations": (*roster.rotations, rotation)})


def remove_rotation(roster: Roster, name: str, *, needed: Container[str]) -> Roster:
    """Without a rotation and its overrides. `needed` are the words of the ladder. Raises Refused."""
    if roster.rotation(name) is None:
        raise Refused(f"There is no rotation {name} any more.")
    if name in needed:
        raise Refused(f"The ladder of the policy file alerts {name}: take it out there first.")
    return roster.model_copy(
        update={
            "rotations": tuple(one for one in roster.rotations if one.name != name),
            "overrides": tuple(one for one in roster.overrides if one.rotation != name),
        }
    )


def effects(before: Roster, after: Roster, now: datetime) -> list[Effect]:
    """Who is on call otherwise than before, from now on: eight weeks ahead, or to the end of the last new override."""
    zone = ZoneInfo(after.timezone)
    new = [one.ends.replace(tzinfo=zone) for one in {*after.overrides} ^ {*before.overrides}]
    until = max([now + _SHOWN_AHEAD, *new])
    found: list[Effect] = []
    for rotation in after.rotations:
        if before.rotation(rotation.name) is not None:
            found += _of_rotation(before, after, rotation, now, until)
    return found


def _of_rotation(before: Roster, after: Roster, rotation: Rotation, start: datetime, end: datetime) -> list[Effect]:
    found: list[Effect] = []
    was, at = before.rotation(rotation.name) or rotation, start
    for _ in range(_MOST_SHIFTS):
        if at >= end or len(found) == _MOST_EFFECTS:
            break
        old, new = shift_at(before, was, at), shift_at(after, rotation, at)
        effect = Effect(rotation.name, at, min(old.ends, new.ends), old.person, new.person)
        last = found[-1] if found else None
        if last and (last.ends, last.before, last.after) == (at, old.person, new.person):
            found[-1] = replace(last, ends=effect.ends)
        elif old.person != new.person:
            found.append(effect)
        at = effect.ends
    return found


def _rotation(roster: Roster, name: str, *, people: Sequence[str], starts: datetime, every: timedelta) -> Rotation:
    """A rotation whose first hand-over exists and comes once. Raises Refused."""
    the_instant(starts, ZoneInfo(roster.timezone))
    fields = {"name": name, "people": tuple(people), "starts": starts, "every": write_span(every)}
    return Rotation.model_validate(fields)


def _shift_of(roster: Roster, shift: tuple[str, datetime], now: datetime, only: WallSpan | None) -> Override:
    """What is left of the shift that holds an instant, as an override of whoever has it."""
    name, at = shift
    rotation = roster.rotation(name)
    if rotation is None:
        raise Refused(f"There is no rotation {name} any more.")
    stretch = stretches(roster, rotation, at, at + timedelta(seconds=1))[0]
    if stretch.person is None:
        raise Refused(f"Nobody has {name} then: there is nothing to swap. Add an override instead.")
    zone = ZoneInfo(roster.timezone)
    starts, ends = stretch.starts, stretch.ends
    if only is not None:
        first, last = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in only)
        starts, ends = max(starts, first), min(ends, last)
        if starts >= ends or ends <= now:
            raise Refused(
                f"{stretch.person.name} does not have {name} in the night of"
                f" {for_people(now, roster).day(only[0].date())}, or it is over: choose another night or shift."
            )
    wall = on_wall(starts, zone) if starts > now else _minute(now, roster)
    return Override.model_validate(
        {"rotation": name, "person": stretch.person.id, "from": wall, "to": on_wall(ends, zone)}
    )


def _minute(now: datetime, roster: Roster) -> datetime:
    return on_wall(now, ZoneInfo(roster.timezone)).replace(second=0, microsecond=0)


def _still_to_come(roster: Roster, on: date, now: datetime) -> None:
    if on < on_wall(now, ZoneInfo(roster.timezone)).date():
        raise Refused(f"{for_people(now, roster).day(on)} has passed: it stays as it was.")
