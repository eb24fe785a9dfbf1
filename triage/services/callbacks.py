"""What makes a callback, and what unmakes it: attempts on record, a call that somebody states, a call that the phone
network measured.

Every function changes a case inside the caller's transaction. `made_at` and `at` are the instants that count: the
network's own where it measured them, else when the person put it on record.
"""

from __future__ import annotations

from datetime import datetime

from triage.errors import Refused
from triage.policy.callbacks import met_by_attempts_at
from triage.policy.lifecycle import CaseEvent, CaseState, next_state
from triage.policy.roster import Person
from triage.policy.terms import Terms
from triage.services.billing import take_back
from triage.services.casework import acknowledge, hold
from triage.services.desk import Desk
from triage.services.escalation import watch_promise
from triage.store import bridges, cases, sessions
from triage.store.engine import Transaction
from triage.store.models import Attempt, BillableSession, Bridge, Case


def tried(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> bool:
    """An attempt from the person's own phone that nobody answered: on record, unproven, whoever has the case.

    True where the attempts on record now stand for a callback. Raises Refused where the case is closed.
    """
    if case.state == CaseState.CLOSED:
        raise Refused(f"{case.reference} is closed")
    if case.state in {CaseState.OPEN, CaseState.DEFERRED}:
        acknowledge(tx, case, person, terms, now)
    return attempted(tx, case, person.id, terms, now, at=now)


def attempted(
    tx: Transaction,
    case: Case,
    person_id: str,
    terms: Terms,
    now: datetime,
    *,
    at: datetime,
    bridge: Bridge | None = None,
) -> bool:
    """A try that reached nobody goes on record; with a bridge the phone network proves it.

    True where the attempts on record now stand for a callback, or one was made before.
    """
    tx.session.add(
        Attempt(
            case_id=case.id,
            person_id=person_id,
            at=at,
            is_proven=bridge is not None,
            bridge_id=bridge.id if bridge else None,
        )
    )
    tx.session.flush()
    tx.record_of(
        case,
        "attempted",
        at=now,
        actor=f"person:{person_id}",
        person=person_id,
        tried_at=at,
        proven=bridge is not None,
        outcome=bridge.outcome if bridge else None,
    )
    if case.callback_made_at is not None or case.state == CaseState.CLOSED:
        return case.callback_made_at is not None
    attempts = [attempt.at for attempt in sessions.attempts_of(tx.session, case.id)]
    met_at = met_by_attempts_at(attempts, terms.callback)
    if met_at is not None:
        _called_back(tx, case, person_id, "attempts", met_at, now)
        return True
    if case.state == CaseState.ACKNOWLEDGED and case.owner == person_id:
        hold(tx, case, terms, now)
    return False


def call_made(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> None:
    """The person says that they reached the caller: the promise is met from now on, and the session is open.

    It is counted from when it was put on record: nobody measured it, so an earlier instant would be a claim only.
    A callback counts whoever made it. Raises IllegalTransition where the case is over.
    """
    if case.state in {CaseState.OPEN, CaseState.DEFERRED}:
        acknowledge(tx, case, person, terms, now)
    _called_back(tx, case, person.id, "stated", now, now)
    _open_session(tx, case, person.id, now)


def reached(tx: Transaction, case: Case, bridge: Bridge, made_at: datetime, now: datetime) -> None:
    """The caller picked up: the network saw it at `made_at`, which is when the promise was met.

    Reports repeat and come late: a case that is closed stays as it is.
    """
    if case.state == CaseState.CLOSED:
        return
    _called_back(tx, case, bridge.person_id, "measured", made_at, now)
    _open_session(tx, case, bridge.person_id, made_at)


def was_a_box(tx: Transaction, desk: Desk, case: Case, bridge: Bridge, now: datetime) -> bool:
    """The technician says that a voicemail box picked up: no callback, but an attempt that the network proves.

    The case waits for its callback again, unless another call reached the caller. True where the attempts on record
    now stand for one. Raises Refused where the case is closed.
    """
    if case.state == CaseState.CLOSED:
        raise Refused(f"{case.reference} is closed")
    at, terms = bridge.answered_at or bridge.started_at, desk.terms_of(tx.session, case.policy)
    if case.callback_basis == "measured":
        others = bridges.connected(tx.session, case.id)
        if not others and case.callback_due is None:  # nothing was owed, so nobody is to be woken for it again
            case.callback_basis = "attempts"
            withdraw_session(tx, desk, case, now)
        elif not others:
            _withdraw(tx, desk, case, bridge.person_id, now)
        elif case.callback_made_at == at:
            _count_from(tx, case, others[0], now)
    return attempted(tx, case, bridge.person_id, terms, now, at=at, bridge=bridge)


def _called_back(tx: Transaction, case: Case, person_id: str, basis: str, made_at: datetime, now: datetime) -> None:
    case.state = next_state(CaseState(case.state), CaseEvent.CALL_BACK).value
    case.hold_until = None
    earlier = case.callback_made_at
    if earlier is None or (basis == "measured" and made_at < earlier):
        case.owner = person_id  # and stays it: somebody else may close the case, the callback was theirs
        case.acknowledged_at = case.acknowledged_at or made_at
        case.callback_made_at, case.callback_basis = made_at, basis
        tx.record_of(
            case,
            "called_back",
            at=now,
            actor=f"person:{person_id}",
            person=person_id,
            basis=basis,
            made_at=made_at,
            met=_is_in_time(case) if case.callback_due is not None else None,  # where nothing was promised
        )
    cases.stop_asking(tx.session, case.id)
    if case.breached_at is not None and _is_in_time(case):  # the network's report came after the deadline
        case.breached_at = None
        tx.record_of(case, "breach_withdrawn", at=now, actor="phone system")
        cases.set_timer(tx.session, case.id, "breach_withdrawn", now)


def _is_in_time(case: Case) -> bool:
    made_at, due = case.callback_made_at, case.callback_due
    return made_at is not None and due is not None and made_at <= due


def _withdraw(tx: Transaction, desk: Desk, case: Case, person_id: str, now: datetime) -> None:
    terms = desk.terms_of(tx.session, case.policy)
    case.state = next_state(CaseState(case.state), CaseEvent.WITHDRAW).value
    case.callback_made_at = case.callback_basis = None
    case.owner = person_id
    tx.record_of(
        case, "callback_withdrawn", at=now, actor=f"person:{person_id}", person=person_id, reason="a voicemail box"
    )
    withdraw_session(tx, desk, case, now)
    hold(tx, case, terms, now)
    watch_promise(tx, case, terms)


def _count_from(tx: Transaction, case: Case, bridge: Bridge, now: datetime) -> None:
    """The caller was reached by this call only: the callback, its session and the promise are counted from it."""
    assert bridge.answered_at is not None  # noqa: S101 - somebody picked up
    case.callback_made_at = None
    _called_back(tx, case, bridge.person_id, "measured", bridge.answered_at, now)
    session = sessions.of_case(tx.session, case.id)
    if session is not None:
        session.person_id, session.opened_at = bridge.person_id, bridge.answered_at
    if case.callback_due is not None and bridge.answered_at > case.callback_due and case.breached_at is None:
        case.breached_at = now
        case.at_risk_at = case.at_risk_at or now
        tx.record_of(case, "breached", at=now, actor="system", due=case.callback_due)


def withdraw_session(tx: Transaction, desk: Desk, case: Case, now: datetime) -> None:
    """The case has no session any more, nor what was billed for it."""
    session = sessions.of_case(tx.session, case.id)
    if session is not None:
        session.withdrawn_at = now
        take_back(tx, desk, session, now)


def _open_session(tx: Transaction, case: Case, person_id: str, opened_at: datetime) -> None:
    if sessions.of_case(tx.session, case.id) is None:
        tx.session.add(
            BillableSession(
                case_id=case.id,
                dealer_id=case.dealer_id,
                dealer_technician_id=case.dealer_technician_id,
                window=case.window,
                product=case.product,
                policy=case.policy,
                person_id=person_id,
                rate=case.rate,
                opened_at=opened_at,
            )
        )
        tx.session.flush()
