"""Who is on call: people, rotations with a hand-over on the wall clock, and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, model_validator

from triage.policy.document import Versioned, read_document, stored_document
from triage.policy.fields import Channel, Span, Value, Zone


def _read_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,39}", value):
        raise ValueError(f"{value!r} is no id; write small letters and digits, like dana")
    return value


def _read_phone(value: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", value):
        raise ValueError(f"{value!r} is no telephone number; write it with + and country code, like +16145550101")
    return value


def _read_name(value: str, info: ValidationInfo) -> str:
    """A name as it stands in a text: one line. Of a roster that an older release kept, what can be printed."""
    line = " ".join(value.split())
    if info.context and info.context.get("is_stored"):
        shown = "".join(each for each in line if each.isprintable())
        return " ".join(shown.split()) or str(info.data.get("id"))
    if not line or not line.isprintable():
        raise ValueError(f"{value!r} has characters that cannot be printed; write the name anew, with letters")
    return line


PersonId = Annotated[str, AfterValidator(_read_id)]
Phone = Annotated[str, AfterValidator(_read_phone)]


class Person(Value):
    id: PersonId
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_read_name)
    ]
    phone: Phone
    role: Literal["technician", "manager", "administrator"]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("sms", "voice")

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


class Rotation(Value):
    """`people` follow one another; the first takes over at `starts`, and each holds it for `every`."""

    name: PersonId
    people: tuple[PersonId, ...]
    starts: datetime
    every: Span

    @model_validator(mode="after")
    def _hand_overs(self) -> Self:
        if self.starts.tzinfo is not None:
            raise ValueError("starts is wall-clock time in the roster's timezone; write it without an offset")
        if self.every < timedelta(minutes=1):
            raise ValueError("every must be a minute or more")
        return self


class Override(Value):
    """One person instead of whoever the rotation names, for [from, to)."""

    rotation: PersonId
    person: PersonId
    starts: Annotated[datetime, Field(alias="from")]
    ends: Annotated[datetime, Field(alias="to")]

    @model_validator(mode="after")
    def _a_span(self) -> Self:
        if self.starts.tzinfo is not None or self.ends.tzinfo is not None:
            raise ValueError("from and to are wall-clock time in the roster's timezone; write them without an offset")
        if self.ends <= self.starts:
            raise ValueError("to must be after from")
        return self


OverrideSpan: TypeAlias = tuple[Override, datetime, datetime]
"""An override and its instants [starts, ends), in UTC."""


class Roster(Versioned):
    """Everyone who may be alerted, and when."""

    timezone: Zone = "America/New_York"
    people: tuple[Person, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    overrides: tuple[Override, ...] = ()
    closures: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        people = [person.id for person in self.people]
        rotations = [rotation.name for rotation in self.rotations]
        _each_once("person id", people)
        _each_once("phone", [person.phone for person in self.people])
        _each_once("rotation", rotations)
        for rotation in self.rotations:
            for person in rotation.people:
                _is_known("person", person, people, f"rotation {rotation.name}")
            if rotation.name in RESERVED_TARGETS:
                raise ValueError(f"{rotation.name} already means something in a ladder; rename the rotation")
        for override in self.overrides:
            _is_known("person", override.person, people, "an override")
            _is_known("rotation", override.rotation, rotations, "an override")
        return self

    @cached_property  # a calendar asks for each of its shifts
    def override_spans(self) -> dict[str, list[OverrideSpan]]:
        """The overrides of each rotation, in the order in which they were written."""
        found: dict[str, list[OverrideSpan]] = {rotation.name: [] for rotation in self.rotations}
        zone = ZoneInfo(self.timezone)
        for override in self.overrides:
            found[override.rotation].append((override, _utc(override.starts, zone), _utc(override.ends, zone)))
        return found

    def rotation(self, name: str) -> Rotation | None:
        return next((rotation for rotation in self.rotations if rotation.name == name), None)

    def person(self, person_id: str | None) -> Person | None:
        return next((person for person in self.people if person.id == person_id), None)

    def person_with_phone(self, phone: str) -> Person | None:
        return next((person for person in self.people if person.phone == phone), None)

    def with_role(self, role: str) -> tuple[Person, ...]:
        return tuple(person for person in self.people if person.role == role)

    def in_charge(self) -> tuple[Person, ...]:
        """Whom to tell when nobody answers: managers, else administrators, else everyone."""
        return self.with_role("manager") or self.with_role("administrator") or self.people


RESERVED_TARGETS = frozenset({"owner", "everyone", "managers"})


@dataclass(frozen=True, slots=True)
class Shift:
    """`person` holds a rotation for [starts, ends), in UTC. `person` is None in a gap."""

    rotation: str
    person: Person | None
    starts: datetime
    ends: datetime


@lru_cache(maxsize=8)  # it is frozen
def read_roster(text: str, *, name: str) -> Roster:
    """The roster of a file. Raises triage.policy.document.UnreadableDocument with each fault."""
    return read_document(text, Roster, name=name)


@lru_cache(maxsize=32)  # a calendar of the past asks for several
def stored_roster(text: str) -> Roster:
    """The roster from its canonical text, as the store keeps it, whichever release wrote it."""
    return stored_document(text, Roster)


def shift_at(roster: Roster, rotation: Rotation, at: datetime) -> Shift:
    """Who holds a rotation at an instant, and until when. The override written last wins."""
    base = turn_at(roster, rotation, at)
    spans = roster.override_spans[rotation.name]
    current = override_at(roster, rotation, at)
    edges = [edge for _, starts, ends in spans for edge in (starts, ends) if edge > at]
    person = roster.person(current[0].person) if current else base.person
    starts = max([edge for _, first, last in spans for edge in (first, last) if edge <= at] + [base.starts])
    return Shift(rotation.name, person, starts, min([base.ends, *edges]))


def override_at(roster: Roster, rotation: Rotation, at: datetime) -> OverrideSpan | None:
    """The override that counts at an instant: of those that hold it, the one written last."""
    spans = reversed(roster.override_spans[rotation.name])
    return next((span for span in spans if span[1] <= at < span[2]), None)


def people_for(roster: Roster, target: str, at: datetime, owner: str | None = None) -> tuple[Person, ...]:
    """The people that a word of the ladder means at an instant: a rotation, or one of the reserved words."""
    if target == "everyone":
        return roster.people
    if target == "managers":
        return roster.with_role("manager")
    if target == "owner":
        person = roster.person(owner)
        return (person,) if person else ()
    rotation = roster.rotation(target)
    shift = shift_at(roster, rotation, at) if rotation else None
    return (shift.person,) if shift and shift.person else ()


def shifts(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> Iterator[Shift]:
    """The shifts of a rotation that tile [start, end), gaps included."""
    at = start
    while at < end:
        shift = shift_at(roster, rotation, at)
        yield Shift(rotation.name, shift.person, at, min(shift.ends, end))
        at = shift.ends


def gaps(roster: Roster, rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """The stretches of [start, end) in which nobody holds the rotation."""
    return [shift for shift in shifts(roster, rotation, start, end) if shift.person is None]


def turn_at(roster: Roster, rotation: Rotation, at: datetime) -> Shift:
    """The turn of the rotation itself, without overrides.

    Turns are counted on the wall clock, so that a hand-over keeps its hour through a change of clocks.
    """
    zone = ZoneInfo(roster.timezone)
    first = _utc(rotation.starts, zone)
    if at < first:
        return Shift(rotation.name, None, datetime.min.replace(tzinfo=UTC), first)
    wall = at.astimezone(zone).replace(tzinfo=None)
    number = max(0, (wall - rotation.starts) // rotation.every)
    # The wall clock may be an hour off near a change: step to the turn that holds the instant.
    while _utc(rotation.starts + number * rotation.every, zone) > at:
        number -= 1
    while _utc(rotation.starts + (number + 1) * rotation.every, zone) <= at:
        number += 1
    person = roster.person(rotation.people[number % len(rotation.people)]) if rotation.people else None
    return Shift(
        rotation.name,
        person,
        _utc(rotation.starts + number * rotation.every, zone),
        _utc(rotation.starts + (number + 1) * rotation.every, zone),
    )


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _each_once(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name} stands twice; each may stand once")


def _is_known(what: str, name: str, known: list[str], where: str) -> None:
    if name not in known:
        raise ValueError(f"{where} names the {what} {name}, whom the roster does not have: add or correct it")
