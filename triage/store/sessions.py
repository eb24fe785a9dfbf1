"""Attempts, sessions and billing lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from triage.store.base import Base
from triage.store.models import Attempt, BillableSession, BillingLine, Bridge, Expense, WorkSpan

_PAGE = 500

# Built once: every callback asks these.
_OF_CASE = select(BillableSession).where(
    BillableSession.case_id == bindparam("case_id"), BillableSession.withdrawn_at.is_(None)
)
_LINES = select(BillingLine).where(BillingLine.session_id == bindparam("session_id")).order_by(BillingLine.id)


def attempts_of(session: Session, case_id: int) -> Sequence[Attempt]:
    return session.scalars(select(Attempt).where(Attempt.case_id == case_id).order_by(Attempt.at)).all()


def has_attempt_since(session: Session, case_id: int, person_id: str, at: datetime | None) -> bool:
    """Whether this person put an attempt on record after an instant."""
    return (
        session.scalars(
            select(Attempt.id).where(Attempt.case_id == case_id, Attempt.person_id == person_id, Attempt.at > at)
        ).first()
        is not None
    )


def attempt_of(session: Session, bridge_id: int) -> Attempt:
    """The attempt that a leg proves."""
    return session.scalars(select(Attempt).where(Attempt.bridge_id == bridge_id)).one()


def of_case(session: Session, case_id: int) -> BillableSession | None:
    return session.scalars(_OF_CASE, {"case_id": case_id}).first()


def again_for(work: BillableSession, dealer_id: int | None, technician_id: int | None) -> BillableSession:
    """The same work for another dealer, or for none: a row of its own, as the first one is withdrawn."""
    kept = ("case_id", "kind", "window", "product", "policy", "person_id", "rate", "opened_at", "closed_at", "minutes")
    same = {name: getattr(work, name) for name in (*kept, "measured_s", "stated_minutes", "note")}
    return BillableSession(**same, dealer_id=dealer_id, dealer_technician_id=technician_id)


def spans_of(session: Session, session_id: int) -> Sequence[WorkSpan]:
    return session.scalars(select(WorkSpan).where(WorkSpan.session_id == session_id).order_by(WorkSpan.starts_at)).all()


def expenses_of(session: Session, session_id: int) -> Sequence[Expense]:
    return session.scalars(select(Expense).where(Expense.session_id == session_id).order_by(Expense.id)).all()


def newest_of(session: Session, dealer_id: int, most: int) -> Sequence[BillableSession]:
    """So many closed sessions of a dealer, the newest first."""
    return session.scalars(
        select(BillableSession)
        .where(
            BillableSession.dealer_id == dealer_id,
            BillableSession.closed_at.is_not(None),
            BillableSession.withdrawn_at.is_(None),
        )
        .order_by(BillableSession.opened_at.desc(), BillableSession.id.desc())
        .limit(most)
    ).all()


def lines_of(session: Session, session_id: int) -> Sequence[BillingLine]:
    return session.scalars(_LINES, {"session_id": session_id}).all()


def lines_of_all(session: Session, session_ids: Sequence[int]) -> dict[int, list[BillingLine]]:
    """The lines of each of these sessions, in their order."""
    found: dict[int, list[BillingLine]] = {number: [] for number in session_ids}
    for first in range(0, len(session_ids), _PAGE):
        some = session_ids[first : first + _PAGE]
        wanted = select(BillingLine).where(BillingLine.session_id.in_(some)).order_by(BillingLine.id)
        for line in session.scalars(wanted):
            found[cast("int", line.session_id)].append(line)
    return found


def amounts_between(session: Session, start: datetime, end: datetime) -> Sequence[Any]:
    """What the totals of `billed_between` are made of, and the id, of each of its lines, in its order."""
    line = Base.metadata.tables["billing_lines"]
    return session.execute(
        select(line.c.id, line.c.quarter, line.c.rate, line.c.minutes, line.c.billed_minutes, line.c.amount)
        .where(line.c.billed_at >= start, line.c.billed_at < end)
        .order_by(line.c.billed_at, line.c.id)
    ).all()


def billed_between(
    session: Session, start: datetime, end: datetime, only: Sequence[int] | None = None
) -> Sequence[Any]:
    """The billing lines of [start, end), in their order, with what is told of session, case, dealer and invoice.

    `only` are the ids of a page of them. Columns, and no objects of the session: a month has thousands of lines, and
    its bookkeeping is most of the time.
    """
    line, work, case, dealer, invoice = (
        Base.metadata.tables[name] for name in ("billing_lines", "sessions", "cases", "dealers", "invoices")
    )
    chosen = [line.c.id.in_(only)] if only is not None else []
    return session.execute(
        select(
            line.c.rate, line.c.minutes, line.c.billed_minutes, line.c.amount, line.c.is_taxable, line.c.clauses,
            line.c.arithmetic, line.c.billed_at, line.c.quarter,
            dealer.c.code.label("dealer"), dealer.c.name.label("dealer_name"), invoice.c.number.label("invoice"),
            work.c.person_id, work.c.closed_at, work.c.measured_s, work.c.stated_minutes,
            work.c.id, work.c.kind, work.c.note, work.c.case_id, case.c.caller, case.c.callback_number, case.c.left_at,
            case.c.flags,
        )
        .outerjoin(work, line.c.session_id == work.c.id)
        .outerjoin(case, work.c.case_id == case.c.id)
        .outerjoin(dealer, line.c.dealer_id == dealer.c.id)
        .outerjoin(invoice, line.c.invoice_id == invoice.c.id)
        .where(line.c.billed_at >= start, line.c.billed_at < end, *chosen)
        .order_by(line.c.billed_at, line.c.id)
    ).all()  # fmt: skip


def attempts_and_legs(session: Session, case_id: int) -> Sequence[tuple[Attempt, Bridge | None]]:
    """Every attempt of a case, oldest first, with the leg that proves it."""
    rows = session.execute(
        select(Attempt, Bridge)
        .outerjoin(Bridge, Attempt.bridge_id == Bridge.id)
        .where(Attempt.case_id == case_id)
        .order_by(Attempt.at, Attempt.id)
    )
    return [(attempt, bridge) for attempt, bridge in rows]
