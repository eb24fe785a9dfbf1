"""What a person does with a case: take it, pass it on, try the caller, call back, note, close.

Every function changes a case inside the caller's transaction and records who did it. `actor` is `person:<id>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from triage.errors import Refused
from triage.policy.callbacks import attempts_meet_the_promise
from triage.policy.lifecycle import CaseEvent, CaseState, next_state
from triage.policy.pricing import price_minutes
from triage.policy.roster import Person
from triage.policy.terms import Terms
from triage.services.escalation import pass_on, resume
from triage.store import cases, sessions
from triage.store.engine import Transaction
from triage.store.models import Attempt, BillableSession, BillingLine, Case


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that was closed: what its session came to. `amount` is None where nothing is billed."""

    minutes: int
    amount: Decimal | None
    rate: str


def acknowledge(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> bool:
    """The person takes the case: the ladder waits for the callback. False where they have it already.

    Once the case is at risk, others are alerted too: then they may take it over from whoever has it.
    Raises Refused where somebody else has it before that, and IllegalTransition where it is over.
    """
    if case.state == CaseState.ACKNOWLEDGED:
        if case.owner == person.id:
            return False
        if case.at_risk_at is None:
            raise Refused(f"{case.reference} is with somebody else")
    state = next_state(CaseState(case.state), CaseEvent.ACKNOWLEDGE)
    case.state = state.value
    case.owner = person.id
    case.acknowledged_at = case.acknowledged_at or now
    tx.record(
        "acknowledged", at=now, actor=f"person:{person.id}", case_id=case.id, policy=case.policy, person=person.id
    )
    if state is CaseState.ACKNOWLEDGED:
        cases.stop_timers(tx.session, case.id, "start")
        hold(tx, case, terms, now)
    return True


def hold(tx: Transaction, case: Case, terms: Terms, now: datetime) -> None:
    """Nobody else is alerted before the policy's span for a callback is over."""
    case.hold_until = now + terms.promise.resume_after_ack
    cases.set_timer(tx.session, case.id, "ladder", case.hold_until)


def give_up(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> None:
    """Not me: the next person is alerted at once. Raises Refused where there is nothing to pass on."""
    if case.state not in {CaseState.OPEN, CaseState.ACKNOWLEDGED}:
        raise Refused(f"{case.reference} waits for nobody")
    if case.state == CaseState.ACKNOWLEDGED and case.owner != person.id:
        raise Refused(f"{case.reference} is with somebody else")
    tx.record("passed", at=now, actor=f"person:{person.id}", case_id=case.id, policy=case.policy, person=person.id)
    if case.state == CaseState.ACKNOWLEDGED:
        resume(tx, case, now)
    if case.owner == person.id:
        case.owner = None
    pass_on(tx, case, person.id, terms, now)


def tried(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> bool:
    """An attempt from the person's own phone that nobody answered: on record, unproven, whoever has the case.

    True where the attempts on record now stand for a callback. Raises Refused where the case is closed.
    """
    if case.state == CaseState.CLOSED:
        raise Refused(f"{case.reference} is closed")
    if case.state in {CaseState.OPEN, CaseState.DEFERRED}:
        acknowledge(tx, case, person, terms, now)
    tx.session.add(Attempt(case_id=case.id, person_id=person.id, at=now, is_proven=False))
    tx.session.flush()
    tx.record(
        "attempted",
        at=now,
        actor=f"person:{person.id}",
        case_id=case.id,
        policy=case.policy,
        person=person.id,
        answered=False,
        proven=False,
    )
    if case.callback_made_at is not None:
        return True
    attempts = [attempt.at for attempt in sessions.attempts_of(tx.session, case.id)]
    if attempts_meet_the_promise(attempts, terms.callback):
        _called_back(tx, case, person, "attempts", now)
        return True
    if case.state == CaseState.ACKNOWLEDGED and case.owner == person.id:
        hold(tx, case, terms, now)
    return False


def call_made(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> None:
    """The person says that they reached the caller: the promise is met from now on, and the session is open.

    It is counted from when it was put on record: nobody measured it, so an earlier instant would be a claim only.
    A callback counts whoever made it. Raises IllegalTransition where the case is over.
    """
    if case.state in {CaseState.OPEN, CaseState.DEFERRED}:
        acknowledge(tx, case, person, terms, now)
    _called_back(tx, case, person, "stated", now)
    if sessions.of_case(tx.session, case.id) is None:
        tx.session.add(BillableSession(case_id=case.id, person_id=person.id, rate=case.rate, opened_at=now))
        tx.session.flush()


def close(
    tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime, *, minutes: int, note: str
) -> Closed:
    """The work is done: the session gets its length and its billing line, in this very transaction.

    Zero minutes close a case in which nobody was reached. Raises IllegalTransition where it is not called back.
    """
    case.state = next_state(CaseState(case.state), CaseEvent.CLOSE).value
    case.closed_at = now
    session = sessions.of_case(tx.session, case.id)
    amount = None
    if session is not None:
        session.minutes = session.stated_minutes = minutes
        session.note, session.closed_at = note or None, now
        amount = _bill(tx, case, session, terms, now)
    cases.stop_timers(tx.session, case.id)
    tx.record(
        "closed",
        at=now,
        actor=f"person:{person.id}",
        case_id=case.id,
        policy=case.policy,
        person=person.id,
        minutes=minutes,
        measured=False,
        note=note,
        amount=str(amount) if amount is not None else None,
    )
    return Closed(minutes, amount, case.rate)


def note(tx: Transaction, case: Case, person: Person, text: str, now: datetime) -> None:
    tx.record("noted", at=now, actor=f"person:{person.id}", case_id=case.id, policy=case.policy, text=text)


def _called_back(tx: Transaction, case: Case, person: Person, basis: str, now: datetime) -> None:
    case.state = next_state(CaseState(case.state), CaseEvent.CALL_BACK).value
    case.hold_until = None
    if case.callback_made_at is None:
        case.owner = person.id  # and stays it: somebody else may close the case, the callback was theirs
        case.callback_made_at, case.callback_basis = now, basis
        tx.record(
            "called_back",
            at=now,
            actor=f"person:{person.id}",
            case_id=case.id,
            policy=case.policy,
            person=person.id,
            basis=basis,
            met=case.callback_due is not None and now <= case.callback_due,
        )
    cases.stop_timers(tx.session, case.id)


def _bill(tx: Transaction, case: Case, session: BillableSession, terms: Terms, now: datetime) -> Decimal | None:
    if not session.minutes:
        return None
    if not case.is_billable:
        tx.record("not_billed", at=now, actor="system", case_id=case.id, policy=case.policy, clauses=["E3"])
        return None
    price = price_minutes(session.rate, session.minutes or 0, terms)
    clauses = [getattr(terms.windows, case.window).clause, "W6", price.clause]
    tx.session.add(
        BillingLine(
            session_id=session.id,
            rule=price.clause,
            rate=session.rate,
            minutes=session.minutes or 0,
            billed_minutes=price.billed,
            amount=price.amount,
            is_taxable=price.is_taxable,
            clauses=clauses,
            arithmetic=price.arithmetic,
            created_at=now,
        )
    )
    tx.record(
        "billed",
        at=now,
        actor="system",
        case_id=case.id,
        policy=case.policy,
        amount=str(price.amount),
        arithmetic=price.arithmetic,
        clauses=clauses,
    )
    return price.amount
