"""Who is told what about a booking: its technician, managers, and the dealer by SMS.

Texts are planned here and sent by dispatch.py; whether one still goes is asked again when it is about to go out. A text
to a dealer is never repeated, and its failure wakes nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from triage.policy import booking_words as words
from triage.policy.booking_words import BookingCard
from triage.policy.bookings import name_of
from triage.policy.caller_texts import why_never
from triage.policy.delivery import DeliveryState
from triage.policy.fields import Channel
from triage.policy.roster import Person, Roster
from triage.policy.session_price import Kind
from triage.policy.terms import ProductLine
from triage.services.alerts import notify, summons_for
from triage.services.desk import Desk
from triage.store import Session, blocks, deliveries
from triage.store.engine import Transaction
from triage.store.models import Booking, Dealer, Delivery

Said = dict[Channel, str]
"""What each channel says."""


def card_of(session: Session, booking: Booking, roster: Roster) -> BookingCard:
    """What texts say of a booking."""
    person = roster.person(booking.person_id)
    dealer = session.get(Dealer, booking.dealer_id) if booking.dealer_id is not None else None
    return BookingCard(
        name=name_of(booking.id),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        technician=person.first_name if person else booking.person_id,
        dealer=dealer.name if dealer else None,
        phone=booking.phone,
        product=cast("ProductLine", booking.product),
        kind=Kind(booking.kind),
    )


def tell_technician(
    tx: Transaction, desk: Desk, booking: Booking, text: str, now: datetime, *, good_until: datetime | None = None
) -> bool:
    """A text to whoever is booked; False where none reaches them."""
    person = desk.roster(tx.session).person(booking.person_id)
    return bool(person) and _tell(tx, booking, [person], {"sms": text}, now, good_until)


def tell_person(tx: Transaction, booking: Booking, person: Person, text: str, now: datetime) -> None:
    _tell(tx, booking, [person], {"sms": text}, now)


def alert_technician(tx: Transaction, desk: Desk, booking: Booking, now: datetime) -> bool:
    """That nobody has begun, by what the policy names; False where nothing reaches them."""
    roster, terms = desk.roster(tx.session), desk.terms_of(tx.session, booking.policy)
    person, card = roster.person(booking.person_id), card_of(tx.session, booking, roster)
    said: Said = {"sms": words.not_begun(card, now, terms), "voice": words.not_begun_spoken(card, now, terms)}
    return bool(person) and _tell(tx, booking, [person], _by(said, terms.bookings.alert_by), now)


def alert_managers(tx: Transaction, desk: Desk, booking: Booking, now: datetime) -> None:
    """That nobody has begun, to those in charge; the technician has heard it."""
    roster, terms = desk.roster(tx.session), desk.terms_of(tx.session, booking.policy)
    card = card_of(tx.session, booking, roster)
    said: Said = {
        "sms": words.not_begun_for_managers(card, now, terms),
        "voice": words.not_begun_spoken(card, now, terms),
    }
    _tell(tx, booking, _others(roster, booking), _by(said, terms.bookings.alert_by), now)


def say_missed(tx: Transaction, desk: Desk, booking: Booking, now: datetime) -> None:
    """The last word to technician and managers."""
    roster, terms = desk.roster(tx.session), desk.terms_of(tx.session, booking.policy)
    card = card_of(tx.session, booking, roster)
    tell_technician(tx, desk, booking, words.missed(card, now, terms, is_own=True), now)
    said: Said = {"sms": words.missed(card, now, terms, is_own=False)}
    _tell(tx, booking, _others(roster, booking), said, now)


def tell_dealer(
    tx: Transaction, desk: Desk, booking: Booking, text: str, now: datetime, *, good_until: datetime | None = None
) -> bool:
    """A text to the phone of the booking, where the policy lets dealers be texted and that number be; else False."""
    if booking.phone is None or _why_not_dealer(tx, desk, booking, booking.phone) is not None:
        return False
    tx.session.add(
        Delivery(
            person_id=None,
            phone=booking.phone,
            channel="sms",
            body=text,
            state=DeliveryState.PLANNED.value,
            is_held=False,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
            booking_id=booking.id,
            good_until=good_until,
        )
    )
    return True


def drop_unsent(tx: Transaction, booking: Booking) -> None:
    """What was planned to be said of a booking says it no more: it has changed."""
    for row in deliveries.unsent_of_booking(tx.session, booking.id):
        row.state, row.next_attempt_at = DeliveryState.DROPPED.value, None
        row.reason = "the booking changed"


def why_not_sent(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> str | None:
    """Why a planned text about a booking does not go out after all; None where it goes."""
    if row.good_until is not None and now >= row.good_until:
        return "it came too late to be of use"
    if row.person_id is not None:
        return None
    return _why_not_dealer(tx, desk, tx.session.get_one(Booking, row.booking_id), row.phone)


def _why_not_dealer(tx: Transaction, desk: Desk, booking: Booking, phone: str) -> str | None:
    terms = desk.terms_of(tx.session, booking.policy)
    if not terms.bookings.dealer_texts:
        return "the policy has no texts to dealers"
    return why_never(
        phone,
        is_on_roster=desk.roster(tx.session).person_with_phone(phone) is not None,
        is_opted_out=blocks.is_blocked(tx.session, phone, "sms"),
        terms=terms,
    )


def _others(roster: Roster, booking: Booking) -> list[Person]:
    return [person for person in roster.in_charge() if person.id != booking.person_id]


def _by(said: Said, channels: Iterable[Channel]) -> Said:
    return {channel: said[channel] for channel in dict.fromkeys(channels)}


def _tell(
    tx: Transaction,
    booking: Booking,
    people: Iterable[Person | None],
    said: Said,
    now: datetime,
    good_until: datetime | None = None,
) -> bool:
    """Plan for each person what each channel says; True where anything goes to anybody.

    Whom only another channel reaches gets the same words by that.
    """
    is_told = False
    for summons in summons_for(tx, [person for person in people if person], tuple(said)):
        for channel in summons.channels:
            text = said.get(channel) or next(iter(said.values()))
            row = notify(tx, summons.person, channel, text, now=now)
            row.booking_id, row.good_until, is_told = booking.id, good_until, True
    return is_told
