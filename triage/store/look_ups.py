"""Cases to ask the phone system about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.store.models import LookUp


def due(session: Session, now: datetime, most: int) -> Sequence[LookUp]:
    """What is to be asked by now, the longest overdue first."""
    return session.scalars(
        select(LookUp).where(LookUp.next_attempt_at <= now).order_by(LookUp.next_attempt_at).limit(most)
    ).all()
