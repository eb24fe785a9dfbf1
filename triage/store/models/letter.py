"""Letters by e-mail to people with accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Letter(Base):
    """A letter to one account, once for its kind and what it is about; it is written when it is sent.

    `next_attempt_at` is when sending it is to be tried; None once it went out, was given up or is not wanted any
    more. `reason` is why the last attempt failed, None where that is settled; it holds no address.
    """

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (UniqueConstraint("kind", "about", "account_id"),)
