"""Work that was typed: what it overlaps, and lists of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from triage.policy.callbacks import Outcome
from triage.store.models import BillableSession, Booking, Bridge, Expense, WorkSpan


def typed_over(
    session: Session, person_id: str, start: datetime, end: datetime, *, but: int | None
) -> tuple[WorkSpan, BillableSession] | None:
    """A person's typed span over [start, end), and its session; of the session `but` and of withdrawn ones none."""
    found = session.execute(
        select(WorkSpan, BillableSession)
        .join(BillableSession, WorkSpan.session_id == BillableSession.id)
        .where(
            WorkSpan.person_id == person_id,
            WorkSpan.starts_at < end,
            WorkSpan.ends_at > start,
            BillableSession.withdrawn_at.is_(None),
            BillableSession.id != (but or 0),
        )
        .order_by(WorkSpan.starts_at)
    ).first()
    return (found[0], found[1]) if found else None


def measured_over(session: Session, person_id: str, start: datetime, end: datetime) -> Bridge | None:
    """A person's talk with a caller over [start, end), as the phone network measured it, or that runs still."""
    return session.scalars(
        select(Bridge)
        .where(
            Bridge.person_id == person_id,
            Bridge.answered_at < end,
            (Bridge.outcome.is_(None)) | ((Bridge.outcome == Outcome.CONNECTED.value) & (Bridge.ended_at > start)),
        )
        .order_by(Bridge.answered_at)
    ).first()


def is_booked(session: Session, session_id: int) -> bool:
    """Whether it was arranged ahead of time (E7)."""
    return session.scalars(select(Booking.id).where(Booking.session_id == session_id)).first() is not None


def drop_typed(session: Session, session_id: int) -> None:
    """The spans and expenses of a session make room for others."""
    session.execute(delete(WorkSpan).where(WorkSpan.session_id == session_id))
    session.execute(delete(Expense).where(Expense.session_id == session_id))


def typed(
    session: Session,
    start: datetime,
    end: datetime,
    *,
    dealer_id: int | None,
    person_id: str | None,
    most: int,
) -> Sequence[BillableSession]:
    """Work of no case that began in [start, end), the newest first; what was withdrawn too."""
    wanted = select(BillableSession).where(
        BillableSession.case_id.is_(None), BillableSession.opened_at >= start, BillableSession.opened_at < end
    )
    if dealer_id is not None:
        wanted = wanted.where(BillableSession.dealer_id == dealer_id)
    if person_id is not None:
        wanted = wanted.where(BillableSession.person_id == person_id)
    return session.scalars(
        wanted.order_by(BillableSession.opened_at.desc(), BillableSession.id.desc()).limit(most)
    ).all()
