"""When something last finished its round, and what is overdue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from triage.policy.delivery import DeliveryState
from triage.policy.lifecycle import CaseState
from triage.store.base import UtcDateTime
from triage.store.cases import LIVE
from triage.store.models import Case, Delivery, Heartbeat, Timer

_TO_DO = [DeliveryState.PLANNED.value, DeliveryState.SENDING.value, DeliveryState.UNKNOWN.value]

# Built once: a scheduler shows that it lives twice a minute.
_SIGN: BindParameter[str] = bindparam("sign")
_SEEN_AT: BindParameter[datetime] = bindparam("seen_at", type_=UtcDateTime)
_SHOW = insert(Heartbeat).values(name=_SIGN, at=_SEEN_AT)
_SHOW_AGAIN = update(Heartbeat).where(Heartbeat.name == _SIGN).values(at=_SEEN_AT)
_ALL_SEEN = select(Heartbeat.name, Heartbeat.at)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits: the oldest instant at which a timer and a delivery fell due, and how many wait."""

    oldest_timer: datetime | None
    oldest_delivery: datetime | None
    timers: int
    deliveries: int


def show(session: Session, name: str, now: datetime) -> None:
    """Put a sign of life on record."""
    sign = {"sign": name, "seen_at": now}
    if not session.connection().execute(_SHOW_AGAIN, sign).rowcount:
        session.connection().execute(_SHOW, sign)


def all_seen(connection: Connection) -> dict[str, datetime]:
    """When each sign of life was last put on record, by its name."""
    return {row.name: row.at for row in connection.execute(_ALL_SEEN)}


def last_seen(session: Session, name: str) -> datetime | None:
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))


def backlog(session: Session, now: datetime) -> Backlog:
    """What is due by now and not done."""
    timers = session.execute(select(func.min(Timer.due_at), func.count()).where(Timer.due_at <= now)).one()
    sends = session.execute(
        select(func.min(Delivery.next_attempt_at), func.count()).where(
            Delivery.next_attempt_at <= now, Delivery.state.in_(_TO_DO)
        )
    ).one()
    return Backlog(timers[0], sends[0], timers[1], sends[1])


def cases_by_state(session: Session) -> dict[str, int]:
    """How many cases are in each state: those that are not closed are counted, the others are the rest of all."""
    live = dict(session.execute(select(Case.state, func.count()).where(*LIVE).group_by(Case.state)).all())
    closed = (session.scalar(select(func.count()).select_from(Case)) or 0) - sum(live.values())
    return {**live, CaseState.CLOSED.value: closed} if closed else live


def deliveries_by_state(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(Delivery.channel, Delivery.state, func.count()).group_by(Delivery.channel, Delivery.state)
    )
    return {(channel, state): count for channel, state, count in rows}


def breached_and_open(session: Session) -> int:
    """Promises that are broken and still wait for a callback."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Case)
            .where(Case.breached_at.is_not(None), Case.callback_made_at.is_(None), *LIVE)
        )
        or 0
    )


def deliveries_since(session: Session, since: datetime) -> dict[tuple[str, str, str | None, bool], int]:
    """What was planned since an instant: how many by channel, state, its reason and whether it is held back."""
    rows = session.execute(  # ungrouped: else SQLite walks all deliveries by state
        select(Delivery.channel, Delivery.state, Delivery.reason, Delivery.is_held).where(Delivery.created_at >= since)
    )
    return Counter((channel, state, reason, is_held) for channel, state, reason, is_held in rows)
