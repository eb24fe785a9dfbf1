"""Bookings as commands and pages show them. Field names are promised in the README; instants are UTC, money Decimal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from triage.errors import NotFound
from triage.policy.booking_words import STATE_WORDS, slot_in_words
from triage.policy.bookings import BookingEvent, BookingState, cost_of, may, name_of
from triage.policy.session_price import Kind
from triage.policy.terms import ProductLine
from triage.services import billing_lines
from triage.services.bookings import may_begin
from triage.services.desk import Desk, names_of
from triage.store import Session, bookings, dealers, deliveries, sessions
from triage.store.models import BillableSession, Booking, Site

Record = dict[str, Any]


def list_bookings(desk: Desk, start: datetime, end: datetime, now: datetime) -> list[Record]:
    """Those whose slots touch [start, end), of every state, in the order of their beginnings."""
    with desk.store.read() as session:
        return _records(session, desk, bookings.between(session, start, end), now)


def left_open(desk: Desk, before: datetime, now: datetime) -> list[Record]:
    """Those that ended before an instant and of which nobody has said yet what became of them."""
    with desk.store.read() as session:
        return _records(session, desk, bookings.unfinished_before(session, before), now)


def show_booking(desk: Desk, number: int, now: datetime) -> Record:
    """One booking with its site, its texts and what was billed. Raises NotFound."""
    with desk.store.read() as session:
        booking = bookings.one(session, number)
        if booking is None:
            raise NotFound(f"There is no booking {name_of(number)}.")
        [record] = _records(session, desk, [booking], now)
        site = session.get(Site, booking.site_id) if booking.site_id is not None else None
        done = session.get(BillableSession, booking.session_id) if booking.session_id is not None else None
        return record | {
            "version": booking.version,
            "site": site.name if site else None,
            "booked_at": booking.booked_at,
            "booked_by": names_of(session, desk).get(booking.booked_by, booking.booked_by),
            "minutes": done.minutes if done else None,
            "billed": billing_lines.total(sessions.lines_of(session, done.id)) if done else None,
            "texts": [
                {
                    "at": row.created_at,
                    "person": row.person_id,
                    "channel": row.channel,
                    "state": row.state,
                    "reason": row.reason,
                    "text": row.body,
                }
                for row in deliveries.of_booking(session, number)
            ],
            "may": _may(booking, now),
        }


def _may(booking: Booking, now: datetime) -> list[str]:
    """What can be done with it now."""
    state, not_now = BookingState(booking.state), {BookingEvent.GIVE_UP}
    if not may_begin(booking, now):
        not_now |= {BookingEvent.START} if now > booking.ends_at else {BookingEvent.START, BookingEvent.FINISH}
    return [event.value for event in BookingEvent if may(state, event) and event not in not_now]


def _records(session: Session, desk: Desk, found: Iterable[Booking], now: datetime) -> list[Record]:
    rows = list(found)
    known = dealers.names_by_id(session, {row.dealer_id for row in rows if row.dealer_id is not None})
    people = {person.id: person.name for person in desk.roster(session).people}
    return [_record(session, desk, row, known.get(row.dealer_id or 0), people, now) for row in rows]


def _record(
    session: Session,
    desk: Desk,
    row: Booking,
    dealer: tuple[str, str] | None,
    people: dict[str, str],
    now: datetime,
) -> Record:
    terms = desk.terms_of(session, row.policy)
    cost = cost_of(Kind(row.kind), cast("ProductLine", row.product), row.starts_at, row.ends_at, terms)
    return {
        "booking": name_of(row.id),
        "number": row.id,
        "state": row.state,
        "state_in_words": STATE_WORDS[row.state],
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "slot": slot_in_words(row.starts_at, row.ends_at, now, terms),
        "person": row.person_id,
        "technician": people.get(row.person_id, row.person_id),
        "dealer": dealer[0] if dealer else None,
        "dealer_name": dealer[1] if dealer else None,
        "phone": row.phone,
        "kind": row.kind,
        "product": row.product,
        "note": row.note,
        "started_at": row.started_at,
        "session": row.session_id,
        "next_due_at": row.next_due_at,
        "rate": cost.rate,
        "cost": cost.amount,
        "clauses": list(cost.clauses),
        "arithmetic": cost.arithmetic,
    }
