"""Sessions booked ahead (E7): booked, moved, cancelled, begun, finished; reminders, and alerts where nobody begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog

from triage.errors import MovedOn, NotFound, Refused, StoreUnavailable
from triage.policy import booking_words as words
from triage.policy.bookings import (
    BookingEvent,
    BookingState,
    Cost,
    Step,
    cost_of,
    name_of,
    next_booking_state,
    next_due_at,
    what_is_due,
)
from triage.policy.session_price import Kind
from triage.policy.terms import ProductLine, Terms
from triage.policy.wording import wall_clock
from triage.services import work
from triage.services.booking_checks import LONGEST_NOTE, NewBooking, check_new, only_phone, slot_of
from triage.services.booking_texts import (
    alert_managers,
    alert_technician,
    card_of,
    drop_unsent,
    say_missed,
    tell_dealer,
    tell_person,
    tell_technician,
)
from triage.services.desk import Desk
from triage.services.work import NewWork
from triage.store import Session, bookings
from triage.store.engine import Transaction
from triage.store.models import BillableSession, Booking

log = structlog.get_logger()

_AT_ONCE = 50
_POSTPONED_BY = timedelta(seconds=60)
_ENDS_BY_ITSELF = timedelta(hours=1)
"""Without a length a session took from its beginning until now, so long after the end of its slot at the most."""

_MAY_HAVE_BEGUN_BEFORE = timedelta(hours=1)
"""So long before its slot a session may begin."""

_MAY_BEGIN_AFTER = timedelta(hours=12)
"""So long after its slot a session may begin; later it is moved first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long a session took: so many minutes, else [starts_at, ends_at), else from its beginning until now."""

    minutes: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def preview(desk: Desk, new: NewBooking, now: datetime, *, number: int | None = None) -> Cost:
    """What a booking would cost, or another time for the booking of this number. Raises Refused as `book` does."""
    with desk.store.read() as session:
        check_new(session, desk, new, now, number=number)
    return cost_of(new.kind, new.product, new.starts_at, new.ends_at, desk.terms)


def book(desk: Desk, new: NewBooking, now: datetime, *, actor: str) -> int:
    """Book it, and tell technician and dealer; returns its number. Raises Refused with how to mend it."""
    with desk.store.write() as tx:
        check_new(tx.session, desk, new, now)
        booking = Booking(
            state=BookingState.BOOKED.value,
            dealer_id=new.dealer_id,
            site_id=new.site_id,
            phone=new.phone or only_phone(tx.session, new.dealer_id),
            person_id=new.person_id,
            kind=new.kind.value,
            product=new.product,
            note=new.note or None,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            policy=desk.terms.version,
            booked_at=now,
            booked_by=actor,
        )
        tx.session.add(booking)
        tx.session.flush()
        _set_due(booking, desk.terms, now)
        _record(tx, booking, "booking_made", now, actor=actor, person=new.person_id, starts_at=new.starts_at,
                ends_at=new.ends_at)  # fmt: skip
        card = card_of(tx.session, booking, desk.roster(tx.session))
        tell_technician(tx, desk, booking, words.made(card, now, desk.terms), now)
        tell_dealer(tx, desk, booking, words.made_for_dealer(card, now, desk.terms), now)
        return booking.id


def move(
    desk: Desk,
    number: int,
    starts_at: datetime,
    ends_at: datetime,
    person_id: str,
    now: datetime,
    *,
    actor: str,
    seen: int | None = None,
) -> None:
    """Another slot, another technician, or both, by the contract in force. Raises NotFound, Refused, MovedOn."""
    with desk.store.write() as tx:
        booking = _found(tx.session, number, seen)
        roster, was = desk.roster(tx.session), (booking.starts_at, booking.ends_at)
        if (*was, booking.person_id) == (starts_at, ends_at, person_id):
            raise Refused("That changes nothing.")
        _step(booking, BookingEvent.MOVE)
        moved = NewBooking(
            starts_at=starts_at,
            ends_at=ends_at,
            person_id=person_id,
            product=cast("ProductLine", booking.product),
            dealer_id=booking.dealer_id,
            phone=booking.phone,
        )
        check_new(tx.session, desk, moved, now, number=number)
        drop_unsent(tx, booking)
        before = roster.person(booking.person_id)
        booking.starts_at, booking.ends_at, booking.person_id = starts_at, ends_at, person_id
        booking.policy = desk.terms.version
        _set_due(booking, desk.terms, now)
        _record(tx, booking, "booking_moved", now, actor=actor, person=person_id, starts_at=starts_at, ends_at=ends_at,
                before=was[0])  # fmt: skip
        card = card_of(tx.session, booking, roster)
        if before is not None and before.id != person_id:
            tell_person(tx, booking, before, words.given_to(card), now)
            tell_technician(tx, desk, booking, words.made(card, now, desk.terms), now)
        else:
            tell_technician(tx, desk, booking, words.moved(card, was, now, desk.terms), now)
        tell_dealer(tx, desk, booking, words.moved_for_dealer(card, now, desk.terms), now)


def cancel(desk: Desk, number: int, why: str, now: datetime, *, actor: str, seen: int | None = None) -> None:
    """Nobody comes. Technician and dealer are told, unless it had begun or was missed. Raises NotFound, Refused."""
    with desk.store.write() as tx:
        booking = _found(tx.session, number, seen)
        was = BookingState(booking.state)
        _step(booking, BookingEvent.CANCEL)
        drop_unsent(tx, booking)
        booking.next_due_at = None
        _record(tx, booking, "booking_cancelled", now, actor=actor, why=why)
        if was is BookingState.BOOKED:
            card, terms = card_of(tx.session, booking, desk.roster(tx.session)), desk.terms
            tell_technician(tx, desk, booking, words.cancelled(card, now, terms), now)
            tell_dealer(tx, desk, booking, words.cancelled_for_dealer(card, now, terms), now)


def start(tx: Transaction, desk: Desk, number: int, now: datetime, *, actor: str, seen: int | None = None) -> Booking:
    """It begins now; a second time nothing changes. Raises NotFound, Refused."""
    booking = _found(tx.session, number, seen)
    if booking.state == BookingState.STARTED:
        return booking
    terms = desk.terms_of(tx.session, booking.policy)
    next_booking_state(number, BookingState(booking.state), BookingEvent.START)
    if not may_begin(booking, now):
        begins = wall_clock(booking.starts_at, now, terms)
        raise Refused(f"{name_of(number)} is booked for {begins}. Move it first if it begins now.")
    _step(booking, BookingEvent.START)
    booking.started_at = now
    drop_unsent(tx, booking)
    _set_due(booking, terms, now)
    _record(tx, booking, "booking_begun", now, actor=actor)
    return booking


def finish(
    tx: Transaction,
    desk: Desk,
    number: int,
    took: Took,
    note: str,
    now: datetime,
    *,
    actor: str,
    seen: int | None = None,
) -> BillableSession:
    """It is over: a session of that length is billed as booked ahead (E7). Raises NotFound; Refused, with nothing
    changed."""
    booking = _found(tx.session, number, seen)
    state = next_booking_state(number, BookingState(booking.state), BookingEvent.FINISH)
    span = _span(booking, took, now)
    done = NewWork(
        kind=Kind(booking.kind),
        person_id=booking.person_id,
        dealer_id=booking.dealer_id,
        dealer_technician_id=None,
        site_id=booking.site_id,
        product=cast("ProductLine", booking.product),
        spans=(span,),
        note=(note or booking.note or "")[:LONGEST_NOTE],
        is_booked=True,
    )
    session = work.record(tx, desk, done, now, actor=actor)
    drop_unsent(tx, booking)
    booking.state, booking.session_id, booking.next_due_at = state.value, session.id, None
    booking.started_at = booking.started_at or span[0]
    _record(tx, booking, "booking_finished", now, actor=actor, session=session.id, minutes=session.minutes)
    return session


def may_begin(booking: Booking, now: datetime) -> bool:
    """Whether it is near enough to its slot, before it and after."""
    return booking.starts_at - _MAY_HAVE_BEGUN_BEFORE <= now <= booking.ends_at + _MAY_BEGIN_AFTER


def is_length_known(booking: Booking, now: datetime) -> bool:
    """Whether a session took from its beginning until now: not where it was to end long ago."""
    return booking.state == BookingState.STARTED and now <= booking.ends_at + _ENDS_BY_ITSELF


def _span(booking: Booking, took: Took, now: datetime) -> tuple[datetime, datetime]:
    """When a session was worked on. Raises Refused."""
    if took.minutes is not None:
        return _so_long(booking, took.minutes, now)
    if took.starts_at is not None and took.ends_at is not None:
        return took.starts_at, took.ends_at
    if booking.started_at is None or now > booking.ends_at + _ENDS_BY_ITSELF:
        raise Refused("Say how long it took: minutes, or when the work began and ended.")
    return booking.started_at, now


def _so_long(booking: Booking, minutes: int, now: datetime) -> tuple[datetime, datetime]:
    """So many minutes from the beginning, and up to now at the latest.

    Who began late by text may have begun by hand at the beginning of the slot. Raises Refused where there was no time
    for so many.
    """
    worked = timedelta(minutes=minutes)
    begun_at = booking.started_at or booking.starts_at
    earliest = min(begun_at, booking.starts_at)
    if minutes < 1 or now - earliest < worked:
        since = max(0, int((now - earliest).total_seconds()) // 60)
        raise Refused(f"{name_of(booking.id)} cannot have taken {minutes} min: it began {since} min ago at the most.")
    starts_at = min(begun_at, now - worked)
    return starts_at, starts_at + worked


def run_due(desk: Desk, now: datetime) -> int:
    """Do what is due about bookings; returns how many were looked at. Each has a transaction of its own, and one that
    fails is postponed by a minute, so that it holds up nothing."""
    with desk.store.read() as session:
        numbers = bookings.due(session, now, _AT_ONCE)
    for number in numbers:
        try:
            with desk.store.write() as tx:
                booking = bookings.one(tx.session, number)
                if booking is not None and booking.next_due_at is not None and booking.next_due_at <= now:
                    _run(tx, desk, booking, booking.next_due_at, now)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("booking_postponed", booking=number)
            with desk.store.write() as tx:
                found = bookings.one(tx.session, number)
                if found is not None:
                    found.next_due_at = now + _POSTPONED_BY
    return len(numbers)


def _run(tx: Transaction, desk: Desk, booking: Booking, since: datetime, now: datetime) -> None:
    terms, roster = desk.terms_of(tx.session, booking.policy), desk.roster(tx.session)
    due = what_is_due(slot_of(booking), since, now, terms)
    card = card_of(tx.session, booking, roster)
    for step in due:
        match step:
            case Step.REMIND:
                until = booking.starts_at
                tell_technician(tx, desk, booking, words.reminder(card, now, terms), now, good_until=until)
                is_told = tell_dealer(
                    tx, desk, booking, words.reminder_for_dealer(card, now, terms), now, good_until=until
                )
                _record(tx, booking, "booking_reminded", now, actor="system", dealer=is_told)
            case Step.ALERT:
                is_reached = alert_technician(tx, desk, booking, now)
                _record(tx, booking, "booking_not_begun", now, actor="system", person=booking.person_id)
                if not is_reached and Step.ALERT_MANAGERS not in due:
                    alert_managers(tx, desk, booking, now)
            case Step.ALERT_MANAGERS:
                alert_managers(tx, desk, booking, now)
                _record(tx, booking, "booking_not_begun", now, actor="system", told="managers")
            case Step.GIVE_UP:
                _step(booking, BookingEvent.GIVE_UP)
                drop_unsent(tx, booking)
                say_missed(tx, desk, booking, now)
                _record(tx, booking, "booking_missed", now, actor="system")
            case Step.ASK:
                tell_technician(tx, desk, booking, words.is_it_over(card), now)
    _set_due(booking, terms, now)


def _found(session: Session, number: int, seen: int | None) -> Booking:
    booking = bookings.one(session, number)
    if booking is None:
        raise NotFound(f"There is no booking {name_of(number)}.")
    if seen is not None and booking.version != seen:
        raise MovedOn(f"Somebody did something with {name_of(number)} meanwhile. Look at it again.")
    return booking


def _step(booking: Booking, event: BookingEvent) -> None:
    booking.state = next_booking_state(booking.id, BookingState(booking.state), event).value


def _set_due(booking: Booking, terms: Terms, now: datetime) -> None:
    booking.next_due_at = next_due_at(slot_of(booking), now, terms)


def _record(tx: Transaction, booking: Booking, kind: str, now: datetime, *, actor: str, **details: Any) -> None:
    tx.record(kind, at=now, actor=actor, policy=booking.policy, booking=name_of(booking.id), **details)
