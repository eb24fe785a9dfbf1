"""Numbers that were asked for, and their codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from triage.errors import NotFound
from triage.store.models import NumberChange

_LARGEST_ID = 2**31 - 1


def by_id(session: Session, number: int) -> NumberChange:
    """Raises NotFound."""
    found = session.get(NumberChange, number) if number <= _LARGEST_ID else None
    if found is None:
        raise NotFound("This number is not asked for any more: ask for a new code.")
    return found


def open_ones(session: Session) -> Sequence[NumberChange]:
    """Those whose code was not given yet, oldest first; some may have run out."""
    return session.scalars(select(NumberChange).where(NumberChange.ended_at.is_(None)).order_by(NumberChange.id)).all()


def codes_for(session: Session, person_id: str, since: datetime) -> int:
    return _count(session, NumberChange.person_id == person_id, since)


def codes_to(session: Session, phone: str, since: datetime) -> int:
    return _count(session, NumberChange.phone == phone, since)


def codes_by(session: Session, account_id: int, since: datetime) -> int:
    return _count(session, NumberChange.asked_by == account_id, since)


def verified_at(session: Session, person_id: str, phone: str) -> datetime | None:
    """When a person's number was proven by a code; None where the roster file named it."""
    return session.scalar(
        select(func.max(NumberChange.verified_at)).where(
            NumberChange.person_id == person_id, NumberChange.phone == phone
        )
    )


def forget(session: Session, *, asked_before: datetime) -> None:
    """Those that were never verified; the history keeps that they were asked for."""
    session.execute(
        delete(NumberChange).where(NumberChange.asked_at < asked_before, NumberChange.verified_at.is_(None))
    )


def _count(session: Session, of: ColumnElement[bool], since: datetime) -> int:
    chosen = select(func.count(NumberChange.id)).where(of, NumberChange.asked_at > since)
    return session.scalar(chosen) or 0
