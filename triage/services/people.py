"""The people of the roster as pages show them: who they are, when they are on call, whether alerts reach them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.policy import people as rules
from triage.policy import people_words as words
from triage.policy.access import Permission
from triage.policy.delivery import DeliveryState
from triage.policy.fields import Channel
from triage.policy.people import SentTo, Stretch
from triage.policy.roster import Person, Roster
from triage.services.desk import Desk
from triage.services.people_changes import known_person, may_change
from triage.services.records import delivery_record
from triage.services.sign_in import SignedIn
from triage.store import Session, blocks, deliveries, number_changes
from triage.store.models import Delivery
from triage.store.models.case import reference_of

_SENT_WITHIN = timedelta(days=14)
_MOST_SENT = 12
_MOST_STRETCHES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """Somebody in the list. `number` is whole where whoever asks may see it. `troubles` are in words."""

    id: str
    name: str
    role: str
    number: str
    ways: tuple[str, ...]
    is_own: bool
    next: Stretch | None
    troubles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """Somebody on a page of their own. `version` is the roster's: what is changed is changed from there.

    `verified_at` is when the number was proven by a code; None where the roster file named it. `may_change` where
    alerts go, for whoever asks.
    """

    line: PersonLine
    channels: tuple[Channel, ...]
    rotations: tuple[str, ...]
    stretches: Sequence[Stretch]
    verified_at: datetime | None
    sent: Sequence[SentTo]
    version: str
    may_change: bool


def list_people(desk: Desk, who: SignedIn, now: datetime) -> list[PersonLine]:
    """Everybody on the roster, in its order."""
    with desk.store.read() as session:
        roster = desk.roster(session)
        return [_line(session, roster, person, who, _sent(session, person, now), now) for person in roster.people]


def in_trouble(desk: Desk, now: datetime) -> list[tuple[str, str]]:
    """Whose phone gets no alerts until something is mended: name, and what it is."""
    with desk.store.read() as session:
        return [
            (person.name, trouble)
            for person in desk.roster(session).people
            for trouble in _troubles(session, person, _sent(session, person, now))
        ]


def show_person(desk: Desk, who: SignedIn, person_id: str, now: datetime) -> PersonPage:
    """One of them. Raises NotFound."""
    with desk.store.read() as session:
        roster = desk.roster(session)
        person = known_person(roster, person_id)
        sent = _sent(session, person, now)
        return PersonPage(
            line=_line(session, roster, person, who, sent, now),
            channels=person.channels,
            rotations=tuple(rotation.name for rotation in roster.rotations if person_id in rotation.people),
            stretches=rules.next_stretches(roster, person_id, now, _MOST_STRETCHES),
            verified_at=number_changes.verified_at(session, person_id, person.phone),
            sent=sent[:_MOST_SENT],
            version=roster.version,
            may_change=may_change(who, person_id),
        )


def _line(
    session: Session, roster: Roster, person: Person, who: SignedIn, sent: Sequence[SentTo], now: datetime
) -> PersonLine:
    is_own = who.person_id == person.id
    is_shown = is_own or who.has(Permission.READ_NUMBERS)
    return PersonLine(
        id=person.id,
        name=person.name,
        role=person.role,
        number=person.phone if is_shown else f"ends in {rules.ending(person.phone)}",
        ways=tuple(words.WAYS[channel] for channel in person.channels),
        is_own=is_own,
        next=next(iter(rules.next_stretches(roster, person.id, now, 1)), None),
        troubles=tuple(_troubles(session, person, sent)),
    )


def unreached(desk: Desk, now: datetime) -> list[tuple[str, str]]:
    """Who of the roster is not reached by text or call, by name, and why."""
    with desk.store.read() as session:
        return [
            (person.name, trouble)
            for person in desk.roster(session).people
            for trouble in _troubles(session, person, _sent(session, person, now))
        ]


def _troubles(session: Session, person: Person, sent: Iterable[SentTo]) -> Iterable[str]:
    """What has to be mended before this phone gets alerts again."""
    blocked = blocks.of_phone(session, person.phone)
    for block in blocked:
        yield f"No {words.WAYS[block.channel]}s: {block.reason}"
    known = {words.WAYS[block.channel] for block in blocked}
    for each in rules.trouble_of(sent):
        if each.by not in known:
            yield f"The last {each.by} did not arrive: {each.outcome}"


def _sent(session: Session, person: Person, now: datetime) -> list[SentTo]:
    rows = deliveries.to_person(session, person.id, person.phone, now - _SENT_WITHIN, _MOST_SENT)
    return [_shown(row) for row in rows]


def _shown(row: Delivery) -> SentTo:
    record = delivery_record(row)
    reference = reference_of(row.case_id) if row.case_id is not None else None
    return SentTo(
        at=row.created_at,
        by=words.WAYS[row.channel],
        what=words.what_was_sent(record, row.alert.reason if row.alert else None, reference),
        outcome=words.what_became_of(record, is_alert=row.alert_id is not None),
        has_arrived=_has_arrived(row),
    )


def _has_arrived(row: Delivery) -> bool | None:
    if row.state == DeliveryState.DELIVERED:
        return True
    is_fault = row.state == DeliveryState.FAILED and (row.channel == "sms" or row.error_code is not None)
    return False if is_fault else None
