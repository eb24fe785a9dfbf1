"""Dealers, their technicians, phones and sites, and what they bought."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Dealer(Base):
    """A firm whose technicians may call. `code` is what accounting calls it.

    `joined_on` is the day it became a dealer (C4); None where that is not known, and nothing is granted for it.
    `has_account` where it may be billed afterwards (E6). `next_due_at` is when its ledger changes by itself next.
    """

    __tablename__ = "dealers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    joined_on: Mapped[date | None]
    has_account: Mapped[bool]
    left_on: Mapped[date | None]
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)


class DealerTechnician(Base):
    """Somebody of a dealer who calls. `pin_hash` finds who keys a PIN; the PIN itself is not kept."""

    __tablename__ = "dealer_technicians"

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"))
    name: Mapped[str] = mapped_column(String(80))
    pin_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    left_on: Mapped[date | None]

    __table_args__ = (UniqueConstraint("dealer_id", "name"),)


class DealerPhone(Base):
    """A number that is a dealer's, in E.164. `technician_id` is None for a line that several people use."""

    __tablename__ = "dealer_phones"

    phone: Mapped[str] = mapped_column(String(20), primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"), index=True)
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("dealer_technicians.id"), index=True)


class Site(Base):
    """Where a dealer's system stands: its wall clock (R5), its maintenance licence (E5), its trunk provider (E4)."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"))
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(40))
    product: Mapped[str | None] = mapped_column(String(20))
    software: Mapped[str | None] = mapped_column(String(20))
    licence_until: Mapped[date | None]
    trunk: Mapped[str | None] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("dealer_id", "name"),)


class Purchase(Base):
    """What a dealer bought on an Eastern day; a negative amount is a return. `reference` is accounting's own."""

    __tablename__ = "purchases"

    id: Mapped[int] = mapped_column(primary_key=True)
    dealer_id: Mapped[int] = mapped_column(ForeignKey("dealers.id"))
    bought_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal]
    reference: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("dealer_id", "reference"),)


class PinSalt(Base):
    """The salt of every PIN's hash, in one row: else a PIN could not be found by its hash."""

    __tablename__ = "pin_salts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(64))
