"""Billing lines on their way to accounting: what waits, runs, invoices, and the files that were made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    cast,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from triage.policy.invoicing import Line
from triage.store.base import Base
from triage.store.models import BillingLine, Dealer, Invoice, InvoiceFile, InvoiceRun

_AT_ONCE = 500
"""Ids in one statement: a database takes a limited number of values."""


def waiting(session: Session, end: datetime) -> Sequence[Any]:
    """The lines on no invoice that were billed before an instant, oldest first, each with the dealer that owes it."""
    line, work = _tables()
    is_due = line.c.billed_at < end
    return session.execute(_lines().where(line.c.invoice_id.is_(None), is_due, _owner(line, work).is_not(None))).all()


def of_nobody(session: Session, end: datetime, most: int) -> tuple[int, Decimal, Sequence[Any]]:
    """The lines of callers of no dealer that were billed before an instant and are of something: how many, what they
    come to, and of the newest `most` the case and the session. There may be years of them."""
    line, work = _tables()
    is_one = and_(_owner(line, work).is_(None), line.c.billed_at < end, line.c.amount != Decimal(0))
    joined = line.outerjoin(work, line.c.session_id == work.c.id)
    cents = cast(func.replace(type_coerce(line.c.amount, String), ".", ""), BigInteger)
    count, total = session.execute(select(func.count(), func.sum(cents)).select_from(joined).where(is_one)).one()
    newest = select(work.c.case_id, line.c.session_id).select_from(joined).where(is_one)
    named = session.execute(newest.order_by(line.c.billed_at.desc(), line.c.id.desc()).limit(most)).all()
    return count, Decimal(int(total or 0)).scaleb(-2), named


def lines_on(session: Session, invoice_ids: Sequence[int]) -> Sequence[Any]:
    """The lines of these invoices, each invoice's in their order."""
    line = Base.metadata.tables["billing_lines"]
    found: list[Any] = []
    for ids in _portions(invoice_ids):
        found += session.execute(_lines().where(line.c.invoice_id.in_(ids))).all()
    return found


def _lines() -> Select[Any]:
    line, work = _tables()
    return (
        select(
            line.c.id, line.c.invoice_id, line.c.session_id, line.c.quarter, line.c.rate, line.c.minutes,
            line.c.billed_minutes, line.c.billed_days, line.c.amount, line.c.is_taxable, line.c.clauses,
            line.c.arithmetic, line.c.revision, line.c.billed_at,
            line.c.worked_on, line.c.person_id.label("worked_by"),
            work.c.case_id, work.c.kind, work.c.person_id, work.c.opened_at,
            _owner(line, work).label("dealer_id"),
        )
        .outerjoin(work, line.c.session_id == work.c.id)
        .order_by(line.c.billed_at, line.c.id)
    )  # fmt: skip


def _tables() -> tuple[Table, Table]:
    tables = Base.metadata.tables
    return tables["billing_lines"], tables["sessions"]


def _owner(line: Table, work: Table) -> ColumnElement[int | None]:
    """Whose a line is: the dealer of the work, as it is now; of a quarter its own."""
    return func.coalesce(work.c.dealer_id, line.c.dealer_id)


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def put_on(session: Session, invoice_id: int, lines: Sequence[Line]) -> None:
    """These lines are on that invoice from now on, and change no more: nor does what it says of their work."""
    session.execute(
        update(BillingLine),
        [
            {"id": line.id, "invoice_id": invoice_id, "worked_on": line.worked_on, "person_id": line.technician}
            for line in lines
        ],
    )


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


def newest_of(session: Session, dealer_id: int, most: int) -> Sequence[Invoice]:
    """So many invoices of a dealer, the newest first."""
    return session.scalars(
        select(Invoice).where(Invoice.dealer_id == dealer_id).order_by(Invoice.id.desc()).limit(most)
    ).all()


def numbers_of(session: Session, invoice_ids: Sequence[int]) -> dict[int, str]:
    """The numbers of these invoices."""
    rows = session.execute(select(Invoice.id, Invoice.number).where(Invoice.id.in_(invoice_ids)))
    return {number: words for number, words in rows}  # noqa: C416 - rows are no pairs to mypy


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
