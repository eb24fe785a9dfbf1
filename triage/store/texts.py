"""Texts to our number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from triage.store.models import InboundText

# Built once: every text asks these.
_WITH_SID = select(InboundText).where(InboundText.message_sid == bindparam("message_sid"))
_LAST_BEFORE = (
    select(InboundText)
    .where(InboundText.from_number == bindparam("from_number"), InboundText.id < bindparam("text_id"))
    .order_by(InboundText.id.desc())
    .limit(1)
)


def with_sid(session: Session, message_sid: str) -> InboundText | None:
    return session.scalars(_WITH_SID, {"message_sid": message_sid}).first()


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
    return session.scalars(_LAST_BEFORE, {"from_number": text.from_number, "text_id": text.id}).first()


def of_sender_after(session: Session, from_number: str, at: datetime) -> Sequence[InboundText]:
    """What a number sent after an instant, oldest first."""
    return session.scalars(
        select(InboundText)
        .where(InboundText.from_number == from_number, InboundText.received_at > at)
        .order_by(InboundText.received_at)
    ).all()
