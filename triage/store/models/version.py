"""Versions of the contract and the roster, and the scheduler's signs of life."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
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


class Heartbeat(Base):
    """When something last finished its round."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
