"""Billing lines on their way to accounting: what waits, runs, invoices, and the files that were made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from triage.store.base import Base
from triage.store.models import BillingLine, Dealer, Invoice, InvoiceFile, InvoiceRun

_AT_ONCE = 500
"""Ids in one statement: a database takes a limited number of values."""


def waiting(session: Session, end: datetime) -> Sequence[Any]:
    """The lines on no invoice that were billed before an instant, oldest first, each with the dealer that owes it.

    A quarter is billed at the instant with which it ends: its line belongs to the day that ends then.
    """
    line = Base.metadata.tables["billing_lines"]
    is_due = or_(line.c.billed_at < end, and_(line.c.quarter.is_not(None), line.c.billed_at <= end))
    return session.execute(_lines().where(line.c.invoice_id.is_(None), is_due)).all()


def lines_on(session: Session, invoice_ids: Sequence[int]) -> Sequence[Any]:
    """The lines of these invoices, each invoice's in their order."""
    line = Base.metadata.tables["billing_lines"]
    found: list[Any] = []
    for ids in _portions(invoice_ids):
        found += session.execute(_lines().where(line.c.invoice_id.in_(ids))).all()
    return found


def _lines() -> Select[Any]:
    line, work = (Base.metadata.tables[name] for name in ("billing_lines", "sessions"))
    return (
        select(
            line.c.id, line.c.invoice_id, line.c.session_id, line.c.quarter, line.c.rate, line.c.minutes,
            line.c.billed_minutes, line.c.billed_days, line.c.amount, line.c.is_taxable, line.c.clauses,
            line.c.arithmetic, line.c.revision, line.c.billed_at,
            work.c.case_id, work.c.kind, work.c.person_id, work.c.opened_at,
            func.coalesce(work.c.dealer_id, line.c.dealer_id).label("dealer_id"),
        )
        .outerjoin(work, line.c.session_id == work.c.id)
        .order_by(line.c.billed_at, line.c.id)
    )  # fmt: skip


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def put_on(session: Session, invoice_id: int, line_ids: Sequence[int]) -> None:
    """These lines are on that invoice from now on, and change no more."""
    for ids in _portions(line_ids):
        session.execute(update(BillingLine).where(BillingLine.id.in_(ids)).values(invoice_id=invoice_id))


def unsettled(session: Session, now: datetime) -> Sequence[Dealer]:
    """Dealers whose ledger should have changed by itself, and has not yet."""
    return session.scalars(select(Dealer).where(Dealer.next_due_at <= now).order_by(Dealer.name)).all()


def newest_number(session: Session, year: int) -> str | None:
    """The last number that was given in a year."""
    return session.scalars(
        select(Invoice.number).where(Invoice.number.like(f"{year}-%")).order_by(Invoice.id.desc()).limit(1)
    ).first()


def runs(session: Session) -> Sequence[InvoiceRun]:
    """Every run, newest first."""
    return session.scalars(select(InvoiceRun).order_by(InvoiceRun.id.desc())).all()


def run(session: Session, number: int) -> InvoiceRun | None:
    return session.get(InvoiceRun, number)


def of_runs(session: Session, run_ids: Sequence[int]) -> Sequence[Invoice]:
    """The invoices of these runs, by their numbers."""
    return session.scalars(select(Invoice).where(Invoice.run_id.in_(run_ids)).order_by(Invoice.id)).all()


def by_number(session: Session, number: str) -> Invoice | None:
    return session.scalars(select(Invoice).where(Invoice.number == number)).first()


def files_of(session: Session, run_ids: Sequence[int]) -> Sequence[Any]:
    """Which files were made of these runs, oldest first: without what is in them."""
    return session.execute(
        select(
            InvoiceFile.run_id,
            InvoiceFile.form,
            InvoiceFile.sha256,
            InvoiceFile.exported_at,
            InvoiceFile.exported_by,
        )
        .where(InvoiceFile.run_id.in_(run_ids))
        .order_by(InvoiceFile.id)
    ).all()


def file_of(session: Session, run_id: int, form: str) -> InvoiceFile | None:
    return session.scalars(select(InvoiceFile).where(InvoiceFile.run_id == run_id, InvoiceFile.form == form)).first()
