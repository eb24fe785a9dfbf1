"""Calls that a technician asked for: to be put through to the caller, to hear the message.

They ring at once, or as soon as the phone's line is free, and no later than somebody who asked still waits for them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from triage.policy import bridge_words
from triage.policy.delivery import AskedFor, DeliveryState
from triage.policy.roster import Person
from triage.policy.terms import Terms
from triage.services.alerts import card_of, tell
from triage.services.desk import Desk
from triage.store import deliveries
from triage.store.engine import Transaction
from triage.store.models import Case, Delivery

_CALL_SETUP = timedelta(seconds=40)
"""From asking to the first ring at the most; then a call of which nothing was heard stands in no other's way."""


def ring(tx: Transaction, case: Case, person: Person, carrier: AskedFor, now: datetime) -> None:
    """Plan the call that a person asked for."""
    tx.session.add(
        Delivery(
            case_id=case.id,
            person_id=person.id,
            phone=person.phone,
            channel=carrier,
            body="",
            state=DeliveryState.PLANNED.value,
            is_held=False,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
        )
    )
    actor = f"person:{person.id}"
    if carrier == "bridge":
        tx.record_of(case, "call_asked_for", at=now, actor=actor, person=person.id)
    else:
        tx.record_of(case, "hearing_asked_for", at=now, actor=actor, person=person.id)


def is_placed(
    tx: Transaction, case: Case, person: Person, carrier: AskedFor, terms: Terms, now: datetime
) -> bool | None:
    """Whether the call that a person asked for before was placed, or waits for the line; None where none is on its
    way."""
    rings_since = now - terms.callback.technician_rings_for - _CALL_SETUP
    found = deliveries.asked_for(tx.session, case.id, person.id, carrier, rings_since)
    return None if found is None else found.state != DeliveryState.PLANNED


def not_rung(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> None:
    """The call did not reach its technician: they read why, and how to go on."""
    case, person = tx.session.get(Case, row.case_id), desk.roster(tx.session).person(row.person_id)
    if case is None or person is None:
        return
    card, reason = card_of(case, desk.roster(tx.session)), row.reason or "it failed"
    text = bridge_words.phone_failed(card, reason, is_to_hear=row.channel == "hear")
    tell(tx, [person], text, terms=desk.terms_of(tx.session, case.policy), now=now, case=case)
