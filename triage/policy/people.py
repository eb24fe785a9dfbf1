"""The people of the roster: who may change one, what is shown of a number, when a new number counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import phonenumbers

from triage.errors import Refused
from triage.policy.dialing import Refusal, refusal_of
from triage.policy.roster import Person, Roster, Shift, shifts
from triage.policy.terms import Terms

CODE_LASTS = timedelta(minutes=10)
MOST_TRIES = 5
CODES_WITHIN = timedelta(hours=1)
MOST_CODES = 3
"""Within that span, for one person, and to one number."""
MOST_CODES_ASKED = 10
"""Within that span, by one account."""

MOST_TESTS = 3
TESTS_WITHIN = timedelta(hours=1)

_LOOKS_AHEAD = timedelta(days=60)
_MOST_SHIFTS_LOOKED_AT = 500
_REFUSALS = {
    Refusal.NOT_A_NUMBER: "That is no telephone number: write it like +16145550101 or (614) 555-0101.",
    Refusal.COUNTRY: "The policy allows no number of that country ([dialing], countries).",
    Refusal.KIND: "The policy allows no number of that kind ([dialing], kinds).",
    Refusal.NEVER: "The policy forbids that number ([dialing], never).",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """`rotation` is in a person's hands for [starts, ends), in UTC. `ends` is None where that is beyond two months."""

    rotation: str
    starts: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTo:
    """One text or call to a person. `has_arrived` is None while nobody knows, and where nobody picked up."""

    at: datetime
    by: str
    what: str
    outcome: str
    has_arrived: bool | None


def read_number(written: str, terms: Terms) -> str:
    """What somebody wrote, in E.164. Raises Refused where it is no number, or none that the policy lets be dialled."""
    try:
        parsed = phonenumbers.parse(written, next(iter(terms.dialing.countries), "US"))
    except phonenumbers.NumberParseException:
        raise Refused(_REFUSALS[Refusal.NOT_A_NUMBER]) from None
    if parsed.extension:
        raise Refused("A number with an extension gets no texts and calls of ours: write the number alone.")
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    refusal = refusal_of(number, terms)
    if refusal is not None:
        raise Refused(_REFUSALS[refusal])
    return number


def ending(phone: str) -> str:
    """All that the history, and whoever may not see a number, get of it."""
    return phone[-2:]


def new_id(name: str, taken: Collection[str]) -> str:
    """An id for somebody new: the first name in small letters, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", next(iter(name.split()), "")).casefold()
    base = "".join(char for char in plain if char.isascii() and char.isalnum())[:30] or "person"
    return next(
        each for number in range(1, len(taken) + 2) if (each := base + (str(number) * (number > 1))) not in taken
    )


def with_person(roster: Roster, person: Person) -> Roster:
    """The roster with somebody changed, or new at its end."""
    if roster.person(person.id) is None:
        return roster.model_copy(update={"people": (*roster.people, person)})
    people = tuple(person if each.id == person.id else each for each in roster.people)
    return roster.model_copy(update={"people": people})


def without_person(roster: Roster, person_id: str, now: datetime) -> Roster:
    """The roster without somebody, and without the overrides of theirs that are over.

    Raises Refused where a rotation, or an override that is not over, still names them.
    """
    if (named := _named_in(roster, person_id, now)) is not None:
        raise Refused(named)
    overrides = tuple(each for each in roster.overrides if each.person != person_id)
    people = tuple(each for each in roster.people if each.id != person_id)
    return roster.model_copy(update={"people": people, "overrides": overrides})


def next_stretches(roster: Roster, person_id: str, now: datetime, most: int) -> list[Stretch]:
    """When somebody holds a rotation next, or does now: the first of the coming two months, in their order."""
    until = now + _LOOKS_AHEAD
    found: list[Stretch] = []
    for rotation in roster.rotations:
        tiles = islice(shifts(roster, rotation, now, until), _MOST_SHIFTS_LOOKED_AT)
        found += _joined(tiles, person_id, until)
    return sorted(found, key=lambda each: (each.starts, each.rotation))[:most]


def whom_to_call(roster: Roster, person_id: str) -> Person | None:
    """Who can mend a number that was changed by somebody else: in charge, and not the one it is about."""
    return next((each for each in roster.in_charge() if each.id != person_id), None)


def trouble_of(newest_first: Iterable[SentTo]) -> list[SentTo]:
    """By each channel the newest of what came to an end, where it failed and the phone is at fault.

    That nobody picks up is no fault.
    """
    newest: dict[str, SentTo] = {}
    for each in newest_first:
        if each.has_arrived is not None:
            newest.setdefault(each.by, each)
    return [each for each in newest.values() if not each.has_arrived]


def _named_in(roster: Roster, person_id: str, now: datetime) -> str | None:
    zone = ZoneInfo(roster.timezone)
    rotations = [rotation.name for rotation in roster.rotations if person_id in rotation.people]
    if rotations:
        return f"They stand in {_listed(rotations)}: take them out there first, so that no shift is left to nobody."
    coming = [
        override.rotation
        for override in roster.overrides
        if override.person == person_id and override.ends.replace(tzinfo=zone).astimezone(UTC) > now
    ]
    return f"They take {_listed(coming)} for somebody: remove that first." if coming else None


def _listed(names: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(names))


def _joined(tiles: Iterable[Shift], person_id: str, until: datetime) -> list[Stretch]:
    """A person's shifts of one rotation, those that follow each other without a gap as one."""
    spans: list[tuple[datetime, datetime]] = []
    rotation = ""
    for shift in tiles:
        if shift.person is None or shift.person.id != person_id:
            continue
        rotation = shift.rotation
        if spans and spans[-1][1] == shift.starts:
            spans[-1] = (spans[-1][0], shift.ends)
        else:
            spans.append((shift.starts, shift.ends))
    return [Stretch(rotation, starts, ends if ends < until else None) for starts, ends in spans]
