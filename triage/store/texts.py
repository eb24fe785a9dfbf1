"""Texts to our number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.store.models import InboundText


def with_sid(session: Session, message_sid: str) -> InboundText | None:
    return session.scalars(select(InboundText).where(InboundText.message_sid == message_sid)).first()


def newest(session: Session, most: int) -> Sequence[InboundText]:
    """The newest first, whoever sent them."""
    return session.scalars(select(InboundText).order_by(InboundText.id.desc()).limit(most)).all()
