"""What a closed session costs, written down: by its dealer's ledger, or by itself for a caller of no dealer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from triage.policy.session_price import lines_for
from triage.services import billing_lines, ledger
from triage.services.billing_lines import Whose, work_of
from triage.services.desk import Desk
from triage.store import sessions
from triage.store.engine import Transaction
from triage.store.models import BillableSession


def bill(
    tx: Transaction,
    desk: Desk,
    session: BillableSession,
    now: datetime,
    *,
    is_billable: bool,
    began_before: datetime | None = None,
) -> Decimal | None:
    """Price a closed session by the contract that it keeps, and write its lines; None where nothing is billed.

    `began_before` is when it began by what was said of it before, if that was said.
    """
    tx.session.flush()
    work, terms = work_of(tx.session, session, is_billable=is_billable), desk.terms_of(tx.session, session.policy)
    if session.dealer_id is not None:
        since = min(session.opened_at, began_before or session.opened_at)
        ledger.settle(tx, desk, session.dealer_id, since, now)
    else:
        before = sessions.lines_of(tx.session, session.id)
        billing_lines.price(tx, session, before, lines_for(work, None, terms), now)
    if work.minutes and not work.is_priced:
        clauses = ["W6"] if is_billable else ["E3"]
        told = {"clauses": clauses}
        tx.record("not_billed", at=now, actor="system", case_id=session.case_id, policy=session.policy, **told)
    return billing_lines.total(sessions.lines_of(tx.session, session.id))


def take_back(tx: Transaction, desk: Desk, session: BillableSession, now: datetime) -> None:
    """The session is open again, or withdrawn: nothing is billed or drawn for it. What an invoice has is credited."""
    tx.session.flush()
    whose = Whose(session_id=session.id, dealer_id=session.dealer_id, billed_at=now)
    billing_lines.write(tx, whose, sessions.lines_of(tx.session, session.id), [], now)
    if session.dealer_id is not None:
        ledger.settle(tx, desk, session.dealer_id, session.opened_at, now)
