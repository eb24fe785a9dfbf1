"""The message of a case, heard by phone: a technician is rung, and it is played once a key shows that they listen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.policy import bridge_words
from triage.policy import hearing_words as words
from triage.policy.lifecycle import CaseState
from triage.policy.roster import Person
from triage.policy.wording import may_call
from triage.services import asked_calls
from triage.services.alerts import card_of, closed_by
from triage.services.delivery_reports import answered
from triage.services.desk import Desk
from triage.store import Session, copies, deliveries
from triage.store.engine import Transaction
from triage.store.models import Case, Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What is played to `listener`, an actor, and said then. The voicemails are oldest first."""

    voicemails: tuple[int, ...]
    listener: str
    sentence: str


def ask_for(tx: Transaction, desk: Desk, case: Case, person: Person, now: datetime) -> str:
    """Ring a person to hear the message of a case, if there is anything to hear. Returns the answer to their text.

    Whose the case is stays as it is.
    """
    terms, reference = desk.terms_of(tx.session, case.policy), case.reference
    card = card_of(case, desk.roster(tx.session))
    whose = words.whose(card.owner, is_held=_is_held(case), is_theirs=_is_theirs(case, person.id))
    if case.state == CaseState.CLOSED:
        whose = f"It was {closed_by(tx, case, desk.roster(tx.session), terms, now)}."
    if not copies.to_be_heard(tx.session, case.id):
        return words.nothing_to_hear(reference, whose)
    if not copies.kept_of_case(tx.session, case.id):
        return words.not_here_yet(reference, whose)
    is_placed = asked_calls.is_placed(tx, case, person, "hear", terms, now)
    if is_placed is not None:
        return bridge_words.rings_already(reference, is_placed=is_placed)
    since = now - terms.limits.calls_within
    rung = deliveries.sent_since(tx.session, person.phone, "hear", since, is_emergency=case.is_emergency)
    if rung >= terms.limits.calls:
        return words.too_often(reference, terms.limits)
    asked_calls.ring(tx, case, person, "hear", now)
    return words.ringing(reference, whose)


def question(desk: Desk, delivery_id: int) -> list[str] | None:
    """What is asked of whoever picks up; None where there is no such call."""
    with desk.store.read() as session:
        found = _call(session, delivery_id)
        return words.question(found[1].reference) if found else None


def hear(desk: Desk, delivery_id: int, call_sid: str, now: datetime) -> Hearing | None:
    """Somebody on this call wants to hear the message, or to hear it again; None where there is no such call."""
    with desk.store.write() as tx:
        found = _call(tx.session, delivery_id)
        if found is None:
            return None
        row, case = found
        answered(tx, row, call_sid, now)
        return Hearing(
            voicemails=copies.to_be_heard(tx.session, case.id),
            listener=f"person:{row.person_id}",
            sentence=words.after_the_message(
                case.reference,
                may_call_back=_may_call_back(tx.session, desk, row, case),
                is_free=case.state == CaseState.OPEN,
            ),
        )


def may_call_back(desk: Desk, delivery_id: int) -> bool:
    """Whether whoever is on this call may be put through to the caller from it: the case has to be theirs."""
    with desk.store.read() as session:
        found = _call(session, delivery_id)
        return found is not None and _may_call_back(session, desk, *found)


def _call(session: Session, delivery_id: int) -> tuple[Delivery, Case] | None:
    row = session.get(Delivery, delivery_id)
    case = session.get(Case, row.case_id) if row and row.channel == "hear" else None
    return (row, case) if row and case else None


def _may_call_back(session: Session, desk: Desk, row: Delivery, case: Case) -> bool:
    is_theirs = row.person_id is not None and _is_theirs(case, row.person_id)
    return is_theirs and may_call(card_of(case, desk.roster(session)), desk.terms_of(session, case.policy))


def _is_held(case: Case) -> bool:
    return case.state in {CaseState.ACKNOWLEDGED, CaseState.CALLED_BACK}


def _is_theirs(case: Case, person_id: str) -> bool:
    return _is_held(case) and case.owner == person_id
