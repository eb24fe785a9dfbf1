"""The minutes of a closed case, corrected. What was billed before stays in the history: who changed it, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from triage.errors import Refused
from triage.policy.lengths import billed_minutes
from triage.policy.lifecycle import CaseState
from triage.policy.pricing import outlasts
from triage.policy.session_price import NOT_BILLED
from triage.policy.terms import Terms
from triage.services.billing import bill
from triage.services.billing_lines import total
from triage.services.casework import Closed
from triage.services.desk import Desk
from triage.store import chain, sessions
from triage.store.engine import Transaction
from triage.store.models import BillableSession, Case


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a session came to, and what it had come to before: its minutes and its price, None where none was billed."""

    now: Closed
    minutes_before: int
    amount_before: str | None


def may_correct(tx: Transaction, case: Case, person_id: str, terms: Terms, now: datetime) -> bool:
    """Whether a person may correct the minutes of a case by text: they closed it, and not too long ago."""
    closed_at = chain.last_at(tx.session, case.id, ("closed",), person_id)
    has_session = sessions.of_case(tx.session, case.id) is not None
    return has_session and closed_at is not None and now - closed_at <= terms.callback.corrected_within


def correct(
    tx: Transaction,
    desk: Desk,
    case: Case,
    now: datetime,
    *,
    minutes: int,
    note: str = "",
    actor: str,
    rate: str | None = None,
    reason: str = "",
) -> Corrected | None:
    """The minutes that were stated become others; what the network measured stays. An empty note leaves the first one.
    `rate` is another one for the whole session (W6), or NOT_BILLED.

    The session stays closed when it was, and of whom it was; its billing line is priced anew. None where nothing would
    change. Raises Refused for a case that is not closed or has no session, and for a negative length.
    """
    session = sessions.of_case(tx.session, case.id)
    if case.state != CaseState.CLOSED or session is None or session.closed_at is None:
        raise Refused(f"{case.reference} has no session that is closed")
    if minutes < 0:
        raise Refused("a session cannot have negative minutes")
    rate = rate or session.rate
    if rate not in {NOT_BILLED, session.rate} and not case.is_billable:
        raise Refused(f"{case.reference} is never billed: no support is owed for its product (E3)")
    if minutes == (session.stated_minutes or 0) and note in {"", session.note} and rate == session.rate:
        return None
    before = _figures(tx, session)
    session.minutes = billed_minutes(timedelta(seconds=session.measured_s, minutes=minutes))
    session.stated_minutes, session.note, session.rate = minutes, note or session.note, rate
    amount = bill(tx, desk, session, now, is_billable=case.is_billable)
    tx.session.flush()
    after, why = _figures(tx, session), {"reason": reason} if reason else {}
    tx.record_of(case, "session_corrected", at=now, actor=actor, before=before, after=after, **why)
    age = session.closed_at - case.left_at
    is_doubtful = amount is not None and outlasts(session.measured_s, minutes, since_message=age)
    if is_doubtful:
        tx.record_of(case, "length_doubted", at=now, actor="system", minutes=session.minutes, left_at=case.left_at)
    closed = Closed(session.minutes, session.measured_s, amount, session.rate, is_doubtful)
    return Corrected(closed, before["minutes"] or 0, before["amount"])


def figures_of(tx: Transaction, case: Case) -> tuple[int, Decimal | None]:
    """The minutes and the price of the session of a closed case, None where nothing is billed."""
    session = sessions.of_case(tx.session, case.id)
    lines = sessions.lines_of(tx.session, session.id) if session else []
    return (session.minutes or 0 if session else 0), total(lines)


def _figures(tx: Transaction, session: BillableSession) -> dict[str, Any]:
    lines = sessions.lines_of(tx.session, session.id)
    return {
        "minutes": session.minutes,
        "stated_minutes": session.stated_minutes,
        "note": session.note,
        "rate": session.rate,
        "clauses": list(dict.fromkeys(clause for line in lines for clause in line.clauses)),
        "amount": str(total(lines)) if lines else None,
        "arithmetic": "; ".join(line.arithmetic for line in lines) or None,
    }
