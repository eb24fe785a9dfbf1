"""What became of a call to the caller, where the phone system's list says so late, or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.callbacks import call_back, legs, second
from tests.support.fixtures import LEE
from tests.support.world import CALLER, World
from webhooks.simulator.phone_system import Behaviour


def lose_webhooks_while_the_caller_rings(world: World) -> None:
    """Lee is put through; from the moment on that the caller's phone rings nothing reaches us."""
    world.phones.set_keys(LEE, "1")
    world.text(LEE, "CALL")
    while not legs(world):
        world.advance(seconds=1)
    world.phones.faults.drop_webhooks = True


def test_conversation_that_the_list_holds_late_is_the_callback_all_the_same(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", talks_for=40)
    world.phones.faults.lists_lag = timedelta(minutes=5)

    lose_webhooks_while_the_caller_rings(world)
    world.advance(minutes=10)

    [leg] = legs(world)
    [bridge] = world.case()["bridges"]
    assert (bridge["outcome"], bridge["seconds"]) == ("connected", 40)
    assert (world.case()["callback_basis"], world.case()["callback_made_at"]) == ("measured", second(leg.started_at))
    assert "on the phone, promise met" in world.bodies(LEE)[-1]


@pytest.mark.thorough
def test_leg_that_the_list_never_ends_frees_its_case_and_its_phone_when_no_call_can_last_so_long(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", talks_for=40)
    lose_webhooks_while_the_caller_rings(world)
    world.advance(minutes=1)
    [leg] = legs(world)
    world.phones.exchange.calls[leg.sid] = replace(leg, status="in-progress", ended_at=None)

    world.advance(hours=2, minutes=20)

    [bridge] = world.case()["bridges"]
    world.phones.faults.drop_webhooks = False
    assert (bridge["outcome"], world.case()["callback_basis"]) == ("lost", "measured")
    assert world.text(LEE, "DONE 1001 5") == "1001 is closed: 5 min, after-hours rate, $247.50."


@pytest.mark.thorough
def test_attempt_before_the_deadline_that_is_told_of_last_makes_no_promise_of_one_after_it(world: World) -> None:
    world.voicemail(attested=True)
    due = world.case()["callback_due"]
    world.at(due - timedelta(minutes=5))
    world.phones.add_phone(CALLER, "Caller", Behaviour.BUSY)
    world.phones.faults.lists_lag = timedelta(minutes=15)
    lose_webhooks_while_the_caller_rings(world)
    world.advance(minutes=1)
    world.phones.faults.drop_webhooks = False
    world.at(due + timedelta(minutes=6))
    call_back(world)
    world.advance(minutes=10)

    case, [first, last] = world.case(), legs(world)
    assert [attempt["at"] for attempt in case["attempts"]] == [second(first.ended_at), second(last.ended_at)]
    assert (case["callback_basis"], case["callback_made_at"]) == ("attempts", second(last.ended_at))
    assert case["breached_at"] == due
