"""Phones that cannot be reached by a channel: opted out, landlines, dead numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.policy.ladder import Blocked
from triage.store.models import BlockedPhone

_EVERY = select(BlockedPhone.phone, BlockedPhone.channel)  # built once: every alert asks


def of_phone(session: Session, phone: str) -> Sequence[BlockedPhone]:
    """By what a phone cannot be reached, since when and why."""
    return session.scalars(select(BlockedPhone).where(BlockedPhone.phone == phone).order_by(BlockedPhone.channel)).all()


def every(session: Session) -> Blocked:
    """Every phone and channel that cannot be used."""
    return frozenset((row.phone, row.channel) for row in session.execute(_EVERY))


def is_blocked(session: Session, phone: str, channel: str) -> bool:
    return session.get(BlockedPhone, (phone, channel)) is not None


def blocked_because(session: Session, phone: str, channel: str) -> str | None:
    """Why a phone is not to be reached by a channel; None where it is."""
    row = session.get(BlockedPhone, (phone, channel))
    return row.reason if row is not None else None


def block(session: Session, phone: str, channel: str, reason: str, now: datetime) -> bool:
    """Mark a phone as not to be reached by a channel; False where it is marked already."""
    if is_blocked(session, phone, channel):
        return False
    session.add(BlockedPhone(phone=phone, channel=channel, reason=reason, since=now))
    return True


def unblock(session: Session, phone: str, channel: str) -> bool:
    """Take the mark away; False where there was none."""
    row = session.get(BlockedPhone, (phone, channel))
    if row is not None:
        session.delete(row)
    return row is not None
