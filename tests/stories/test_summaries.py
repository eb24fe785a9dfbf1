"""One text that speaks for many cases: what it says when it is sent, and what follows where it does not arrive."""

from __future__ import annotations

import pytest

from tests.support.fixtures import ADA, DANA, LEE, TEAM
from tests.support.world import Build, World
from webhooks.simulator.phone_system import Behaviour

TWO_TEXTS = """
limits.texts = 2
limits.calls = 1
"""


def storm(world: World, voicemails: int) -> None:
    for number in range(voicemails):
        world.voicemail(f"+1212555{number:04}", attested=True)


@pytest.mark.thorough
def test_single_alert_that_waited_says_how_much_time_is_left_by_then(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS)
    storm(world, 3)

    world.advance(minutes=3)

    assert world.bodies(LEE)[2].splitlines()[1].startswith("Call by 11:30 PM EST, 118 min left. Reply ACK 1003,")


def moved_on(world: World) -> list[str]:
    return [case["ref"] for case in world.cases() if "ladder_moved_on" in world.kinds(case["ref"])]


def test_summary_that_fails_moves_every_case_on_that_it_spoke_for(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS)
    storm(world, 5)
    world.phones.set_behaviour(LEE, Behaviour.DEAD)

    world.advance(minutes=3)

    assert moved_on(world) == ["1003", "1004", "1005"]
    assert world.bodies(ADA)[0].endswith("It was about 1003 1004 1005.")


@pytest.mark.thorough
@pytest.mark.on_both
def test_repeated_summary_that_fails_moves_every_case_on_as_well(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS)
    storm(world, 5)
    world.phones.faults.fail_500 = 1
    world.advance(minutes=2, seconds=10)
    world.phones.set_behaviour(LEE, Behaviour.DEAD)

    world.advance(minutes=1)

    assert moved_on(world) == ["1003", "1004", "1005"]


def test_summary_that_is_tried_again_leaves_out_what_somebody_took_meanwhile(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS)
    storm(world, 5)
    world.phones.faults.refuse_429 = 4
    world.advance(minutes=2)
    world.text(DANA, "ACK 1003")

    world.advance(minutes=1)

    assert world.bodies(LEE)[2:] == ["2 more cases wait: 1004 1005\nReply LIST, or ACK and a number"]
