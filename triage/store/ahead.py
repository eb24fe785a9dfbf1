"""Rows that were written by a clock which was ahead: finding them, and moving their instants back.

What a row says of the world (deadlines of the contract, the phone system's own times, the history) is not among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from triage.policy.recordings import DELETE_AFTER, CopyState
from triage.store.base import Base
from triage.store.marks import IS_OF_A_LIST
from triage.store.models import (
    AlarmRow,
    Alert,
    Attempt,
    Booking,
    Bridge,
    CanaryRun,
    Delivery,
    Heartbeat,
    LookUp,
    Mark,
    RecordingCopy,
    SignInAttempt,
)

Move = Callable[[datetime], datetime]

Columns = dict[type[Base], tuple[InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], ...]]

_STAMPS: Columns = {
    Alert: (Alert.created_at,),
    Attempt: (Attempt.at,),
    Delivery: (Delivery.created_at, Delivery.started_at),
    Bridge: (Bridge.started_at,),
    Booking: (Booking.started_at,),
    CanaryRun: (
        *(CanaryRun.started_at, CanaryRun.called_at, CanaryRun.answered_at, CanaryRun.recorded_at),
        *(CanaryRun.delivered_at, CanaryRun.failed_at),
    ),
    SignInAttempt: (SignInAttempt.at,),
    Heartbeat: (Heartbeat.at,),
    AlarmRow: (AlarmRow.began_at, AlarmRow.seen_at, AlarmRow.told_at),
}
"""When something was done: what counts alerts, calls and attempts of the last minutes would count these for ever."""

_DUES: Columns = {
    Delivery: (Delivery.next_attempt_at, Delivery.ask_at),
    Bridge: (Bridge.next_attempt_at,),
    LookUp: (LookUp.next_attempt_at,),
    CanaryRun: (CanaryRun.next_attempt_at, CanaryRun.due_at),
    AlarmRow: (AlarmRow.next_letter_at,),
}
"""When something is to be looked at again."""

_SIGNS = union_all(select(Heartbeat.at.label("at")), select(Mark.at.label("at")).where(IS_OF_A_LIST)).subquery()
FURTHEST_SIGN = select(func.max(_SIGNS.c.at))
"""The latest instant at which anybody is on record to have looked; nothing before the first look."""


def move_back(session: Session, now: datetime, stamped: Move, due: Move) -> dict[str, int]:
    """Move what lies after `now`; returns how many rows of which table."""
    moved: Counter[str] = Counter()
    for columns_of, move in ((_STAMPS, stamped), (_DUES, due)):
        for model, columns in columns_of.items():
            rows = session.scalars(select(model).where(or_(*(column > now for column in columns)))).all()
            for row in rows:
                for name in (column.key for column in columns):
                    at = getattr(row, name)
                    if at is not None and at > now:
                        setattr(row, name, move(at))
            if model is not Heartbeat:
                moved[model.__tablename__] += len(rows)
    moved[RecordingCopy.__tablename__] = _copies(session, now, due)
    return {table: count for table, count in moved.items() if count}


def _copies(session: Session, now: datetime, due: Move) -> int:
    """Recordings that are fetched, or deleted at the provider, soon. How long one is kept is no matter of our clock."""
    rows = [
        row
        for row in session.scalars(select(RecordingCopy).where(RecordingCopy.next_attempt_at > now))
        if row.state == CopyState.WANTED or (row.kept_at and row.kept_at > now and _is_soon(row))
    ]
    for row in rows:
        assert row.next_attempt_at is not None  # noqa: S101 - as it was asked for
        row.next_attempt_at = due(row.next_attempt_at)
    return len(rows)


def _is_soon(row: RecordingCopy) -> bool:
    return bool(row.kept_at and row.next_attempt_at and row.next_attempt_at <= row.kept_at + DELETE_AFTER)
