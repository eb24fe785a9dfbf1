"""Sessions booked ahead (E7): reminded, begun by text, billed; not begun, moved, cancelled; the scheduler away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import select

from tests.support.dealers import add_dealer, billed, eastern, jump
from tests.support.fixtures import DANA, LEE, MARIA, TEAM
from tests.support.world import CALLER, Build, World
from triage.errors import MovedOn, NotFound, Refused
from triage.services import bookings
from triage.services.booking_checks import NewBooking
from triage.store.models import BillingLine, Booking
from webhooks.simulator.phone_system import Behaviour

NOON = "2026-11-21T17:00:00"  # Saturday, EST
SEVEN = eastern("2026-11-21", "19:00")
HOUR = timedelta(hours=1)
SEEN: WeakKeyDictionary[World, dict[str, int]] = WeakKeyDictionary()


@pytest.fixture
def world(build_world: Build) -> World:
    return build_world(roster=TEAM, at=NOON)


def book(world: World, starts_at: datetime = SEVEN, **given: Any) -> int:
    new = NewBooking(**{"starts_at": starts_at, "ends_at": starts_at + HOUR, "person_id": "lee", "product": "ucp",
                        "phone": CALLER, **given})  # fmt: skip
    number = bookings.book(world.program.desk, new, world.now, actor="account:1")
    world.advance(seconds=1)
    return number


def answer(world: World, sender: str, body: str) -> str:
    return world.text(sender, body) or ""


def state(world: World, number: int = 1) -> tuple[str, datetime | None]:
    with world.program.desk.store.read() as session:
        booking = session.get_one(Booking, number)
        return booking.state, booking.next_due_at


def said(world: World, number: str) -> list[str]:
    """What we sent to a phone since it was asked last, but for answers to its own texts."""
    inbox = [m.body for m in world.phones.messages() if m.to == number and m.direction == "outbound-api"]
    seen = SEEN.setdefault(world, {})
    new, seen[number] = inbox[seen.get(number, 0) :], len(inbox)
    return new


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_session_booked_for_saturday_evening_is_reminded_begun_by_text_and_billed(world: World) -> None:
    acme = add_dealer(world)
    book(world, dealer_id=acme)

    assert said(world, LEE) == [
        (
            "B1 booked for you: Sat, Nov 21, 7:00 PM to 8:00 PM EST, Acme Telephone +16145550199, UCP.\n"
            "Reply BEGIN B1 when you start, DONE B1 <minutes> <note> after it."
        )
    ]
    assert said(world, CALLER) == [
        (
            "Technical support B1: Sat, Nov 21, 7:00 PM to 8:00 PM EST, with Lee.\n"
            "Billed at the after-hours rate, $247.50 per hour, at least 1 hour. Reply STOP for no texts."
        )
    ]
    assert world.text(LEE, "LIST") == "You have no open case.\nBooked: B1 7:00 PM EST Acme Telephone"
    world.at(SEVEN - timedelta(minutes=14))
    assert said(world, LEE)[-1].startswith("B1 in 15 minutes: Sat, Nov 21, 7:00 PM to 8:00 PM EST, Acme")
    assert said(world, CALLER)[0].startswith("Reminder: technical support B1, Sat, Nov 21, 7:00 PM to 8:00 PM EST")

    world.at(SEVEN + timedelta(minutes=2))
    assert world.text(LEE, "Begin b1") == (
        "B1 began 7:02 PM EST, Acme Telephone +16145550199, UCP.\nWhen it is over: DONE B1 <minutes> <note>"
    )
    assert answer(world, LEE, "BEGIN B1").startswith("B1 began 7:02 PM EST")
    assert world.text(DANA, "DONE B1 20") == "B1 is Lee's. Nothing was changed."
    assert answer(world, LEE, "NOTE B1 hello").startswith("B1 is a booking: reply BEGIN B1, or DONE B1")
    world.at(SEVEN + timedelta(minutes=40))
    assert answer(world, LEE, "DONE B1 900").startswith("B1 cannot have taken 900 min: it began 40 min ago")
    assert state(world)[0] == "started"
    finished = "B1 is finished: 38 min, $247.50 at the after-hours rate."
    assert world.text(LEE, "DONE B1 38 reset the trunk") == finished
    assert world.text(LEE, "DONE B1 38 reset the trunk") == finished

    assert state(world) == ("finished", None)
    assert billed(world) == [("after_hours", 60, "247.50")]
    with world.program.desk.store.read() as session:
        [line] = session.scalars(select(BillingLine)).all()
        assert {"E7", "R1"} <= {*line.clauses}
    world.advance(hours=24)
    assert said(world, CALLER) == []
    assert not [text for text in said(world, LEE) if "NOT BEGUN" in text]
    kinds = ["booking_made", "booking_reminded", "booking_begun", "booking_finished"]
    assert [len(world.entries(kind)) for kind in kinds] == [1, 1, 1, 1]


@pytest.mark.thorough
def test_a_session_that_nobody_begins_alerts_its_technician_then_managers_and_is_missed(world: World) -> None:
    book(world)
    since = SEVEN
    world.at(SEVEN + timedelta(hours=3))

    assert world.pages(since) == [
        "5:00 Lee call",
        "5:00 Lee sms",
        "15:00 Maria call",
        "15:00 Maria sms",
        "120:00 Lee sms",
        "120:00 Maria sms",
    ]
    assert said(world, LEE)[-2:] == [
        (
            "B1 NOT BEGUN: booked for 7:00 PM EST, +16145550199, UCP.\n"
            "Call them and reply BEGIN B1. Over already: DONE B1 <minutes> <note>"
        ),
        (
            "B1 MISSED: you did not begin. Booked for 7:00 PM EST, +16145550199, UCP.\n"
            "If you did it, reply DONE B1 <minutes> <note>"
        ),
    ]
    assert said(world, MARIA) == [
        (
            "B1 NOT BEGUN by Lee: booked for 7:00 PM EST, +16145550199, UCP.\n"
            "Lee was alerted. Call Lee, or move B1 to somebody else."
        ),
        (
            "B1 MISSED: Lee did not begin. Booked for 7:00 PM EST, +16145550199, UCP.\n"
            "No more alerts. Move B1 or cancel it in the console."
        ),
    ]
    assert state(world) == ("missed", None)
    world.clock.tick(timedelta(days=1))
    assert world.text(LEE, "BEGIN B1") == "B1 is booked for Sat 7:00 PM EST. Move it first if it begins now."
    assert world.text(LEE, "DONE B1 30 done at seven") == "B1 is finished: 30 min, $247.50 at the after-hours rate."


def test_an_alert_call_says_whose_session_waits(world: World) -> None:
    book(world, dealer_id=add_dealer(world))
    world.phones.set_behaviour(LEE, Behaviour.NORMAL)
    world.at(SEVEN + timedelta(minutes=6))

    [heard] = world.heard(LEE)
    assert heard == (
        "A support session that was booked with Lee for 7:00 PM EST has not begun. It is for Acme Telephone."
        " Their number: 6 1 4, 5 5 5, 0 1 9 9."
    )


@pytest.mark.thorough
def test_a_moved_session_is_reminded_at_its_new_time_and_its_old_technician_is_free(world: World) -> None:
    number = book(world)
    sunday = SEVEN + timedelta(days=1)
    bookings.move(world.program.desk, number, sunday, sunday + HOUR, "dana", world.now, actor="account:1")
    world.advance(seconds=1)

    assert said(world, LEE)[-1] == "B1 is with Dana now, +16145550199, UCP.\nNothing for you to do."
    assert said(world, DANA)[0].startswith("B1 booked for you: Sun, Nov 22, 7:00 PM to 8:00 PM EST")
    assert said(world, CALLER)[-1].startswith("Moved: technical support B1 is now Sun, Nov 22, 7:00 PM")
    bookings.move(world.program.desk, number, sunday + HOUR, sunday + 2 * HOUR, "dana", world.now, actor="account:1")
    world.advance(seconds=1)
    assert said(world, DANA) == [
        (
            "B1 moved to Sun, Nov 22, 8:00 PM to 9:00 PM EST, +16145550199, UCP.\n"
            "It was Sun, Nov 22, 7:00 PM to 8:00 PM EST."
        )
    ]
    assert world.text(LEE, "LIST") == "You have no open case."
    world.at(sunday + timedelta(minutes=50))
    assert not [page for page in world.pages(SEVEN - HOUR) if "Lee" in page]
    assert [text.split(":")[0] for text in said(world, DANA)] == ["B1 in 1 day 3 hours", "B1 in 15 minutes"]


def test_a_cancelled_session_is_quiet(world: World) -> None:
    number = book(world)
    bookings.cancel(world.program.desk, number, "the dealer is ill", world.now, actor="account:1")
    world.advance(seconds=1)
    assert said(world, LEE)[-1].startswith("B1 cancelled: Sat, Nov 21, 7:00 PM to 8:00 PM EST")
    assert said(world, CALLER)[-1].startswith("Cancelled: technical support B1, Sat, Nov 21")

    world.advance(hours=30)

    assert [*said(world, LEE), *said(world, CALLER), *said(world, MARIA)] == []
    assert state(world) == ("cancelled", None)
    assert world.text(LEE, "BEGIN B1") == "B1 is cancelled: nothing was changed."
    with pytest.raises(NotFound):
        bookings.cancel(world.program.desk, 99, "", world.now, actor="account:1")


@pytest.mark.thorough
def test_a_scheduler_that_was_away_sends_one_reminder_and_none_after_the_beginning(world: World) -> None:
    tomorrow = SEVEN + timedelta(days=1)
    book(world, starts_at=tomorrow)
    book(world, starts_at=SEVEN)
    said(world, LEE), said(world, CALLER)

    jump(world, (tomorrow - timedelta(minutes=10)).replace(tzinfo=None).isoformat())
    world.advance(seconds=1)

    texts = said(world, LEE)
    assert sorted(text.split(":")[0] for text in texts) == ["B1 in 10 minutes", "B2 MISSED"]
    assert [text.split(",")[0] for text in said(world, CALLER)] == ["Reminder: technical support B1"]
    jump(world, (tomorrow + timedelta(minutes=20)).replace(tzinfo=None).isoformat())
    world.advance(seconds=1)
    assert [text.split(":")[0] for text in said(world, LEE)] == ["B1 NOT BEGUN"]
    assert said(world, CALLER) == []


def test_a_reminder_that_cannot_go_out_before_the_beginning_does_not_go_out(world: World) -> None:
    book(world)
    world.at(SEVEN - timedelta(minutes=16))
    said(world, LEE)
    bookings.run_due(world.program.desk, SEVEN - timedelta(minutes=15))
    jump(world, (SEVEN + timedelta(minutes=1)).replace(tzinfo=None).isoformat())
    world.advance(seconds=1)

    assert said(world, LEE) == []


def test_a_dealer_who_opted_out_is_not_texted_and_a_technician_who_did_is_called(world: World) -> None:
    world.text(CALLER, "STOP")
    book(world)
    world.text(LEE, "STOP")
    world.at(SEVEN - timedelta(minutes=1))

    assert said(world, CALLER) == []
    assert world.pages(SEVEN - HOUR, to=LEE) == ["45:00 Lee call"]
    book(world, SEVEN + 3 * HOUR, phone=DANA, person_id="maria")
    assert said(world, DANA) == []


def test_an_owner_may_keep_dealers_untexted_and_alert_by_text_only(build_world: Build) -> None:
    world = build_world(
        roster=TEAM, at=NOON, policy='[bookings]\ndealer_texts = false\nremind = []\nalert_by = ["sms"]'
    )
    book(world)
    world.at(SEVEN + timedelta(minutes=20))

    assert said(world, CALLER) == []
    assert world.pages(SEVEN - 2 * HOUR) == ["125:00 Lee sms", "135:00 Maria sms"]


@pytest.mark.thorough
def test_whoever_began_is_asked_once_whether_it_is_over(world: World) -> None:
    book(world)
    world.at(SEVEN)
    assert answer(world, LEE, "BEGIN").startswith("B1 began 7:00 PM EST")
    assert world.text(DANA, "BEGIN") == "You have no booking that could begin now. Reply LIST for your next one."
    said(world, LEE)
    world.at(SEVEN + 4 * HOUR)

    assert said(world, LEE) == ["B1: is it over? +16145550199, UCP.\nReply DONE B1 <minutes> <note>"]
    assert world.text(LEE, "DONE B1") == "How many minutes did B1 take? Reply DONE B1 <minutes> <note>"
    assert answer(world, LEE, "DONE B1 75").startswith("B1 is finished: 75 min, $371.25")


def test_what_cannot_be_booked_is_refused_and_nothing_is_kept(world: World) -> None:
    acme = add_dealer(world)
    book(world, dealer_id=acme)
    for given, why in [
        ({}, "has B1 at that time"),
        ({"person_id": "nobody"}, "not on the roster"),
        ({"phone": None, "person_id": "dana"}, "a dealer, or a telephone number"),
        ({"phone": "+19005550123", "person_id": "dana"}, "We do not call"),
        ({"dealer_id": 99, "person_id": "dana"}, "That dealer is not there"),
        ({"dealer_id": acme, "site_id": 7, "person_id": "dana"}, "That site is not the dealer's"),
        ({"product": "server", "person_id": "dana"}, "no support outside support hours"),
        ({"product": "discontinued", "person_id": "dana"}, "no support for it any more"),
    ]:
        with pytest.raises(Refused, match=why):
            book(world, **given)  # type: ignore[arg-type]
    with pytest.raises(MovedOn):
        bookings.cancel(world.program.desk, 1, "", world.now, actor="account:1", seen=99)
    with world.program.desk.store.read() as session:
        assert len(session.scalars(select(Booking)).all()) == 1


@pytest.mark.thorough
def test_what_the_dealer_answers_reaches_the_technician(world: World) -> None:
    book(world)
    said(world, LEE)

    assert world.text(CALLER, "can we make it 8?") is None
    world.advance(seconds=1)

    assert said(world, LEE) == ["B1: +16145550199 wrote: can we make it 8?\nAnswer by a call."]
    bookings.cancel(world.program.desk, 1, "", world.now, actor="account:1")
    world.text(CALLER, "thanks")
    world.advance(seconds=1)
    assert [text.split(":")[0] for text in said(world, LEE)] == ["B1 cancelled"]
