"""Versions of the contract and the roster, what the scheduler looked through, and its signs of life."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class PolicyVersion(Base):
    """A contract as it was, so that a live case keeps the terms it began with."""

    __tablename__ = "policy_versions"

    version: Mapped[str] = mapped_column(String(12), primary_key=True)
    content: Mapped[str]
    first_used_at: Mapped[datetime]


class RosterVersion(Base):
    """A roster as it was; the newest is the current one. `source` is the version of the file it came from."""

    __tablename__ = "roster_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(40))
    content: Mapped[str]
    loaded_at: Mapped[datetime]


class Mark(Base):
    """Up to which instant something was looked through, and when it is to be looked at again.

    `held_since` is since when something that could not be taken has held `at` where it is; None where nothing does.
    """

    __tablename__ = "marks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    held_since: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(index=True)


class CanaryRun(Base):
    """One test of the whole path: a call to our own number, its voicemail, and a text back.

    Each instant is when that hop was seen, all of them by `due_at`; `failed_at` when one was not, `reason` why, where
    that is known. `next_attempt_at` is when it is to be looked at again; None once it is over. `call_sid` is the call
    as it reached our number.
    """

    __tablename__ = "canary_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    call_sid: Mapped[str | None] = mapped_column(String(34), unique=True)
    answered_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    delivered_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(120))
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)


class Heartbeat(Base):
    """When something last finished its round."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
