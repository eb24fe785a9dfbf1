"""Callbacks that run through us, as the phone network measured them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Bridge(Base):
    """One try to put a technician through to the caller: the leg that rings the caller.

    `delivery_id` is the call to the technician, the parent leg. `outcome` is None while the leg runs. `seconds` is
    the talk time of the caller's leg, from its answer to its end, as the network measured it. `next_attempt_at` is
    when the network is asked, since no report of its end came.
    """

    __tablename__ = "bridges"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(20), index=True)
    started_at: Mapped[datetime]
    parent_sid: Mapped[str | None] = mapped_column(String(34), index=True)
    provider_sid: Mapped[str | None] = mapped_column(String(34), unique=True)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
