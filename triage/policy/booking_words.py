"""What people read about sessions booked ahead: technicians, managers, dealers.

Plain GSM-7, two segments at the most; times on the wall clock of the contract with EDT or EST.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from triage.policy.bookings import rate_in_words
from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.hours import local
from triage.policy.lengths import in_two_units
from triage.policy.on_call_words import day_in_words
from triage.policy.session_price import Kind
from triage.policy.speech import digits
from triage.policy.term_words import PRODUCT_WORDS, RATE_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.wording import wall_clock
from triage.policy.work import rate_of

STATE_WORDS = {
    "booked": "booked",
    "started": "under way",
    "finished": "finished",
    "cancelled": "cancelled",
    "missed": "missed: nobody began",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCard:
    """What texts say of a booking. `technician` is a first name."""

    name: str
    starts_at: datetime
    ends_at: datetime
    technician: str
    dealer: str | None
    phone: str | None
    product: ProductLine
    kind: Kind = Kind.CALL


def slot_in_words(starts_at: datetime, ends_at: datetime, now: datetime, terms: Terms) -> str:
    """`Sat, Nov 21, 7:00 PM to 8:00 PM EST`; the year where it is another one."""
    begins, ends = local(starts_at, terms), local(ends_at, terms)
    year = "" if begins.year == local(now, terms).year else f" {begins.year}"
    is_same_day, is_same_zone = begins.date() == ends.date(), begins.tzname() == ends.tzname()
    first = f"{day_in_words(begins.date())}{year}, {_clock(begins)}" + ("" if is_same_zone else f" {begins:%Z}")
    last = _clock(ends) if is_same_day else f"{day_in_words(ends.date())}, {_clock(ends)}"
    return f"{first} to {last} {ends:%Z}"


def _clock(here: datetime) -> str:
    return f"{here.hour % 12 or 12}:{here:%M} {here:%p}"


def made(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"{card.name} booked for you: {slot_in_words(card.starts_at, card.ends_at, now, terms)}, {_whom(card)}.",
        f"Reply BEGIN {card.name} when you start, DONE {card.name} <minutes> <note> after it.",
    )


def reminder(card: BookingCard, now: datetime, terms: Terms) -> str:
    left = in_two_units(card.starts_at - now)
    return _text(
        f"{card.name} in {left}: {slot_in_words(card.starts_at, card.ends_at, now, terms)}, {_whom(card)}.",
        f"Reply BEGIN {card.name} when you start.",
    )


def not_begun(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"{card.name} NOT BEGUN: booked for {wall_clock(card.starts_at, now, terms)}, {_whom(card)}.",
        f"Call them and reply BEGIN {card.name}. Over already: DONE {card.name} <minutes> <note>",
    )


def not_begun_spoken(card: BookingCard, now: datetime, terms: Terms) -> str:
    """The same to the ear."""
    number = f" Their number: {digits(card.phone)}." if card.phone else ""
    return (
        f"A support session that was booked with {card.technician} for {wall_clock(card.starts_at, now, terms)}"
        f" has not begun.{f' It is for {card.dealer}.' if card.dealer else ''}{number}"
    )


def not_begun_for_managers(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"{card.name} NOT BEGUN by {card.technician}: booked for {wall_clock(card.starts_at, now, terms)},"
        f" {_whom(card)}.",
        f"{card.technician} was alerted. Call {card.technician}, or move {card.name} to somebody else.",
    )


def missed(card: BookingCard, now: datetime, terms: Terms, *, is_own: bool) -> str:
    ask = (
        f"If you did it, reply DONE {card.name} <minutes> <note>"
        if is_own
        else f"No more alerts. Move {card.name} or cancel it in the console."
    )
    who = "you" if is_own else card.technician
    return _text(
        f"{card.name} MISSED: {who} did not begin. Booked for {wall_clock(card.starts_at, now, terms)}, {_whom(card)}.",
        ask,
    )


def moved(card: BookingCard, was: tuple[datetime, datetime], now: datetime, terms: Terms) -> str:
    return _text(
        f"{card.name} moved to {slot_in_words(card.starts_at, card.ends_at, now, terms)}, {_whom(card)}.",
        f"It was {slot_in_words(*was, now, terms)}.",
    )


def given_to(card: BookingCard) -> str:
    """What whoever had a booking hears when it went to somebody else."""
    return _text(f"{card.name} is with {card.technician} now, {_whom(card)}.", "Nothing for you to do.")


def cancelled(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"{card.name} cancelled: {slot_in_words(card.starts_at, card.ends_at, now, terms)}, {_whom(card)}.",
        "Nothing for you to do.",
    )


def is_it_over(card: BookingCard) -> str:
    return _text(f"{card.name}: is it over? {_whom(card)}.", f"Reply DONE {card.name} <minutes> <note>")


def begun(card: BookingCard, at: datetime, now: datetime, terms: Terms) -> str:
    """The answer to BEGIN."""
    return _text(
        f"{card.name} began {wall_clock(at, now, terms)}, {_whom(card)}.",
        f"When it is over: DONE {card.name} <minutes> <note>",
    )


def finished(card: BookingCard, minutes: int, amount: Decimal | None, rate: str) -> str:
    """The answer to DONE."""
    price = f", ${amount:.2f} at the {RATE_WORDS[rate]}" if amount is not None else ", not billed"
    return to_gsm7(f"{card.name} is finished: {minutes} min{price}.")


def line(card: BookingCard, now: datetime, terms: Terms) -> str:
    """The next booking in LIST."""
    dealer = f" {one_line(card.dealer, 20)}" if card.dealer else ""
    return to_gsm7(f"Booked: {card.name} {wall_clock(card.starts_at, now, terms)}{dealer}")


def how_long(name: str) -> str:
    return f"How many minutes did {name} take? Reply DONE {name} <minutes> <note>"


def not_yours(card: BookingCard) -> str:
    return to_gsm7(f"{card.name} is {card.technician}'s. Nothing was changed.")


def no_such(name: str) -> str:
    return f"There is no booking {name}. Reply LIST for your next one."


def refused(why: str) -> str:
    return to_gsm7(one_line(why, 300))


def which(names: list[str]) -> str:
    """The answer to BEGIN without a name, where none or several could be meant."""
    if not names:
        return "You have no booking that could begin now. Reply LIST for your next one."
    return f"Which booking? Reply BEGIN and one of {', '.join(names[:8])}."


def only_these(name: str) -> str:
    """The answer to a command that bookings do not know."""
    return f"{name} is a booking: reply BEGIN {name}, or DONE {name} <minutes> <note>. Nothing was changed."


def dealer_wrote(card: BookingCard, body: str) -> str:
    """What somebody texted from the number of a booking."""
    return to_gsm7(f"{card.name}: {card.phone} wrote: {one_line(body, 200)}\nAnswer by a call.")


def made_for_dealer(card: BookingCard, now: datetime, terms: Terms) -> str:
    rate = rate_in_words(rate_of(card.kind, card.starts_at, None, terms, is_booked=True), terms)
    return _text(
        f"Technical support {card.name}: {slot_in_words(card.starts_at, card.ends_at, now, terms)},"
        f" with {card.technician}.",
        f"Billed at the {rate}. Reply STOP for no texts.",
    )


def reminder_for_dealer(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"Reminder: technical support {card.name}, {slot_in_words(card.starts_at, card.ends_at, now, terms)},"
        f" with {card.technician}.",
        "Reply STOP for no texts.",
    )


def moved_for_dealer(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"Moved: technical support {card.name} is now {slot_in_words(card.starts_at, card.ends_at, now, terms)},"
        f" with {card.technician}.",
        "Reply STOP for no texts.",
    )


def cancelled_for_dealer(card: BookingCard, now: datetime, terms: Terms) -> str:
    return _text(
        f"Cancelled: technical support {card.name}, {slot_in_words(card.starts_at, card.ends_at, now, terms)}.",
        "Reply STOP for no texts.",
    )


def _whom(card: BookingCard) -> str:
    product = PRODUCT_WORDS[card.product]
    dealer = one_line(card.dealer, 30) if card.dealer else None
    return ", ".join(part for part in (" ".join(filter(None, (dealer, card.phone))), product) if part)


def _text(first: str, second: str) -> str:
    return to_gsm7(f"{first}\n{second}")
