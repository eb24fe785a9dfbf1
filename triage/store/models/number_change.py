"""Telephone numbers that do not count yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class NumberChange(Base):
    """Somebody asked that a person's alerts go to another number, to which a code was sent.

    `joins` is who the person is to be, where the roster does not have them yet: name, role, channels. Over, at
    `ended_at`, once the code was given (`verified_at`), another one was sent, or too many wrong ones were given.
    """

    __tablename__ = "number_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(String(40))
    joins: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    phone: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str] = mapped_column(String(200))
    tries: Mapped[int]
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))

    __table_args__ = (Index(None, "asked_at"),)
