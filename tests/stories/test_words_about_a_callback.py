"""What a technician reads about a callback that runs through us: one text that is right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fixtures import LEE
from tests.support.world import CALLER, World
from webhooks.simulator.faults import Webhook
from webhooks.simulator.phone_system import Behaviour
from webhooks.simulator.records import Call

NOT_PLACED = (
    "{0}: we could not ring you: it was not placed within 3 minutes. Reply CALL {0} to try again, or call {1} yourself."
)
MET = "1001: 45 s on the phone, promise met. Reply DONE 1001"


@pytest.fixture
def called(world: World) -> World:
    """Lee has asked to be put through; the caller picks up, talks for 45 seconds, and hangs up this very second."""
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", talks_for=45)
    world.phones.set_keys(LEE, "1")
    world.text(LEE, "CALL")
    while not (leg := leg_of(world)) or leg.ended_at is None:
        world.advance(seconds=1)
    return world


def leg_of(world: World) -> Call | None:
    """The caller's leg, once it is dialled."""
    return next((call for call in world.phones.calls() if call.direction == "outbound-dial"), None)


def words_after_the_call(world: World) -> list[str]:
    return [body for body in world.bodies(LEE) if "promise met" in body or "attempt on record" in body]


@pytest.mark.thorough
def test_nothing_is_told_before_the_technician_could_say_that_it_was_a_voicemail_box(called: World) -> None:
    assert called.case()["callback_basis"] == "measured"
    assert words_after_the_call(called) == []

    called.advance(seconds=20)

    [told] = words_after_the_call(called)
    assert told.startswith(MET)


@pytest.mark.thorough
def test_words_come_half_a_minute_after_the_call_where_its_end_is_not_reported(called: World) -> None:
    called.phones.faults.drop.add(Webhook.CALL_STATUS)

    called.advance(seconds=25)
    before = words_after_the_call(called)
    called.advance(seconds=10)

    assert before == []
    assert [told.startswith(MET) for told in words_after_the_call(called)] == [True]


@pytest.mark.thorough
def test_voicemail_box_that_is_said_by_text_first_is_not_followed_by_a_promise_met(called: World) -> None:
    answer = called.text(LEE, "TRIED")
    called.advance(minutes=2)

    assert (answer or "").startswith("1001: attempt on record, proven by the phone network")
    assert [told for told in words_after_the_call(called) if "promise met" in told] == []
    called.phones.set_keys(LEE, "1")
    called.text(LEE, "CALL")
    called.advance(minutes=3)
    assert words_after_the_call(called)[-1].startswith(MET)


def test_call_that_the_phone_system_did_not_place_is_told_of_and_never_comes_later(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.faults.fail_500, world.phones.faults.fail_reads = 1, 1_000

    world.text(LEE, "CALL")
    world.advance(minutes=15)

    assert world.phones.phone(LEE).calls == ()
    assert world.bodies(LEE)[-1] == NOT_PLACED.format("1001", CALLER)


@pytest.mark.thorough
def test_call_that_waits_too_long_for_the_end_of_another_is_told_of(called: World) -> None:
    called.voicemail("+12125550101", attested=True)
    called.phones.add_phone(CALLER, "Caller", talks_for=600)
    called.text(LEE, "CALL 1001")
    called.advance(seconds=30)

    called.text(LEE, "CALL 1002")
    called.advance(minutes=4)

    assert called.bodies(LEE)[-1] == NOT_PLACED.format("1002", "+12125550101")


@pytest.mark.thorough
def test_call_that_waits_is_asked_for_twice_and_rings_once(world: World) -> None:
    world.voicemail(emergency=True, attested=True)
    world.phones.faults.drop.add(Webhook.CALL_STATUS)
    world.phones.add_phone(CALLER, "Caller", talks_for=10)
    world.phones.add_phone(LEE, "Lee", will_press="1")

    world.text(LEE, "CALL 1001")
    world.advance(seconds=70)
    answer = world.text(LEE, "CALL 1001")
    world.advance(minutes=5)

    assert answer == "1001: your phone rings as soon as it is free. Pick up and press 1."
    assert len([call for call in world.phones.phone(LEE).calls if "Press 1 to call back" in " ".join(call.heard)]) == 1


@pytest.mark.thorough
def test_call_of_unknown_outcome_that_was_picked_up_is_not_placed_again(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", talks_for=300)
    world.phones.set_keys(LEE, "1")
    world.phones.faults.accept_then_hang, world.phones.faults.lists_lag = 1, timedelta(minutes=2)
    world.phones.faults.drop.add(Webhook.CALL_STATUS)

    world.text(LEE, "CALL")
    world.advance(minutes=8)

    assert len(world.phones.phone(LEE).calls) == 1
    assert [told[:31] for told in words_after_the_call(world)] == ["1001: 5 min 00 s on the phone, "]


def test_every_call_that_does_not_reach_its_technician_is_told_of(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(LEE, Behaviour.BUSY)

    for _ in range(2):
        world.text(LEE, "CALL 1001")
        world.advance(minutes=5)

    assert sum("we could not ring you: the line was busy" in body for body in world.bodies(LEE)) == 2
