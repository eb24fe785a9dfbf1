"""What the auditor found, for those who look and those who are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class AlarmRow(Base):
    """One fault, from the first audit that found it until people were told that it is over. See policy/alarms.py."""

    __tablename__ = "alarms"

    fault: Mapped[str] = mapped_column(String(20), primary_key=True)
    words: Mapped[str]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    next_letter_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    letters: Mapped[int]
    ended_at: Mapped[datetime | None]
