"""Sessions booked ahead of time (E7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Booking(Base):
    """A slot [starts_at, ends_at) that a technician keeps free for a dealer.

    `next_due_at` is when the program does something about it next: a reminder, or the alert that nobody began.
    """

    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(20))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealers.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    phone: Mapped[str | None] = mapped_column(String(20))
    person_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    product: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id"), unique=True)
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    policy: Mapped[str] = mapped_column(ForeignKey("policy_versions.version"))
    booked_at: Mapped[datetime]
    booked_by: Mapped[str] = mapped_column(String(60))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
    __table_args__ = (Index("ix_bookings_person_id_starts_at", "person_id", "starts_at"),)
