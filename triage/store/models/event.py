"""The history: who did what when, each entry chained to the one before by its hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Event(Base):
    """One entry. Nothing in the program updates or deletes one."""

    __tablename__ = "events"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(60))
    details: Mapped[dict[str, Any]]
    policy: Mapped[str | None] = mapped_column(String(12))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (  # the history is read by its time, alone or of one kind or one actor
        Index("ix_events_at_number", "at", "number"),
        Index("ix_events_kind_at_number", "kind", "at", "number"),
        Index("ix_events_actor_at_number", "actor", "at", "number"),
    )


class ChainHead(Base):
    """The newest entry's number and hash, in one row. Whoever writes history locks it first."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class ChainCheck(Base):
    """A check of the chain that is under way, in one row: `number` and `hash` are of the last entry found good."""

    __tablename__ = "chain_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(60))
