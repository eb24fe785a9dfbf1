"""Work that was typed: what it overlaps, and lists of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from triage.policy.callbacks import Outcome
from triage.store.models import (
    BillableSession,
    BillingLine,
    Bridge,
    Event,
    Expense,
    LedgerEntry,
    WorkSpan,
)

_KINDS = ("work_recorded", "work_corrected", "work_withdrawn")
_AT_ONCE = 500


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


def drop_typed(session: Session, session_id: int) -> None:
    """The spans and expenses of a session make room for others."""
    session.execute(delete(WorkSpan).where(WorkSpan.session_id == session_id))
    session.execute(delete(Expense).where(Expense.session_id == session_id))


def done(
    session: Session, start: datetime, end: datetime, *, dealer_id: int | None, person_id: str | None
) -> Sequence[int]:
    """Ids of work that is over and began in [start, end), the newest first; what was typed and withdrawn too."""
    wanted = select(BillableSession.id).where(
        BillableSession.opened_at >= start,
        BillableSession.opened_at < end,
        BillableSession.closed_at.is_not(None),
        BillableSession.case_id.is_(None) | BillableSession.withdrawn_at.is_(None),
    )
    if dealer_id is not None:
        wanted = wanted.where(BillableSession.dealer_id == dealer_id)
    if person_id is not None:
        wanted = wanted.where(BillableSession.person_id == person_id)
    return session.scalars(wanted.order_by(BillableSession.opened_at.desc(), BillableSession.id.desc())).all()


def by_ids(session: Session, ids: Sequence[int]) -> list[BillableSession]:
    """Sessions in the order of their ids as given."""
    found: dict[int, BillableSession] = {}
    for first in range(0, len(ids), _AT_ONCE):
        of_some = select(BillableSession).where(BillableSession.id.in_(ids[first : first + _AT_ONCE]))
        found |= {row.id: row for row in session.scalars(of_some)}
    return [found[number] for number in ids]


def amounts(session: Session, ids: Sequence[int]) -> dict[int, Decimal]:
    """What each of these sessions comes to; of one that is not billed nothing."""
    found: dict[int, Decimal] = {}
    for first in range(0, len(ids), _AT_ONCE):
        of_some = BillingLine.session_id.in_(ids[first : first + _AT_ONCE])
        for session_id, amount in session.execute(select(BillingLine.session_id, BillingLine.amount).where(of_some)):
            if session_id is not None:
                found[session_id] = found.get(session_id, Decimal("0.00")) + amount
    return found


def drawn(session: Session, session_id: int) -> Sequence[tuple[str, int]]:
    """The lots that a session draws from, and how many minutes of each."""
    total = func.sum(LedgerEntry.minutes)
    rows = session.execute(
        select(LedgerEntry.lot, total)
        .where(LedgerEntry.session_id == session_id)
        .group_by(LedgerEntry.lot)
        .having(total != 0)
        .order_by(func.min(LedgerEntry.id))
    )
    return [(lot, -int(minutes)) for lot, minutes in rows]


def history(session: Session, session_id: int) -> Sequence[Event]:
    """What was done with typed work, oldest first."""
    return session.scalars(
        select(Event)
        .where(Event.kind.in_(_KINDS), Event.details["session"].as_integer() == session_id)
        .order_by(Event.number)
    ).all()
