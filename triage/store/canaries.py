"""Test calls: which is due, which is under way, and how they went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.store.models import Call, CanaryRun, Mark

_MARK = "canary"
_UNDER_WAY = [CanaryRun.failed_at.is_(None), CanaryRun.delivered_at.is_(None)]
IS_NEXT_RUN = Mark.name == _MARK


@dataclass(frozen=True, slots=True)
class Tally:
    """How test calls went so far. `last_failed` is whether the newest that is over did."""

    passed_at: datetime | None
    passed: int
    failed: int
    last_failed: bool


def mark(session: Session) -> Mark | None:
    """When the next test call is due, and when the last one was."""
    return session.get(Mark, _MARK)


def set_mark(session: Session, now: datetime, following: datetime | None) -> None:
    """The next test call is due then; None: there is none."""
    row = mark(session)
    if following is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(Mark(name=_MARK, at=now, next_attempt_at=following))
    else:
        row.at, row.next_attempt_at = now, following


def is_mark_due(session: Session, now: datetime) -> bool:
    row = mark(session)
    return row is not None and row.next_attempt_at <= now


def due(session: Session, now: datetime) -> Sequence[CanaryRun]:
    """The runs to look at now. The write transaction it runs in is alone: that is the claim."""
    return session.scalars(
        select(CanaryRun).where(CanaryRun.next_attempt_at <= now).order_by(CanaryRun.next_attempt_at, CanaryRun.id)
    ).all()


def under_way(session: Session) -> CanaryRun | None:
    """The newest run whose hops are still awaited."""
    return session.scalars(select(CanaryRun).where(*_UNDER_WAY).order_by(CanaryRun.id.desc())).first()


def awaiting_text(session: Session, delivery_id: int) -> CanaryRun | None:
    """The run that waits for this text."""
    return session.scalars(select(CanaryRun).where(*_UNDER_WAY, CanaryRun.delivery_id == delivery_id)).first()


def came_from(session: Session, call_sid: str) -> str | None:
    """The number that a call came from, as far as it is known."""
    return session.scalar(select(Call.from_number).where(Call.sid == call_sid))


def tally(session: Session) -> Tally:
    passed_at, passed = session.execute(
        select(func.max(CanaryRun.delivered_at), func.count(CanaryRun.delivered_at))
    ).one()
    failed = session.scalar(select(func.count(CanaryRun.failed_at))) or 0
    last = newest_over(session)
    return Tally(passed_at, passed, failed, last is not None and last.failed_at is not None)


def newest_over(session: Session) -> CanaryRun | None:
    """The newest run that passed or failed."""
    return session.scalars(
        select(CanaryRun)
        .where(CanaryRun.failed_at.is_not(None) | CanaryRun.delivered_at.is_not(None))
        .order_by(CanaryRun.id.desc())
    ).first()
