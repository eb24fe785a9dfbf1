"""What is due: everything that wakes the scheduler is an indexed instant at which its row is to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, select, union
from sqlalchemy.orm import Session

from triage.store.base import UtcDateTime
from triage.store.models import Booking, Bridge, CanaryRun, Dealer, Delivery, Letter, LookUp, Mark, RecordingCopy, Timer


class Kind(StrEnum):
    """What a sweep may find due, each a kind of row."""

    TIMER = "timer"
    DELIVERY = "delivery"
    LOOK_UP = "look_up"
    BRIDGE = "bridge"
    COPY = "copy"
    MARK = "mark"
    TEST_CALL = "test_call"
    LETTER = "letter"
    LEDGER = "ledger"
    BOOKING = "booking"


_DUE = {
    Kind.TIMER: Timer.due_at,
    Kind.DELIVERY: Delivery.next_attempt_at,
    Kind.LOOK_UP: LookUp.next_attempt_at,
    Kind.BRIDGE: Bridge.next_attempt_at,
    Kind.COPY: RecordingCopy.next_attempt_at,
    Kind.MARK: Mark.next_attempt_at,
    Kind.TEST_CALL: CanaryRun.next_attempt_at,
    Kind.LETTER: Letter.next_attempt_at,
    Kind.LEDGER: Dealer.next_due_at,
    Kind.BOOKING: Booking.next_due_at,
}

# Built once, and of columns that belong to no object: they are asked several times a second.
_KINDS = select(
    *(select(at).where(at <= bindparam("now", type_=UtcDateTime)).exists().label(kind) for kind, at in _DUE.items())
)
_INSTANTS = union(
    *(
        select(due.label("at")).where(
            due > bindparam("after", type_=UtcDateTime), due <= bindparam("until", type_=UtcDateTime)
        )
        for due in _DUE.values()
    )
).subquery()
_FIRST_INSTANTS = select(_INSTANTS.c.at).order_by(_INSTANTS.c.at).limit(bindparam("most"))


def kinds(session: Session, now: datetime) -> frozenset[Kind]:
    """Of what kinds anything is due: one question, so that an idle sweep costs next to nothing."""
    found = session.execute(_KINDS, {"now": now}).one()
    return frozenset(kind for kind, is_due in zip(_DUE, found, strict=True) if is_due)


def instants(session: Session, after: datetime, until: datetime, most: int) -> Sequence[datetime]:
    """The first distinct instants in (after, until] at which something falls due."""
    return session.scalars(_FIRST_INSTANTS, {"after": after, "until": until, "most": most}).all()
