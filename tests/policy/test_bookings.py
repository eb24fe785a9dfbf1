"""Sessions booked ahead: what may be booked, what it costs, what is done about it when (E3, E7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.dealers import eastern
from triage.errors import Refused
from triage.policy import booking_words as words
from triage.policy.booking_commands import BookingCommand, parse_booking
from triage.policy.booking_words import BookingCard
from triage.policy.bookings import (
    BookingEvent,
    BookingState,
    Slot,
    Step,
    check_free,
    check_product,
    check_slot,
    cost_of,
    may,
    next_booking_state,
    next_due_at,
    what_is_due,
)
from triage.policy.commands import RESERVED
from triage.policy.gsm7 import is_gsm7, segments
from triage.policy.hours import local
from triage.policy.session_price import Kind
from triage.policy.terms import ProductLine, Terms

SATURDAY, MONDAY = "2026-11-21", "2026-11-23"
SEVEN, EIGHT = eastern(SATURDAY, "19:00"), eastern(SATURDAY, "20:00")
BOOKED = Slot(BookingState.BOOKED, SEVEN, EIGHT)
ALLOWED = {
    BookingState.BOOKED: set(BookingEvent),
    BookingState.STARTED: {BookingEvent.FINISH, BookingEvent.CANCEL},
    BookingState.FINISHED: set(),
    BookingState.CANCELLED: set(),
    BookingState.MISSED: set(BookingEvent) - {BookingEvent.GIVE_UP},
}


@pytest.mark.parametrize("state", BookingState)
def test_a_booking_does_what_its_state_allows_and_nothing_else(state: BookingState) -> None:
    assert {event for event in BookingEvent if may(state, event)} == ALLOWED[state]
    for event in set(BookingEvent) - ALLOWED[state]:
        with pytest.raises(Refused, match=f"B7 is {state.value}: nothing was changed"):
            next_booking_state(7, state, event)


@pytest.mark.parametrize(
    ("day", "first", "last", "amount", "clauses"),
    [
        (SATURDAY, "19:00", "20:00", "247.50", ("E7", "W2", "R1")),
        (SATURDAY, "10:00", "11:30", "371.25", ("E7", "W4", "R1")),
        (MONDAY, "17:00", "17:30", "247.50", ("E7", "W2", "R1")),
        (MONDAY, "16:30", "17:30", "165.00", ("E7", "W1", "R2")),
        (MONDAY, "08:00", "08:15", "82.50", ("E7", "W1", "R2")),
        (MONDAY, "06:00", "09:00", "742.50", ("E7", "W3", "R1")),
    ],
)
def test_a_slot_costs_what_the_hour_at_which_it_begins_costs(
    terms: Terms, day: str, first: str, last: str, amount: str, clauses: tuple[str, ...]
) -> None:
    found = cost_of(Kind.CALL, "ucp", eastern(day, first), eastern(day, last), terms)

    assert str(found.amount) == amount
    assert set(found.clauses) - {"E7"} == set(clauses) - {"E7"}
    assert found.clauses[0] == "E7"
    assert amount in found.arithmetic


def test_an_owner_may_book_at_the_standard_rate(contract: Callable[[str], Terms]) -> None:
    mine = contract('bookings.outside = "standard"')

    assert str(cost_of(Kind.CALL, "ucp", SEVEN, EIGHT, mine).amount) == "165.00"


@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [
        (eastern(SATURDAY, "11:59"), SEVEN, "in the past. Take a time after 12:00 PM EST"),
        (eastern(SATURDAY, "12:00"), SEVEN, "in the past"),
        (SEVEN, SEVEN, "end before it begins"),
        (SEVEN, SEVEN + timedelta(hours=24, seconds=1), "lasts 24 hours at most"),
        (SEVEN + timedelta(days=365), SEVEN + timedelta(days=365, hours=1), "too far ahead"),
    ],
)
def test_what_is_no_slot_is_refused_with_how_to_mend_it(
    terms: Terms, starts: datetime, ends: datetime, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        check_slot(starts, ends, eastern(SATURDAY, "12:00"), terms)
    check_slot(SEVEN, SEVEN + timedelta(hours=24), eastern(SATURDAY, "12:00"), terms)


@pytest.mark.parametrize(
    ("product", "day", "first", "last", "why"),
    [
        ("server", SATURDAY, "19:00", "20:00", "Take a slot on a support day, from 8:00 AM to 5:00 PM"),
        ("server", MONDAY, "16:00", "17:01", "no support outside support hours"),
        ("server", MONDAY, "07:59", "09:00", "no support outside support hours"),
        ("server", MONDAY, "16:00", "17:00", None),
        ("discontinued", MONDAY, "10:00", "11:00", "no support for it any more"),
        ("unknown", SATURDAY, "19:00", "20:00", None),
    ],
)
def test_products_without_support_in_the_slot_are_refused(
    terms: Terms, product: ProductLine, day: str, first: str, last: str, why: str | None
) -> None:
    if why is None:
        check_product(product, eastern(day, first), eastern(day, last), terms)
        return
    with pytest.raises(Refused, match=why):
        check_product(product, eastern(day, first), eastern(day, last), terms)


def test_a_technician_is_in_one_slot_at_a_time() -> None:
    hour = timedelta(hours=1)
    taken = [(3, BOOKED), (4, Slot(BookingState.MISSED, EIGHT, EIGHT + hour))]

    with pytest.raises(Refused, match="has B3 at that time"):
        check_free(None, SEVEN - hour, SEVEN + timedelta(minutes=1), taken)
    check_free(None, SEVEN - hour, SEVEN, taken)
    check_free(None, EIGHT, EIGHT + hour, taken)
    check_free(3, SEVEN, EIGHT, taken)


def test_what_is_done_about_a_booking_nobody_begins(terms: Terms) -> None:
    at, seen = SEVEN - timedelta(days=2), []
    while (due := next_due_at(BOOKED, at, terms)) is not None:
        seen.append((due - SEVEN, what_is_due(BOOKED, due, due, terms)))
        at = due

    assert seen == [
        (timedelta(hours=-24), (Step.REMIND,)),
        (timedelta(minutes=-15), (Step.REMIND,)),
        (timedelta(minutes=5), (Step.ALERT,)),
        (timedelta(minutes=15), (Step.ALERT_MANAGERS,)),
        (timedelta(hours=2), (Step.GIVE_UP,)),
    ]
    begun = Slot(BookingState.STARTED, SEVEN, EIGHT)
    asked_at = EIGHT + timedelta(minutes=30)
    assert next_due_at(begun, SEVEN, terms) == asked_at
    assert what_is_due(begun, asked_at, asked_at, terms) == (Step.ASK,)


@pytest.mark.parametrize(
    ("day", "starts", "reminded"),
    [
        ("2026-11-22", "03:00", ["2026-11-20 17:00", "2026-11-22 02:45"]),
        ("2026-11-21", "22:00", ["2026-11-20 17:00", "2026-11-21 21:45"]),
        ("2026-11-21", "20:00", ["2026-11-20 17:00", "2026-11-21 19:45"]),
        ("2026-11-21", "19:59", ["2026-11-20 19:59", "2026-11-21 19:44"]),
        ("2026-11-24", "07:30", ["2026-11-22 17:00", "2026-11-24 07:15"]),
        ("2026-11-24", "08:00", ["2026-11-23 08:00", "2026-11-24 07:45"]),
    ],
)
def test_no_reminder_but_the_last_one_wakes_anybody(terms: Terms, day: str, starts: str, reminded: list[str]) -> None:
    begins = eastern(day, starts)
    slot = Slot(BookingState.BOOKED, begins, begins + timedelta(hours=1))

    at, seen = begins - timedelta(days=3), []
    while (due := next_due_at(slot, at, terms)) is not None and due < begins:
        seen.append(f"{local(due, terms):%Y-%m-%d %H:%M}")
        at = due

    assert seen == reminded


@given(late=st.integers(0, 60 * 40))
def test_whoever_looks_late_reminds_once_and_never_after_the_beginning(terms: Terms, late: int) -> None:
    since = SEVEN - timedelta(hours=24)
    now = since + timedelta(minutes=late)

    found = what_is_due(BOOKED, since, now, terms)

    assert len(found) == len(set(found))
    assert (Step.REMIND in found) == (now < SEVEN)
    if Step.GIVE_UP in found:
        assert found == (Step.GIVE_UP,)
    following = next_due_at(BOOKED, now, terms)
    assert following is None or following > now


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("BEGIN B12", BookingCommand("BEGIN", 12)),
        ("begin #b12.", BookingCommand("BEGIN", 12)),
        ("Begin", BookingCommand("BEGIN")),
        ("DONE B12 45 replaced the card", BookingCommand("DONE", 12, 45, "replaced the card")),
        ("done b12 1h30", BookingCommand("DONE", 12, 90)),
        ("DONE B12", BookingCommand("DONE", 12)),
        ("ACK B12", BookingCommand("ACK", 12)),
        ("DONE 1012 45 note", None),
        ("begin with the gateway", None),
        ("START B12", None),
        ("hello B12", None),
        ("", None),
        ("_done_ - b 12, - 40 _new_ card", BookingCommand("DONE", 12, 40, "_new_ card")),
        ("DONE B12 -40", BookingCommand("DONE", 12, None, "-40")),
        ("DONE B12th 40", None),
        ("DONE B12#5", None),
        ("DONE-B12 40", None),
        pytest.param("DONE" + " _" * 798 + "x", None, id="a text of air, which stood still for minutes"),
        pytest.param("DONE B12" + " -" * 796, BookingCommand("DONE", 12), id="air behind"),
    ],
)
def test_a_text_that_names_a_booking_is_about_it(body: str, meant: BookingCommand | None) -> None:
    assert parse_booking(body) == meant
    assert "BEGIN" not in RESERVED


@given(dealer=st.none() | st.text(max_size=120), product=st.sampled_from(["ucp", "discontinued", "unknown"]))
def test_texts_fit_two_segments_whatever_a_dealer_is_called(
    terms: Terms, dealer: str | None, product: ProductLine
) -> None:
    card = BookingCard(
        name="B123456",
        starts_at=eastern("2027-01-20", "22:45"),
        ends_at=eastern("2027-01-21", "01:15"),
        technician="Maximiliana",
        dealer=dealer,
        phone="+16145550199",
        product=product,
    )
    now, was = eastern("2026-12-30"), (SEVEN, EIGHT)
    texts = [
        words.made(card, now, terms),
        words.reminder(card, now, terms),
        words.not_begun(card, now, terms),
        words.not_begun_for_managers(card, now, terms),
        words.missed(card, now, terms, is_own=True),
        words.missed(card, now, terms, is_own=False),
        words.moved(card, was, now, terms),
        words.given_to(card),
        words.cancelled(card, now, terms),
        words.is_it_over(card),
        words.begun(card, card.starts_at, now, terms),
        words.made_for_dealer(card, now, terms),
        words.reminder_for_dealer(card, now, terms),
        words.moved_for_dealer(card, now, terms),
        words.cancelled_for_dealer(card, now, terms),
    ]

    assert not [text for text in texts if not is_gsm7(text) or segments(text) > 2 or text.count("\n") != 1]


def test_a_slot_over_a_change_of_clocks_names_both_hours(terms: Terms) -> None:
    starts, ends = eastern("2026-11-01", "00:30"), eastern("2026-11-01", "03:00")

    said = words.slot_in_words(starts, ends, eastern("2026-10-30"), terms)

    assert said == "Sun, Nov 1, 12:30 AM EDT to 3:00 AM EST"
    assert str(cost_of(Kind.CALL, "ucp", starts, ends, terms).amount) == "866.25"
