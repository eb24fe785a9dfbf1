"""Texts about sessions booked ahead: BEGIN and DONE of technicians, words of whoever is to be called."""

from __future__ import annotations

from datetime import datetime, timedelta

from triage.errors import Refused
from triage.policy import booking_words as words
from triage.policy.booking_commands import BEGIN, BookingCommand
from triage.policy.bookings import BookingState, name_of
from triage.policy.roster import Person
from triage.services import billing_lines
from triage.services import bookings as service
from triage.services.booking_texts import card_of, tell_technician
from triage.services.desk import Desk
from triage.store import bookings, sessions
from triage.store.engine import Transaction
from triage.store.models import BillableSession, Booking, InboundText

_COULD_BEGIN = timedelta(hours=1)


def answer(tx: Transaction, desk: Desk, person: Person, command: BookingCommand, now: datetime) -> str:
    """Do what the text says, and what is answered."""
    if command.number is None:
        found = [each for each in bookings.of_person(tx.session, person.id, now) if _could_begin(each, now)]
        if len(found) != 1:
            return words.which([name_of(each.id) for each in found])
        return _begin(tx, desk, person, found[0], now)
    booking = bookings.one(tx.session, command.number)
    if booking is None:
        return words.no_such(name_of(command.number))
    if command.word not in {BEGIN, "DONE"}:
        return words.only_these(name_of(booking.id))
    if booking.person_id != person.id:
        return words.not_yours(card_of(tx.session, booking, desk.roster(tx.session)))
    try:
        if command.word == BEGIN:
            return _begin(tx, desk, person, booking, now)
        return _done(tx, desk, person, booking, command, now)
    except Refused as error:
        return words.refused(str(error))


def _could_begin(booking: Booking, now: datetime) -> bool:
    return booking.state == BookingState.BOOKED and booking.starts_at - now <= _COULD_BEGIN


def _begin(tx: Transaction, desk: Desk, person: Person, booking: Booking, now: datetime) -> str:
    begun = service.start(tx, desk, booking.id, now, actor=f"person:{person.id}")
    card = card_of(tx.session, begun, desk.roster(tx.session))
    return words.begun(card, begun.started_at or now, now, desk.terms)


def _done(tx: Transaction, desk: Desk, person: Person, booking: Booking, command: BookingCommand, now: datetime) -> str:
    card = card_of(tx.session, booking, desk.roster(tx.session))
    if booking.state == BookingState.FINISHED and booking.session_id is not None:
        return _said(tx, card, tx.session.get_one(BillableSession, booking.session_id))
    if command.minutes is None and not service.is_length_known(booking, now):
        return words.how_long(card.name)
    took = service.Took(minutes=command.minutes)
    session = service.finish(tx, desk, booking.id, took, command.note, now, actor=f"person:{person.id}")
    return _said(tx, card, session)


def _said(tx: Transaction, card: words.BookingCard, session: BillableSession) -> str:
    amount = billing_lines.total(sessions.lines_of(tx.session, session.id))
    return words.finished(card, session.minutes or 0, amount, session.rate)


def pass_on(tx: Transaction, desk: Desk, text: InboundText, now: datetime, *, is_heard: bool) -> bool:
    """Tell its technician what came from the number of a booking, where `is_heard`; False where it is of none that is
    still to come or under way."""
    booking = bookings.of_phone(tx.session, text.from_number, now)
    if booking is None:
        return False
    tx.record("text_about_booking", at=now, actor="caller", booking=name_of(booking.id), message=text.message_sid,
              passed_on=is_heard)  # fmt: skip
    if is_heard:
        card = card_of(tx.session, booking, desk.roster(tx.session))
        tell_technician(tx, desk, booking, words.dealer_wrote(card, text.body), now)
    return True


def next_line(tx: Transaction, desk: Desk, person: Person, now: datetime) -> str:
    """Their next booking, or the one under way, in a line of LIST; empty where there is none."""
    found = next(iter(bookings.of_person(tx.session, person.id, now)), None)
    return words.line(card_of(tx.session, found, desk.roster(tx.session)), now, desk.terms) if found else ""
