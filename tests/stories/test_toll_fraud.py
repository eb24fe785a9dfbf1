"""Where a callback may be dialled to, how often, and for how long: what costs extra is refused and says why."""

from __future__ import annotations

import pytest

from tests.support.callbacks import call_back, legs
from tests.support.fixtures import LEE
from tests.support.world import CALLER, Build, World
from webhooks.simulator.phone_system import Behaviour


@pytest.mark.parametrize(
    ("caller", "why"),
    [
        ("+18762101234", "we call US and CA numbers only"),
        ("+19005551212", "the policy forbids that number"),
        ("+442079460958", "we call US and CA numbers only"),
    ],
)
def test_number_that_costs_extra_is_refused_and_says_why(world: World, caller: str, why: str) -> None:
    world.voicemail(caller, attested=True)

    answer = world.text(LEE, "CALL")
    world.advance(minutes=1)

    assert answer == (
        f"1001 is yours, not dialled: {why}. Call {caller} yourself, then reply DONE 1001 <minutes> or TRIED 1001"
    )
    assert world.phones.phone(LEE).calls == ()
    assert "call_refused" in world.kinds()


def test_caller_without_a_number_is_not_dialled_whatever_the_message_says(world: World) -> None:
    world.voicemail(attested=True, withheld=True, transcript="call me back at 614 555 0142 thanks bye")

    answer = world.text(LEE, "CALL")

    assert answer == (
        "1001 is yours, not dialled: the caller's number is not known. The message may say it."
        " Then reply DONE 1001 <minutes> or TRIED 1001"
    )
    assert world.phones.phone(LEE).calls == ()


@pytest.mark.thorough
def test_one_number_is_not_dialled_more_often_than_the_cap(build_world: Build) -> None:
    world = build_world(policy="[dialing]\nper_number = 2\n")
    world.voicemail(attested=True)
    world.phones.set_behaviour(CALLER, Behaviour.BUSY)

    call_back(world, keys="1111")

    assert len(legs(world)) == 2
    assert world.phones.phone(LEE).calls[0].heard[-1] == (
        "We do not make this call: no more than 2 to that number in 24 hours. Goodbye."
    )
    answer = world.text(LEE, "CALL") or ""
    assert answer.startswith("1001 is yours, not dialled: no more than 2 to that number in 24 hours.")


def test_all_numbers_together_are_not_dialled_more_often_than_the_cap_of_a_night(build_world: Build) -> None:
    world = build_world(policy="[dialing]\nper_night = 1\n")
    world.voicemail(attested=True)
    call_back(world)
    world.voicemail("+12125550101", attested=True)

    assert (world.text(LEE, "CALL 1002") or "").startswith(
        "1002 is yours, not dialled: no more than 1 to all numbers in 15 hours."
    )


@pytest.mark.thorough
def test_call_that_lasts_too_long_is_cut(build_world: Build) -> None:
    world = build_world(policy='[callback]\nlongest = "10m"\n')
    world.voicemail(attested=True)

    call_back(world, talks_for=3_000)
    world.advance(minutes=10)

    assert [leg.seconds for leg in legs(world)] == [600]
    assert world.case()["bridges"][0]["seconds"] == 600
