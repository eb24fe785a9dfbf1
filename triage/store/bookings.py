"""Bookings: finding them by number, by what is due, by technician and by days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.policy.bookings import BLOCKING, BookingState
from triage.store.models import Booking

_BLOCKING = [state.value for state in BLOCKING]


def one(session: Session, number: int) -> Booking | None:
    return session.get(Booking, number)


def due(session: Session, now: datetime, most: int) -> Sequence[int]:
    """The numbers of those that are due, the longest waiting first."""
    found = select(Booking.id).where(Booking.next_due_at <= now).order_by(Booking.next_due_at, Booking.id)
    return session.scalars(found.limit(most)).all()


def between(session: Session, start: datetime, end: datetime) -> Sequence[Booking]:
    """Those whose slots touch [start, end), of every state, in the order of their beginnings."""
    return session.scalars(
        select(Booking).where(Booking.starts_at < end, Booking.ends_at > start).order_by(Booking.starts_at, Booking.id)
    ).all()


def to_begin_after(session: Session, at: datetime) -> Sequence[Booking]:
    """Those that begin later than an instant, and that nobody began or cancelled."""
    states = [BookingState.BOOKED.value, BookingState.MISSED.value]
    return session.scalars(
        select(Booking).where(Booking.starts_at > at, Booking.state.in_(states)).order_by(Booking.id)
    ).all()


def unfinished_before(session: Session, at: datetime) -> Sequence[Booking]:
    """Those that ended before an instant, and somebody still has to say what became of them."""
    states = [*_BLOCKING, "missed"]
    return session.scalars(
        select(Booking).where(Booking.ends_at <= at, Booking.state.in_(states)).order_by(Booking.starts_at, Booking.id)
    ).all()


def that_block(session: Session, person_id: str, start: datetime, end: datetime) -> Sequence[Booking]:
    """A technician's bookings that keep them from another one in [start, end)."""
    return session.scalars(
        select(Booking).where(
            Booking.person_id == person_id,
            Booking.state.in_(_BLOCKING),
            Booking.starts_at < end,
            Booking.ends_at > start,
        )
    ).all()


def of_phone(session: Session, phone: str, ending_after: datetime) -> Booking | None:
    """The next booking to be called at this number, or the one that is under way."""
    return session.scalars(
        select(Booking)
        .where(Booking.phone == phone, Booking.state.in_(_BLOCKING), Booking.ends_at > ending_after)
        .order_by(Booking.starts_at, Booking.id)
        .limit(1)
    ).first()


def of_person(session: Session, person_id: str, ending_after: datetime) -> Sequence[Booking]:
    """A technician's bookings that are still to come, or under way, the next one first."""
    return session.scalars(
        select(Booking)
        .where(Booking.person_id == person_id, Booking.state.in_(_BLOCKING), Booking.ends_at > ending_after)
        .order_by(Booking.starts_at, Booking.id)
    ).all()
