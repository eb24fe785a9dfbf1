"""The ledger of credits and prepaid minutes. Nothing in the program updates or deletes an entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class LedgerEntry(Base):
    """So many minutes more or fewer of one lot, from the instant `at` on. A balance is a sum of `minutes`.

    `lot` names a grant (`prepaid:17`, `earned:2026-Q2`) or what was used over all grants (`over:2026-Q1`, which is
    never above zero). `ends_at` is the lot's own, the same in each of its entries; None where it does not end.
    `policy` is the contract that the entry was reckoned by. `words` say why, for a person.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"))
    lot: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    minutes: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime | None]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id"), index=True)
    clauses: Mapped[list[str]]
    words: Mapped[str]
    policy: Mapped[str] = mapped_column(ForeignKey("policy_versions.version"))
    actor: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_ledger_entries_dealer_id_at", "dealer_id", "at"), {"sqlite_autoincrement": True})


class BorrowRequest(Base):
    """A dealer asked to pay what it used over its credits in `quarter` with the hours of the next one (C7)."""

    __tablename__ = "borrow_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"), index=True)
    quarter: Mapped[str] = mapped_column(String(7))
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(60))
    most_minutes: Mapped[int | None]

    __table_args__ = (Index("uq_borrow_requests_dealer_id_quarter", "dealer_id", "quarter", unique=True),)
