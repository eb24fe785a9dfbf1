"""Changing somebody on the roster: name, role, channels; taking them off it; a test alert.

Who changes where alerts go gives the password again, and the phone that they went to hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from triage.errors import NotFound, Refused, TooManyAttempts
from triage.policy import people as rules
from triage.policy import people_words as words
from triage.policy.access import Permission
from triage.policy.bookings import name_of
from triage.policy.fields import Channel
from triage.policy.ladder import reachable_by
from triage.policy.roster import Person, Roster
from triage.services import accounts
from triage.services.alerts import notify
from triage.services.desk import Desk
from triage.services.roster_changes import apply_change, change_roster
from triage.services.sign_in import SignedIn
from triage.store import blocks, bookings, cases, deliveries
from triage.store.engine import Transaction
from triage.store.models.case import reference_of


def may_change(who: SignedIn, person_id: str) -> bool:
    """Whether somebody may say where a person's alerts go: their own, or everybody's."""
    is_own = who.person_id == person_id and who.has(Permission.OWN_NUMBER)
    return is_own or who.has(Permission.CHANGE_ON_CALL)


def refuse_others(who: SignedIn, person_id: str) -> None:
    if not may_change(who, person_id):
        raise Refused("That is not your number: managers and administrators can change it.")


def known_person(roster: Roster, person_id: str) -> Person:
    """Raises NotFound."""
    found = roster.person(person_id)
    if found is None:
        raise NotFound("Nobody of that name is on the roster any more.")
    return found


def change_name_and_role(
    desk: Desk, who: SignedIn, person_id: str, *, name: str, role: str, made_from: str, now: datetime
) -> None:
    """Raises Refused, NotFound and StaleRow."""

    def change(roster: Roster) -> Roster:
        return rules.with_person(
            roster, known_person(roster, person_id).model_copy(update={"name": name, "role": role})
        )

    change_roster(desk, change, made_from=made_from, actor=who.actor, now=now)


def change_channels(
    desk: Desk,
    who: SignedIn,
    person_id: str,
    channels: Sequence[Channel],
    *,
    password: str,
    address: str,
    made_from: str,
    now: datetime,
) -> None:
    """By text, by call, or both. Raises Refused, TooManyAttempts, Busy, NotFound and StaleRow."""
    refuse_others(who, person_id)
    if not channels:
        raise Refused("Choose one way at least by which alerts come.")
    accounts.confirm(desk, who, password, address=address, now=now)
    with desk.store.write() as tx:
        before = known_person(desk.roster(tx.session), person_id)
        after = before.model_copy(update={"channels": tuple(channels)})
        changed = apply_change(
            tx,
            desk,
            lambda roster: rules.with_person(roster, after),
            made_from=made_from,
            actor=who.actor,
            now=now,
        )
        if changed.words:
            call = rules.whom_to_call(changed.roster, person_id)
            tell_phone(tx, before, lambda by: words.channels_changed(after, call, by), now)


def remove(
    desk: Desk, who: SignedIn, person_id: str, *, password: str, address: str, made_from: str, now: datetime
) -> None:
    """Off the roster; accounts that name them name nobody any more.

    Raises Refused where a rotation, an override, an open case or a booking is theirs, and as the others do.
    """
    accounts.confirm(desk, who, password, address=address, now=now)
    with desk.store.write() as tx:
        person = known_person(desk.roster(tx.session), person_id)
        if held := [reference_of(case.id) for case in cases.in_hands_of(tx.session, person_id)]:
            raise Refused(f"They have {_some(held)}: hand that over or close it first, so that no caller is forgotten.")
        if booked := [name_of(each.id) for each in bookings.of_person(tx.session, person_id, now)]:
            raise Refused(f"They are booked, {', '.join(booked[:5])}: move or cancel that first.")
        changed = apply_change(
            tx,
            desk,
            lambda roster: rules.without_person(roster, person_id, now),
            made_from=made_from,
            actor=who.actor,
            now=now,
        )
        accounts.unlink_person(tx, person_id, actor=who.actor, now=now)
        call = rules.whom_to_call(changed.roster, person_id)
        tell_phone(tx, person, lambda by: words.removed(person, call, by), now)


def send_test(desk: Desk, who: SignedIn, person_id: str, by: Channel, now: datetime) -> None:
    """A text or call that says that it is a test. Raises Refused, TooManyAttempts and NotFound."""
    refuse_others(who, person_id)
    with desk.store.write() as tx:
        person = known_person(desk.roster(tx.session), person_id)
        beginnings = (words.TEST, words.SPOKEN_TEST)
        sent = deliveries.to_person(tx.session, person_id, person.phone, now - rules.TESTS_WITHIN)
        if sum(row.case_id is None and row.body.startswith(beginnings) for row in sent) >= rules.MOST_TESTS:
            raise TooManyAttempts(f"{rules.MOST_TESTS} tests an hour are enough. Try again later.")
        if blocks.is_blocked(tx.session, person.phone, by):
            raise Refused("No text of ours reaches that phone: see above.")
        row = notify(tx, person, by, words.test_alert(by, who.name), now=now)
        tx.record("test_alert_sent", at=now, actor=who.actor, person=person_id, channel=by, delivery=row.id)


def tell_phone(tx: Transaction, person: Person, says: Callable[[Channel], str], now: datetime) -> None:
    """Tell a phone of what became of its alerts, by text where it takes any, else by call."""
    for by in reachable_by(person, ("sms",), blocks.every(tx.session)):
        notify(tx, person, by, says(by), now=now)


def _some(references: Sequence[str]) -> str:
    more = f" and {len(references) - 5} more" if len(references) > 5 else ""
    return (
        f"case {', '.join(references[:5])}{more}"
        if len(references) == 1
        else f"cases {', '.join(references[:5])}{more}"
    )
