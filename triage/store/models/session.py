"""The callback and what it costs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String, UniqueConstraint
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
    """The work that a case took: `measured_s` by the phone network, `stated_minutes` as somebody typed it.

    `minutes` is both together, the measured part rounded up once; None while the session is open.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    person_id: Mapped[str] = mapped_column(String(40))
    rate: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    minutes: Mapped[int | None]
    measured_s: Mapped[int] = mapped_column(default=0)
    stated_minutes: Mapped[int | None]
    note: Mapped[str | None]

    @property
    def is_measured(self) -> bool:
        """Whether the phone network measured all of it."""
        return is_measured(self.measured_s, self.stated_minutes)


class BillingLine(Base):
    """One priced line, unique for its session and rule. It can be argued from itself alone."""

    __tablename__ = "billing_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"))
    rule: Mapped[str] = mapped_column(String(10))
    rate: Mapped[str] = mapped_column(String(20))
    minutes: Mapped[int]
    billed_minutes: Mapped[int]
    amount: Mapped[Decimal]
    is_taxable: Mapped[bool]
    clauses: Mapped[list[str]]
    arithmetic: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("session_id", "rule"),)
