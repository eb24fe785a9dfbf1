"""Finding bridged callbacks and counting them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from triage.policy.callbacks import Outcome
from triage.policy.dialing import Dialled
from triage.store.models import Bridge

# Built once: every text and key of a technician asks these.
_RUNNING = select(Bridge).where(Bridge.case_id == bindparam("case_id"), Bridge.outcome.is_(None))
_CONNECTED = (
    select(Bridge)
    .where(
        Bridge.case_id == bindparam("case_id"),
        Bridge.answered_at.is_not(None),
        (Bridge.outcome == Outcome.CONNECTED.value) | Bridge.outcome.is_(None),
    )
    .order_by(Bridge.answered_at)
)


def of_case(session: Session, case_id: int) -> Sequence[Bridge]:
    return session.scalars(select(Bridge).where(Bridge.case_id == case_id).order_by(Bridge.id)).all()


def running_of_delivery(session: Session, delivery_id: int) -> Bridge | None:
    """The caller's leg that this call to a technician dialled and that has not ended."""
    return session.scalars(select(Bridge).where(Bridge.delivery_id == delivery_id, Bridge.outcome.is_(None))).first()


def running_of_case(session: Session, case_id: int) -> Bridge | None:
    """A leg that rings the caller, or talks to them, now."""
    return session.scalars(_RUNNING, {"case_id": case_id}).first()


def last_of(session: Session, case_id: int, person_id: str) -> Bridge | None:
    """The newest leg that this person had dialled, whatever became of it."""
    return session.scalars(
        select(Bridge)
        .where(Bridge.case_id == case_id, Bridge.person_id == person_id)
        .order_by(Bridge.id.desc())
        .limit(1)
    ).first()


def last_ended_of(session: Session, person_id: str, since: datetime) -> Bridge | None:
    """The newest leg of a person by which somebody picked up and that ended since an instant, whatever its case."""
    return session.scalars(
        select(Bridge)
        .where(Bridge.person_id == person_id, Bridge.answered_at.is_not(None), Bridge.ended_at >= since)
        .order_by(Bridge.ended_at.desc())
        .limit(1)
    ).first()


def connected(session: Session, case_id: int) -> Sequence[Bridge]:
    """The legs by which the caller was reached, or is being talked to, oldest first."""
    return session.scalars(_CONNECTED, {"case_id": case_id}).all()


def measured_s(session: Session, case_id: int) -> int:
    """Seconds talked with the caller in all calls of the case together."""
    return (
        session.scalar(
            select(func.coalesce(func.sum(Bridge.seconds), 0)).where(
                Bridge.case_id == case_id, Bridge.outcome == Outcome.CONNECTED.value
            )
        )
        or 0
    )


def dialled(session: Session, number: str, *, number_since: datetime, anybody_since: datetime) -> Dialled:
    """How often callers were dialled since two instants: this number, and anybody."""
    to_number = select(func.count()).where(Bridge.number == number, Bridge.started_at > number_since)
    to_anybody = select(func.count()).where(Bridge.started_at > anybody_since)
    return Dialled(session.scalar(to_number) or 0, session.scalar(to_anybody) or 0)


def with_provider_sid(session: Session, provider_sid: str) -> Bridge | None:
    return session.scalars(select(Bridge).where(Bridge.provider_sid == provider_sid)).first()


def due(session: Session, now: datetime, most: int) -> Sequence[Bridge]:
    """Legs of whose end no report came in time."""
    return session.scalars(
        select(Bridge).where(Bridge.next_attempt_at <= now).order_by(Bridge.next_attempt_at).limit(most)
    ).all()
