"""What is due: everything that wakes the scheduler is an indexed instant at which its row is to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select, true, union

from triage.store.base import UtcDateTime
from triage.store.canaries import IS_NEXT_RUN
from triage.store.marks import IS_OF_A_LIST
from triage.store.models import Booking, Bridge, CanaryRun, Dealer, Delivery, Letter, LookUp, Mark, RecordingCopy, Timer


class Kind(StrEnum):
    """What a sweep may find due, each a kind of row."""

    TIMER = "timer"
    DELIVERY = "delivery"
    LOOK_UP = "look_up"
    BRIDGE = "bridge"
    QUESTION = "question"
    COPY = "copy"
    LISTS = "lists"
    NEXT_TEST_CALL = "next_test_call"
    TEST_CALL = "test_call"
    LETTER = "letter"
    LEDGER = "ledger"
    BOOKING = "booking"


_DUE = {
    Kind.TIMER: Timer.due_at,
    Kind.DELIVERY: Delivery.next_attempt_at,
    Kind.LOOK_UP: LookUp.next_attempt_at,
    Kind.BRIDGE: Bridge.next_attempt_at,
    Kind.QUESTION: Delivery.ask_at,
    Kind.COPY: RecordingCopy.next_attempt_at,
    Kind.LISTS: Mark.next_attempt_at,
    Kind.NEXT_TEST_CALL: Mark.next_attempt_at,
    Kind.TEST_CALL: CanaryRun.next_attempt_at,
    Kind.LETTER: Letter.next_attempt_at,
    Kind.LEDGER: Dealer.next_due_at,
    Kind.BOOKING: Booking.next_due_at,
}

_ONLY = {Kind.LISTS: IS_OF_A_LIST, Kind.NEXT_TEST_CALL: IS_NEXT_RUN}
"""Of a table that is of two kinds."""

# Built once, and asked of a bare connection: they are asked several times a second.
_KINDS = select(
    *(
        select(at).where(at <= bindparam("now", type_=UtcDateTime), _ONLY.get(kind, true())).exists().label(kind)
        for kind, at in _DUE.items()
    )
)
_INSTANTS = union(
    *(
        select(due.label("at")).where(
            due > bindparam("after", type_=UtcDateTime), due <= bindparam("until", type_=UtcDateTime)
        )
        for due in dict.fromkeys(_DUE.values())
    )
).subquery()
_FIRST_INSTANTS = select(_INSTANTS.c.at).order_by(_INSTANTS.c.at).limit(bindparam("most"))


def kinds(connection: Connection, now: datetime) -> frozenset[Kind]:
    """Of what kinds anything is due: one question, so that an idle sweep costs next to nothing."""
    found = connection.execute(_KINDS, {"now": now}).one()
    return frozenset(kind for kind, is_due in zip(_DUE, found, strict=True) if is_due)


def instants(connection: Connection, after: datetime, until: datetime, most: int) -> Sequence[datetime]:
    """The first distinct instants in (after, until] at which something falls due."""
    return connection.scalars(_FIRST_INSTANTS, {"after": after, "until": until, "most": most}).all()
