"""What a person does with a case: take it, pass it on, note, close. Callbacks are in callbacks.py.

Every function changes a case inside the caller's transaction and records who did it. `actor` is `person:<id>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from triage.errors import Refused
from triage.policy.callbacks import NOBODY_TO_CALL
from triage.policy.lengths import billed_minutes
from triage.policy.lifecycle import CaseEvent, CaseState, is_moot, next_state
from triage.policy.pricing import outlasts
from triage.policy.roster import Person
from triage.policy.terms import Terms
from triage.services.billing import bill
from triage.services.callers import say_taken
from triage.services.desk import Desk
from triage.services.escalation import pass_on, resume
from triage.store import bridges, cases, chain, deliveries, sessions
from triage.store.engine import Transaction
from triage.store.models import Case


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that was closed: what its session came to. `amount` is None where nothing is billed.

    `minutes` is all of it: `measured_s` on the phone and what somebody stated, rounded up together, once.
    `is_doubtful` where that is longer than the time since the message was left: it counts, and is marked.
    """

    minutes: int
    measured_s: int
    amount: Decimal | None
    rate: str
    is_doubtful: bool
    is_nobody_to_call: bool = False  # nothing said who was to be called: nothing was owed


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
    is_new_owner = case.owner != person.id
    case.state = state.value
    case.owner = person.id
    case.acknowledged_at = case.acknowledged_at or now
    tx.record_of(case, "acknowledged", at=now, actor=f"person:{person.id}", person=person.id)
    if state is CaseState.ACKNOWLEDGED:
        cases.stop_timers(tx.session, case.id, "start")
        hold(tx, case, terms, now)
        for row, reason in deliveries.ringing(tx.session, case.id):
            if is_moot(state, reason):
                row.next_attempt_at = now  # to be hung up: nobody else need wake up for it
    if is_new_owner:
        say_taken(tx, case, person, terms, now)
    return True


def hold(tx: Transaction, case: Case, terms: Terms, now: datetime) -> None:
    """Nobody else is alerted before the policy's span for a callback is over."""
    case.hold_until = now + terms.promise.resume_after_ack
    cases.set_timer(tx.session, case.id, "ladder", case.hold_until)


def has_passed(tx: Transaction, case: Case, person: Person) -> bool:
    """Whether the person has passed on a case that nobody has, and was not asked again since."""
    asked = ("alert_made", "acknowledged", "handed_over")
    return (
        case.state == CaseState.OPEN and chain.last_kind(tx.session, case.id, ("passed", *asked), person.id) == "passed"
    )


def give_up(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> None:
    """Not me: the next person is alerted at once. Raises Refused where there is nothing to pass on."""
    if case.state not in {CaseState.OPEN, CaseState.ACKNOWLEDGED}:
        raise Refused(f"{case.reference} waits for nobody")
    if case.state == CaseState.ACKNOWLEDGED and case.owner != person.id:
        raise Refused(f"{case.reference} is with somebody else")
    tx.record_of(case, "passed", at=now, actor=f"person:{person.id}", person=person.id)
    if case.state == CaseState.ACKNOWLEDGED:
        resume(tx, case, now)
    if case.owner == person.id:
        case.owner = None
    pass_on(tx, case, person.id, terms, now)


def close(
    tx: Transaction, desk: Desk, case: Case, person: Person, now: datetime, *, minutes: int | None, note: str
) -> Closed:
    """The work is done: the session gets its length and its billing line, in this very transaction.

    The length is what the network measured in all calls of the case, and `minutes` that somebody states on top of
    it, kept apart. The session is of who made the measured call, else of who closes the case. Zero minutes close a
    case in which nobody was reached. Raises IllegalTransition where it is not
    called back, Refused while a call to the caller runs.
    """
    if bridges.running_of_case(tx.session, case.id) is not None:
        raise Refused(f"{case.reference}: the call is not over")
    case.state = next_state(CaseState(case.state), CaseEvent.CLOSE).value
    case.closed_at = now
    session = sessions.of_case(tx.session, case.id)
    amount, total, measured = None, minutes or 0, bridges.measured_s(tx.session, case.id)
    if session is not None:
        total = billed_minutes(timedelta(seconds=measured, minutes=minutes or 0))
        session.minutes, session.measured_s, session.stated_minutes = total, measured, minutes
        session.note, session.closed_at = note or None, now
        session.window, session.product = case.window, case.product
        session.person_id = next((leg.person_id for leg in bridges.connected(tx.session, case.id)), person.id)
        amount = bill(tx, desk, session, now, is_billable=case.is_billable)
    cases.stop_asking(tx.session, case.id)
    is_doubtful = amount is not None and outlasts(measured, minutes, since_message=now - case.left_at)
    if is_doubtful:
        tx.record_of(case, "length_doubted", at=now, actor="system", minutes=total, left_at=case.left_at)
    tx.record_of(
        case,
        "closed",
        at=now,
        actor=f"person:{person.id}",
        person=person.id,
        minutes=total,
        measured_s=measured,
        stated_minutes=minutes,
        note=note,
        amount=str(amount) if amount is not None else None,
    )
    return Closed(total, measured, amount, case.rate, is_doubtful)


def close_without_caller(tx: Transaction, case: Case, person: Person, now: datetime, *, note: str) -> Closed:
    """Nothing says who is to be called: no callback is owed, so no promise counts, and nothing is billed."""
    case.state, case.closed_at = next_state(CaseState(case.state), CaseEvent.DISMISS).value, now
    owed, case.callback_due = case.callback_due, None
    case.at_risk_at = case.breached_at = case.hold_until = None
    case.flags = [*case.flags, NOBODY_TO_CALL]
    cases.stop_asking(tx.session, case.id)
    tx.record_of(
        case,
        "closed",
        at=now,
        actor=f"person:{person.id}",
        person=person.id,
        minutes=0,
        note=note,
        reason="nobody to call: no number, and no message that could name one",
        due=owed,
    )
    return Closed(0, 0, None, case.rate, is_doubtful=False, is_nobody_to_call=True)


def note(tx: Transaction, case: Case, actor: str, text: str, now: datetime) -> None:
    tx.record_of(case, "noted", at=now, actor=actor, text=text)
