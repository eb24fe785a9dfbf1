"""Our own copies of the recordings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class RecordingCopy(Base):
    """The audio of a voicemail on our own disk, or on its way there.

    `next_attempt_at` is when something is to be done about it: fetched, deleted at the provider, or removed because
    its time is over; None once nothing is. `sha256` is of the bytes as they were fetched; it stays when they are gone.
    """

    __tablename__ = "recording_copies"

    voicemail_id: Mapped[int] = mapped_column(ForeignKey("voicemails.id"), primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(20), index=True)
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    file_name: Mapped[str | None] = mapped_column(String(80))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    kept_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    deleted_at_provider_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(120))
