"""Sessions booked ahead of time (E7): what may be booked, what it will cost, and what is done about it when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from triage.errors import Refused
from triage.policy.hours import instant, local, window_at
from triage.policy.lengths import billed_minutes
from triage.policy.pricing import hourly_rate
from triage.policy.session_price import Kind, Work, lines_for
from triage.policy.speech import span_in_words
from triage.policy.term_words import PRODUCT_WORDS, RATE_WORDS
from triage.policy.terms import Product, ProductLine, Terms
from triage.policy.wording import wall_clock
from triage.policy.work import rate_of


class BookingState(StrEnum):
    BOOKED = "booked"
    STARTED = "started"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    MISSED = "missed"  # nobody began, for longer than the policy waits


class BookingEvent(StrEnum):
    MOVE = "move"
    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"
    GIVE_UP = "give up"


_NEXT = {
    (BookingState.BOOKED, BookingEvent.MOVE): BookingState.BOOKED,
    (BookingState.BOOKED, BookingEvent.START): BookingState.STARTED,
    (BookingState.BOOKED, BookingEvent.FINISH): BookingState.FINISHED,
    (BookingState.BOOKED, BookingEvent.CANCEL): BookingState.CANCELLED,
    (BookingState.BOOKED, BookingEvent.GIVE_UP): BookingState.MISSED,
    (BookingState.STARTED, BookingEvent.FINISH): BookingState.FINISHED,
    (BookingState.STARTED, BookingEvent.CANCEL): BookingState.CANCELLED,
    (BookingState.MISSED, BookingEvent.MOVE): BookingState.BOOKED,
    (BookingState.MISSED, BookingEvent.START): BookingState.STARTED,
    (BookingState.MISSED, BookingEvent.FINISH): BookingState.FINISHED,
    (BookingState.MISSED, BookingEvent.CANCEL): BookingState.CANCELLED,
}

BLOCKING = (BookingState.BOOKED, BookingState.STARTED)
"""States in which a slot keeps its technician from others."""


KINDS = (Kind.CALL, Kind.INSTALLATION)
"""What may be booked: work by telephone. Days are planned by hand, and recorded when they are over (R4, R5, R7)."""


def name_of(number: int) -> str:
    """What people call a booking: `B12`."""
    return f"B{number}"


def may(state: BookingState, event: BookingEvent) -> bool:
    return (state, event) in _NEXT


def next_booking_state(number: int, state: BookingState, event: BookingEvent) -> BookingState:
    """What becomes of a booking. Raises Refused where it cannot do that any more."""
    if not may(state, event):
        raise Refused(f"{name_of(number)} is {state.value}: nothing was changed.")
    return _NEXT[state, event]


class Step(StrEnum):
    """What the program does about a booking by itself."""

    REMIND = "remind"
    ALERT = "alert"
    ALERT_MANAGERS = "alert managers"
    GIVE_UP = "give up"
    ASK = "ask"  # it began, and nobody has said since that it is over


@dataclass(frozen=True, slots=True)
class Slot:
    """When somebody is booked: [starts_at, ends_at), and how that stands."""

    state: BookingState
    starts_at: datetime
    ends_at: datetime


def next_due_at(slot: Slot, after: datetime, terms: Terms) -> datetime | None:
    """The first instant later than `after` at which something is to be done; None where nothing is any more."""
    return min((at for at, _ in _steps(slot, terms) if at > after), default=None)


def what_is_due(slot: Slot, since: datetime, now: datetime, terms: Terms) -> tuple[Step, ...]:
    """What fell due in [since, now], each once, in its order: of reminders that were missed one is enough.

    Nobody is reminded of what should have begun, nor alerted about what is given up.
    """
    found = dict.fromkeys(step for at, step in sorted(_steps(slot, terms)) if since <= at <= now)
    if slot.starts_at <= now:
        found.pop(Step.REMIND, None)
    return (Step.GIVE_UP,) if Step.GIVE_UP in found else tuple(found)


def _steps(slot: Slot, terms: Terms) -> Iterator[tuple[datetime, Step]]:
    rules = terms.bookings
    if slot.state is BookingState.BOOKED:
        for before in rules.remind:
            at = slot.starts_at - before
            yield at if before == min(rules.remind) else _awake(at, terms), Step.REMIND
        yield slot.starts_at + rules.alert_after, Step.ALERT
        yield slot.starts_at + rules.managers_after, Step.ALERT_MANAGERS
        yield slot.starts_at + rules.give_up_after, Step.GIVE_UP
    elif slot.state is BookingState.STARTED:
        yield slot.ends_at + rules.ask_after, Step.ASK


def _awake(at: datetime, terms: Terms) -> datetime:
    """The instant itself; for one of the overnight window (W3), the end of support hours before that night."""
    if window_at(at, terms) != "overnight":
        return at
    day, evening = local(at, terms).date(), min(terms.hours.closes, terms.windows.overnight.starts)
    before = instant(day, evening, terms)
    return before if before < at else instant(day - timedelta(days=1), evening, terms)


def check_slot(starts_at: datetime, ends_at: datetime, now: datetime, terms: Terms) -> None:
    """Raises Refused, with how to mend it, where this is no slot that can be booked now."""
    rules = terms.bookings
    if starts_at <= now:
        raise Refused(f"That is in the past. Take a time after {wall_clock(now, now, terms)}.")
    if ends_at <= starts_at:
        raise Refused("It would end before it begins. Take a later end.")
    if ends_at - starts_at > rules.longest:
        raise Refused(f"A slot lasts {span_in_words(rules.longest)} at most. Book the rest as another one.")
    if starts_at - now > rules.ahead:
        raise Refused(f"That is too far ahead: a slot begins within {span_in_words(rules.ahead)}.")


def check_product(product: ProductLine, starts_at: datetime, ends_at: datetime, terms: Terms) -> None:
    """Raises Refused, with the reason, where the product gets no support in the slot (E3)."""
    rule: Product = getattr(terms.products, product)
    words = PRODUCT_WORDS[product] or "This product"
    if not rule.supported:
        raise Refused(f"{words}: there is no support for it any more (E3).")
    if rule.after_hours == "defer" and not _is_within_support_hours(starts_at, ends_at, terms):
        hours = f"{terms.hours.opens:%-I:%M %p} to {terms.hours.closes:%-I:%M %p}"
        raise Refused(
            f"{words} products get no support outside support hours (E3). Take a slot on a support day, from {hours}."
        )


def check_free(number: int | None, starts_at: datetime, ends_at: datetime, others: Sequence[tuple[int, Slot]]) -> None:
    """Raises Refused where the technician has another booking in the slot; `others` are theirs by number."""
    for other, slot in others:
        if other != number and slot.state in BLOCKING and slot.starts_at < ends_at and starts_at < slot.ends_at:
            raise Refused(f"The technician has {name_of(other)} at that time. Take another time or person.")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a slot will cost if it takes as long as it was booked for, before credits and prepaid hours."""

    rate: str
    amount: Decimal
    clauses: tuple[str, ...]
    arithmetic: str


def cost_of(kind: Kind, product: ProductLine, starts_at: datetime, ends_at: datetime, terms: Terms) -> Cost:
    """By the window in which the slot begins, also where it runs past that window's edge (W6)."""
    window, rate = window_at(starts_at, terms), rate_of(kind, starts_at, None, terms, is_booked=True)
    minutes = billed_minutes(ends_at - starts_at)
    work = Work(kind=kind, window=window, product=product, rate=rate, is_billable=True, minutes=minutes, is_booked=True)
    lines = lines_for(work, None, terms)
    clauses = dict.fromkeys(("E7", *(clause for line in lines for clause in line.clauses)))
    amount = sum((line.amount for line in lines), Decimal("0.00"))
    return Cost(rate, amount, tuple(clauses), "; ".join(line.arithmetic for line in lines))


def rate_in_words(rate: str, terms: Terms) -> str:
    """`after-hours rate, $247.50 an hour, at least 1 hour`."""
    card = hourly_rate(rate, terms)
    per = span_in_words(card.per).removeprefix("1 ")
    return f"{RATE_WORDS[rate]}, ${card.price:.2f} per {per}, at least {span_in_words(card.minimum)}"


def _is_within_support_hours(starts_at: datetime, ends_at: datetime, terms: Terms) -> bool:
    closes_at = instant(local(starts_at, terms).date(), terms.hours.closes, terms)
    return window_at(starts_at, terms) == "support_hours" and ends_at <= closes_at
