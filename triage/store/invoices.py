"""Billing lines on their way to accounting: what waits, runs, invoices, and the files that were made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    case,
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


class Sums(NamedTuple):
    """Some lines: how many, what they come to, how many are of something; the largest id and the sum of all ids, which
    tell them from others."""

    lines: int
    total: Decimal
    of_something: int
    newest: int
    ids: int


def waiting(session: Session, end: datetime, *, dealer_id: int | None = None) -> Sequence[tuple[int, Sums]]:
    """What the lines on no invoice come to that were billed before an instant, for each dealer that owes some, or for
    this one."""
    line = Base.metadata.tables["billing_lines"]
    whose = line.c.dealer_id.is_not(None) if dealer_id is None else line.c.dealer_id == dealer_id
    is_due = (line.c.invoice_id.is_(None), whose, line.c.billed_at < end)
    rows = session.execute(select(line.c.dealer_id, *_sums(line)).where(*is_due).group_by(line.c.dealer_id))
    return [(row[0], _read(row[1:])) for row in rows]


def waiting_lines(session: Session, dealer_id: int, end: datetime) -> Sequence[Any]:
    """The lines of a dealer that `waiting` sums up, oldest first."""
    line = Base.metadata.tables["billing_lines"]
    is_due = (line.c.invoice_id.is_(None), line.c.dealer_id == dealer_id, line.c.billed_at < end)
    return session.execute(_lines().where(*is_due)).all()


def of_nobody(session: Session, end: datetime, most: int) -> tuple[int, Decimal, Sequence[Any]]:
    """The lines of callers of no dealer that were billed before an instant and are of something: what they come to, and
    of the newest `most` the case and the session. There may be years of them."""
    line, work = Base.metadata.tables["billing_lines"], Base.metadata.tables["sessions"]
    is_one = and_(
        line.c.invoice_id.is_(None), line.c.dealer_id.is_(None), line.c.billed_at < end, line.c.amount != Decimal(0)
    )
    count, cents = session.execute(select(func.count(), func.sum(_cents(line.c.amount))).where(is_one)).one()
    newest = select(work.c.case_id, line.c.session_id).outerjoin(work, line.c.session_id == work.c.id).where(is_one)
    named = session.execute(newest.order_by(line.c.billed_at.desc(), line.c.id.desc()).limit(most)).all()
    return count, _dollars(cents), named


def _cents(amount: ColumnElement[Any]) -> ColumnElement[int]:
    """Amounts are text in SQLite: summed up in cents."""
    return cast(func.replace(type_coerce(amount, String), ".", ""), BigInteger)


def _dollars(cents: Any) -> Decimal:
    return Decimal(int(cents or 0)).scaleb(-2)


def _sums(line: Table) -> tuple[ColumnElement[Any], ...]:
    """The columns of `Sums`."""
    is_something = case((line.c.amount != Decimal(0), 1), else_=0)
    return (
        func.count(),
        func.sum(_cents(line.c.amount)),
        func.sum(is_something),
        func.max(line.c.id),
        func.sum(line.c.id),
    )


def _read(row: Sequence[Any]) -> Sums:
    lines, cents, of_something, newest, ids = (int(each or 0) for each in row)
    return Sums(lines, _dollars(cents), of_something, newest, ids)


def lines_on(session: Session, invoice_ids: Sequence[int]) -> Sequence[Any]:
    """The lines of these invoices, each invoice's in their order."""
    line = Base.metadata.tables["billing_lines"]
    found: list[Any] = []
    for ids in _portions(invoice_ids):
        found += session.execute(_lines().where(line.c.invoice_id.in_(ids))).all()
    return found


def _lines() -> Select[Any]:
    line, work = Base.metadata.tables["billing_lines"], Base.metadata.tables["sessions"]
    return (
        select(
            line.c.id, line.c.invoice_id, line.c.session_id, line.c.quarter, line.c.rate, line.c.minutes,
            line.c.billed_minutes, line.c.billed_days, line.c.amount, line.c.is_taxable, line.c.clauses,
            line.c.arithmetic, line.c.revision, line.c.billed_at,
            line.c.worked_on, line.c.person_id.label("worked_by"),
            work.c.case_id, work.c.kind, work.c.person_id, work.c.opened_at,
            line.c.dealer_id,
        )
        .outerjoin(work, line.c.session_id == work.c.id)
        .order_by(line.c.billed_at, line.c.id)
    )  # fmt: skip


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


def run_numbers(session: Session) -> Sequence[int]:
    """Every run, newest first."""
    return session.scalars(select(InvoiceRun.id).order_by(InvoiceRun.id.desc())).all()


def runs(session: Session, numbers: Sequence[int]) -> Sequence[InvoiceRun]:
    """These runs, newest first."""
    return session.scalars(select(InvoiceRun).where(InvoiceRun.id.in_(numbers)).order_by(InvoiceRun.id.desc())).all()


def run(session: Session, number: int) -> InvoiceRun | None:
    return session.get(InvoiceRun, number)


class RunSums(NamedTuple):
    """The invoices of a run, summed up: the first and the last of their numbers, and what they come to."""

    first: str
    last: str
    total: Decimal


def sums_of_runs(session: Session, run_ids: Sequence[int]) -> dict[int, RunSums]:
    """What each of these runs came to."""
    invoice = Base.metadata.tables["invoices"]
    sums = select(invoice.c.run_id, func.min(invoice.c.id), func.max(invoice.c.id), func.sum(_cents(invoice.c.total)))
    rows = session.execute(sums.where(invoice.c.run_id.in_(run_ids)).group_by(invoice.c.run_id)).all()
    numbers = numbers_of(session, [end for _, *ends, _ in rows for end in ends])
    return {run: RunSums(numbers[first], numbers[last], _dollars(cents)) for run, first, last, cents in rows}


def of_runs(session: Session, run_ids: Sequence[int]) -> Sequence[Any]:
    """The invoices of these runs, by their numbers. Columns, and no objects: there are hundreds."""
    return session.execute(select(*Invoice.__table__.c).where(Invoice.run_id.in_(run_ids)).order_by(Invoice.id)).all()


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
