"""Invoices, and the files that took them to accounting."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class InvoiceRun(Base):
    """Everything that was not yet invoiced up to an Eastern day, made into invoices at once."""

    __tablename__ = "invoice_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    through_on: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(60))


class Invoice(Base):
    """One dealer's billing lines. It never changes: a correction is a line on a later one.

    `code` and `name` are what the dealer was called on that day; a total below zero makes it a credit note.
    """

    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("invoice_runs.id"), index=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    issued_on: Mapped[date]
    due_on: Mapped[date]
    total: Mapped[Decimal]

    __table_args__ = (
        Index("ix_invoices_dealer_id_id", "dealer_id", "id"),
        UniqueConstraint("run_id", "dealer_id"),
    )


class InvoiceFile(Base):
    """The invoices of a run in the form of one program, kept as it was exported first."""

    __tablename__ = "invoice_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("invoice_runs.id"))
    form: Mapped[str] = mapped_column(String(20))
    content: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    exported_at: Mapped[datetime]
    exported_by: Mapped[str] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("run_id", "form"),)
