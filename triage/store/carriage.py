"""What became of the newest texts and calls, and of those to administrators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.store.models import Delivery, Event

_by = func.coalesce(Delivery.channel, "")
"""Through no index: those of an hour are few, those of a channel nearly all."""


def tried_since(session: Session, channel: str, since: datetime, most: int) -> Sequence[Delivery]:
    """What was tried by a channel of what was planned since an instant, the newest first."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.created_at >= since, _by == channel, Delivery.started_at.is_not(None))
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(most)
    ).all()


def acceptances(session: Session, since: datetime, most: int) -> list[tuple[str, timedelta]]:
    """Of the newest that the phone system took since an instant: their channel, and how long that was after the plan.

    What was held back on purpose is left out.
    """
    taken = session.execute(
        select(Event.at, Event.details)
        .where(Event.kind == "delivery_accepted", Event.at >= since)
        .order_by(Event.at.desc(), Event.number.desc())
        .limit(most)
    ).all()
    at = {details["delivery"]: instant for instant, details in taken}
    rows = session.execute(
        select(Delivery.id, Delivery.channel, Delivery.created_at).where(
            Delivery.id.in_(at), Delivery.is_held.is_(False)
        )
    )
    return [(channel, at[number] - created_at) for number, channel, created_at in rows]


def notices_since(session: Session, people: Sequence[str], since: datetime) -> Sequence[Delivery]:
    """What these people were to be told since an instant about no case and no booking, oldest first."""
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.created_at >= since,
            Delivery.person_id.in_(people),
            func.coalesce(Delivery.alert_id, Delivery.case_id, Delivery.booking_id).is_(None),  # through no index, too
            _by.in_(["sms", "voice"]),
        )
        .order_by(Delivery.created_at, Delivery.id)
    ).all()
