"""Texts to our number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.store.models import InboundText


def with_sid(session: Session, message_sid: str) -> InboundText | None:
    return session.scalars(select(InboundText).where(InboundText.message_sid == message_sid)).first()


def newest(session: Session, most: int) -> Sequence[InboundText]:
    """The newest first, whoever sent them."""
    return session.scalars(select(InboundText).order_by(InboundText.id.desc()).limit(most)).all()


def count_of_sender(session: Session, from_number: str, after: datetime, until: datetime) -> int:
    """How many texts a number sent in (after, until]."""
    return session.scalars(
        select(func.count())
        .select_from(InboundText)
        .where(
            InboundText.from_number == from_number,
            InboundText.received_at > after,
            InboundText.received_at <= until,
        )
    ).one()


def last_before(session: Session, text: InboundText) -> InboundText | None:
    """The text that its sender sent before this one."""
    return session.scalars(
        select(InboundText)
        .where(InboundText.from_number == text.from_number, InboundText.id < text.id)
        .order_by(InboundText.id.desc())
        .limit(1)
    ).first()


def of_sender_after(session: Session, from_number: str, at: datetime) -> Sequence[InboundText]:
    """What a number sent after an instant, oldest first."""
    return session.scalars(
        select(InboundText)
        .where(InboundText.from_number == from_number, InboundText.received_at > at)
        .order_by(InboundText.received_at)
    ).all()
