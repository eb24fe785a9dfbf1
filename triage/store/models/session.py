"""Work for dealers, above all callbacks, and what it costs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Attempt(Base):
    """A try to call back that reached nobody. `is_proven` where the phone network saw it."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    is_proven: Mapped[bool]
    bridge_id: Mapped[int | None] = mapped_column(ForeignKey("bridges.id"), unique=True)


def is_measured(measured_s: int, stated_minutes: int | None) -> bool:
    """Whether the phone network measured all of the work."""
    return measured_s > 0 and not stated_minutes


class BillableSession(Base):
    """Work for a dealer: `measured_s` by the phone network, `stated_minutes` as somebody typed it.

    `minutes` is both together, the measured part rounded up once; None while the session is open. `kind` is one of
    triage.policy.session_price. `window`, `product` and `policy` are what it is priced by: of a callback those of its
    case. `zone` is its site's clock as it was then, `server` what was installed (R7),
    `is_booked` whether it was arranged ahead of time (E7).
    `had_account` is whether its dealer might be billed afterwards when it was priced first (E6): what a dealer agrees
    upon later changes no work of before. Work that was taken back keeps its row, with `withdrawn_at`, and counts no
    more.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealers.id"))
    dealer_technician_id: Mapped[int | None] = mapped_column(ForeignKey("dealer_technicians.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str] = mapped_column(String(20), default="callback")
    window: Mapped[str] = mapped_column(String(20))
    product: Mapped[str] = mapped_column(String(20))
    server: Mapped[str | None] = mapped_column(String(40))
    zone: Mapped[str | None] = mapped_column(String(40))
    is_booked: Mapped[bool] = mapped_column(default=False)
    policy: Mapped[str] = mapped_column(ForeignKey("policy_versions.version"))
    person_id: Mapped[str] = mapped_column(String(40))
    rate: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    minutes: Mapped[int | None]
    measured_s: Mapped[int] = mapped_column(default=0)
    stated_minutes: Mapped[int | None]
    had_account: Mapped[bool | None]
    note: Mapped[str | None]

    __table_args__ = (
        Index(
            "uq_sessions_case_id",
            "case_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_sessions_case_id", "case_id"),
        Index("ix_sessions_dealer_id_opened_at", "dealer_id", "opened_at"),
        {"sqlite_autoincrement": True},
    )

    @property
    def is_measured(self) -> bool:
        """Whether the phone network measured all of it."""
        return is_measured(self.measured_s, self.stated_minutes)


class WorkSpan(Base):
    """When somebody worked, [starts_at, ends_at), as it was typed. A visit of several days has one for each."""

    __tablename__ = "work_spans"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (Index("ix_work_spans_person_id_starts_at", "person_id", "starts_at"),)


class Expense(Base):
    """What a visit cost and is passed on (R5). `miles` where the amount is a mileage."""

    __tablename__ = "expenses"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), index=True)
    words: Mapped[str] = mapped_column(String(120))
    miles: Mapped[int | None]
    amount: Mapped[Decimal]


class BillingLine(Base):
    """One priced line, of a session or of a dealer's quarter (C6). It can be argued from itself alone.

    Unique for its session, or dealer and quarter, and rule. `dealer_id` is who owes it, also of a session. A line on an
    invoice never changes: what differs later is a line of its own with the next `revision`, which may be below zero.
    `billed_at` is the close of the session or the last instant of the quarter. `worked_on` and `person_id` are the day
    and who worked as the invoice has them.
    """

    __tablename__ = "billing_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealers.id"))
    quarter: Mapped[str | None] = mapped_column(String(7))
    rule: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(default=0)
    rate: Mapped[str] = mapped_column(String(20))
    minutes: Mapped[int]
    billed_minutes: Mapped[int]
    billed_days: Mapped[int] = mapped_column(default=0)
    amount: Mapped[Decimal]
    is_taxable: Mapped[bool]
    clauses: Mapped[list[str]]
    arithmetic: Mapped[str]
    billed_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    worked_on: Mapped[date | None]
    person_id: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        Index(
            "ix_billing_lines_invoice_id",
            "invoice_id",
            sqlite_where=text("invoice_id IS NOT NULL"),  # else SQLite finds with it what waits, all of it
        ),
        Index(
            "ix_billing_lines_waiting",
            "dealer_id",
            "billed_at",
            "amount",
            sqlite_where=text("invoice_id IS NULL"),
        ),
        UniqueConstraint("session_id", "rule", "revision"),
        UniqueConstraint("dealer_id", "quarter", "rule", "revision"),
    )
