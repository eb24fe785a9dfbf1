"""A new telephone number of somebody on the roster: it counts once the code that was sent there is given here.

Until then the old one is alerted. The roster does not have it before, and who asked for it says so in the history.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triage.errors import Busy, NotFound, Refused, TooManyAttempts
from triage.policy import people as rules
from triage.policy import people_words as words
from triage.policy.access import Permission
from triage.policy.delivery import DeliveryState
from triage.policy.delivery_words import outcome_in_words
from triage.policy.fields import Channel
from triage.policy.roster import Person, Roster
from triage.services import accounts, passwords
from triage.services.alerts import notify
from triage.services.desk import Desk
from triage.services.passwords import digest
from triage.services.people_changes import known_person, refuse_others, tell_phone
from triage.services.records import delivery_record
from triage.services.roster_changes import apply_change
from triage.services.sign_in import SignedIn, begin_attempt
from triage.store import Session, blocks, dealers, number_changes, versions
from triage.store import accounts as account_rows
from triage.store.engine import Transaction
from triage.store.models import Delivery, NumberChange

_KEPT = timedelta(days=1)
_OVER = "This code counts no more: ask for a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A number that waits for its code. `outcome` is what became of the text or call, in words."""

    number: int
    person_id: str
    name: str
    ending: str
    by: Channel
    expires_at: datetime
    tries_left: int
    is_new_person: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class Verified:
    person_id: str
    name: str


def ask(desk: Desk, who: SignedIn, person_id: str, written: str, *, password: str, address: str, now: datetime) -> int:
    """Send a code to a new number of a person; what names the asking.

    Raises Refused where the number will not do or the password is wrong, TooManyAttempts, Busy, NotFound.
    """
    refuse_others(who, person_id)
    phone = rules.read_number(written, desk.terms)
    accounts.confirm(desk, who, password, address=address, now=now)
    with desk.store.read() as session:
        person = known_person(desk.roster(session), person_id)
    return _send_code(desk, who, person.model_copy(update={"phone": phone}), is_new=False, address=address, now=now)


def ask_new(
    desk: Desk,
    who: SignedIn,
    *,
    name: str,
    role: str,
    channels: Sequence[str],
    written: str,
    password: str,
    address: str,
    now: datetime,
) -> int:
    """Send a code to somebody who is to join the roster. Raises as `ask` does."""
    phone = rules.read_number(written, desk.terms)
    accounts.confirm(desk, who, password, address=address, now=now)
    with desk.store.read() as session:
        person_id = rules.new_id(name, _taken(session))
    person = _person(person_id, phone, {"name": name, "role": role, "channels": list(channels)})
    return _send_code(desk, who, person, is_new=True, address=address, now=now)


def asked(desk: Desk, who: SignedIn, number: int, now: datetime) -> Asked:
    """A number that waits for its code. Raises NotFound where it does not, Refused where it is not for this account."""
    with desk.store.read() as session:
        row = _open_one(number_changes.by_id(session, number), who, now)
        delivery = session.get_one(Delivery, row.delivery_id)
        person = desk.roster(session).person(row.person_id)
        name = row.joins["name"] if row.joins else person.name if person else row.person_id
        return Asked(
            number=row.id,
            person_id=row.person_id,
            name=name,
            ending=rules.ending(row.phone),
            by="sms" if delivery.channel == "sms" else "voice",
            expires_at=row.expires_at,
            tries_left=rules.MOST_TRIES - row.tries,
            is_new_person=row.joins is not None,
            outcome=outcome_in_words(delivery_record(delivery)),
        )


def verify(desk: Desk, who: SignedIn, number: int, code: str, now: datetime) -> Verified:
    """The code that came to the number: from now on alerts go there, and the old phone hears of it.

    Each try is a row's before it is looked at. Raises Refused, NotFound and Busy.
    """
    with desk.store.write() as tx:
        row = _open_one(number_changes.by_id(tx.session, number), who, now)
        if row.tries >= rules.MOST_TRIES:
            raise NotFound(_OVER)
        row.tries += 1
        code_hash = row.code_hash
    try:
        is_right = passwords.fits(code_hash, "".join(code.split()))
    except Busy:
        with desk.store.write() as tx:
            number_changes.by_id(tx.session, number).tries -= 1
        raise
    if not is_right:
        raise Refused(_refuse(desk, who, number, now))
    with desk.store.write() as tx:
        row = number_changes.by_id(tx.session, number)
        if row.ended_at is not None:
            raise NotFound(_OVER)
        person, before = _take_over(tx, desk, who, row, now)
        _end(tx, row, now)
        row.verified_at = now
        tx.record(
            "number_change_verified",
            at=now,
            actor=who.actor,
            person=person.id,
            ending=rules.ending(row.phone),
            before=rules.ending(before.phone) if before else None,
        )
        if before is not None:
            call = rules.whom_to_call(desk.roster(tx.session), person.id)
            tell_phone(tx, before, lambda by: words.moved(before, person.phone, call, by), now)
        return Verified(person.id, person.name)


def _send_code(desk: Desk, who: SignedIn, person: Person, *, is_new: bool, address: str, now: datetime) -> int:
    """An asking that comes to no code counts as a failed attempt: else one could try out whose numbers stand here."""
    code = f"{secrets.randbelow(10**6):06}"
    code_hash = passwords.hash_password(code)
    attempt = begin_attempt(desk, digest(f"{who.actor} asks for a number"), address, now)
    by: Channel = "sms" if "sms" in person.channels else "voice"
    expires_at = now + rules.CODE_LASTS
    with desk.store.write() as tx:
        _slow_down(tx, who, person, now)
        _refuse_taken(desk.roster(tx.session), person)
        _refuse_dealers(tx.session, person.phone)
        _refuse_unreachable(tx, person, by)
        _forget_old(tx, person.id, now)
        text = words.code(code, by, expires_at, now, desk.terms)
        row = NumberChange(
            person_id=person.id,
            joins=person.model_dump(mode="json", include={"name", "role", "channels"}) if is_new else None,
            phone=person.phone,
            code_hash=code_hash,
            tries=0,
            asked_by=who.account_id,
            asked_at=now,
            expires_at=expires_at,
            delivery_id=notify(tx, person, by, text, now=now).id,
        )
        tx.session.add(row)
        tx.session.flush()
        tx.record(
            "number_change_asked",
            at=now,
            actor=who.actor,
            person=person.id,
            ending=rules.ending(person.phone),
            new=is_new,
            delivery=row.delivery_id,
        )
        account_rows.forgive_attempt(tx.session, attempt)
        return row.id


def _taken(session: Session) -> set[str]:
    """The ids that nobody new gets: accounts, cases and feeds mean whoever had them first, who may be gone by now."""
    return versions.people_ever(session) | account_rows.people_named(session)


def _refuse_taken(roster: Roster, person: Person) -> None:
    other = roster.person_with_phone(person.phone)
    if other is not None and other.id == person.id:
        raise Refused("That is the number already.")
    if other is not None:
        raise Refused("Somebody on the roster has that number: each may stand there once.")


def _refuse_dealers(session: Session, phone: str) -> None:
    """A call of ours from such a number would be the dealer's."""
    found = dealers.of_phone(session, phone)
    if found is not None:
        raise Refused(f"That is a number of dealer {found.dealer.name}: take it away there first.")


def _slow_down(tx: Transaction, who: SignedIn, person: Person, now: datetime) -> None:
    since = now - rules.CODES_WITHIN
    of_one = max(
        number_changes.codes_for(tx.session, person.id, since), number_changes.codes_to(tx.session, person.phone, since)
    )
    if (
        of_one >= rules.MOST_CODES
        or number_changes.codes_by(tx.session, who.account_id, since) >= rules.MOST_CODES_ASKED
    ):
        raise TooManyAttempts("Too many codes were sent in the last hour. Try again in an hour.")


def _refuse_unreachable(tx: Transaction, person: Person, by: Channel) -> None:
    found = next((each for each in blocks.of_phone(tx.session, person.phone) if each.channel == by), None)
    if found is not None:
        raise Refused(
            f"No text of ours reaches that number: {found.reason}. After STOP, text START from it to our number."
            " A phone that takes no texts can be alerted by call alone: change the channels first."
        )


def _forget_old(tx: Transaction, person_id: str, now: datetime) -> None:
    """Of a person's codes only the newest counts, and one that ran out is not kept."""
    number_changes.forget(tx.session, asked_before=now - _KEPT)
    for row in number_changes.open_ones(tx.session):
        if row.person_id == person_id or row.expires_at <= now:
            _end(tx, row, now)


def _open_one(row: NumberChange, who: SignedIn, now: datetime) -> NumberChange:
    """Whoever may not change that number any more, is refused, also where they asked for it while they might."""
    if row.joins is not None and not who.has(Permission.CHANGE_ON_CALL):
        raise Refused("Only managers and administrators put somebody on the roster.")
    refuse_others(who, row.person_id)
    if row.ended_at is not None or now >= row.expires_at:
        raise NotFound(_OVER)
    return row


def _refuse(desk: Desk, who: SignedIn, number: int, now: datetime) -> str:
    """Put a wrong code on record; what is said about it. After the last try a new one has to be asked for."""
    with desk.store.write() as tx:
        row = number_changes.by_id(tx.session, number)
        left = rules.MOST_TRIES - row.tries
        tx.record("number_change_refused", at=now, actor=who.actor, person=row.person_id, tries_left=left)
        if left > 0:
            return f"That is not the code. {left} {'try' if left == 1 else 'tries'} left."
        _end(tx, row, now)
        return "That was not the code, and the last try. Ask for a new code."


def _take_over(
    tx: Transaction, desk: Desk, who: SignedIn, row: NumberChange, now: datetime
) -> tuple[Person, Person | None]:
    """Put the number into the roster: the person as they are now, and as they were."""
    _refuse_dealers(tx.session, row.phone)
    roster = desk.roster(tx.session)
    before = None
    if row.joins is not None:
        row.person_id = rules.new_id(row.joins["name"], _taken(tx.session))
        person = _person(row.person_id, row.phone, row.joins)
    else:
        before = known_person(roster, row.person_id)
        person = before.model_copy(update={"phone": row.phone})
    apply_change(
        tx,
        desk,
        lambda current: rules.with_person(current, person),
        made_from=roster.version,
        actor=who.actor,
        now=now,
    )
    return person, before


def _end(tx: Transaction, row: NumberChange, now: datetime) -> None:
    """Its code counts no more: it is not sent any more, nor kept."""
    row.ended_at = now
    delivery = tx.session.get_one(Delivery, row.delivery_id)
    delivery.body = words.CODE_TAKEN_OUT
    if delivery.state == DeliveryState.PLANNED:
        delivery.state, delivery.next_attempt_at = DeliveryState.DROPPED.value, None
        delivery.reason = "another code took its place"


def _person(person_id: str, phone: str, about: Mapping[str, Any]) -> Person:
    """Raises Refused where the name, the role or the channels will not do."""
    try:
        return Person.model_validate({"id": person_id, "phone": phone, **about, "channels": tuple(about["channels"])})
    except ValueError:
        raise Refused(
            "Write a name of 1 to 80 characters that can be printed, and choose one way at least by which alerts come."
        ) from None
