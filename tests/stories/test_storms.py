"""An outage of a carrier brings sixty voicemails in a minute: phones stay usable, and no case goes unnamed."""

from __future__ import annotations

import re

import pytest

from tests.support.fixtures import DANA, LEE, TEAM
from tests.support.world import Build, World

TWO_TEXTS_AND_ONE_CALL = """
limits.texts = 2
limits.calls = 1
"""


def storm(world: World, voicemails: int) -> None:
    for number in range(voicemails):
        world.voicemail(f"+1212555{number:04}", attested=True)


@pytest.mark.thorough
def test_sixty_voicemails_in_a_minute_flood_no_phone_and_name_every_case(team: World) -> None:
    began = team.now
    for number in range(59):
        team.phones.leave_voicemail(f"+1212555{number:04}", keys=team.keys(attested=True))
        team.advance(seconds=10 if number % 10 == 9 else 0)
    team.voicemail("+13125550100", emergency=True, attested=True)
    last = team.bodies(LEE)[-1]

    team.advance(minutes=7)

    texts = team.bodies(LEE)
    calls = [page for page in team.pages(began, to=LEE) if page.endswith("call")]
    assert last.startswith("1060 overnight: +13125550100 CHICAGO IL. EMERGENCY.\n")
    assert set(re.findall(r"\b10\d\d\b", " ".join(texts))) == {case["ref"] for case in team.cases()}
    assert len([text for text in texts if "more cases wait" not in text]) == 21  # twenty, and the emergency's first
    assert len([text for text in texts if "more cases wait" in text]) <= 4  # one every two minutes
    assert len(calls) == 11  # nine of ordinary cases, and the emergency's two


def test_what_comes_on_top_of_the_limit_waits_for_one_summary(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS_AND_ONE_CALL)
    began = world.now
    storm(world, 5)

    world.advance(minutes=3)

    assert world.bodies(LEE)[2:] == ["3 more cases wait: 1003 1004 1005\nReply LIST, or ACK and a number"]
    assert world.pages(began) == ["0:00 Lee sms", "0:01 Lee sms", "2:02 Lee sms"]


@pytest.mark.thorough
def test_single_alert_that_waited_is_sent_as_it_is(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS_AND_ONE_CALL)
    storm(world, 3)

    world.advance(minutes=3)

    assert world.bodies(LEE)[2].startswith("1003 overnight: +12125550002 NEW YORK NY.\nCall by 11:30 PM EST")


@pytest.mark.thorough
def test_summary_leaves_out_what_somebody_took_meanwhile(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS_AND_ONE_CALL)
    storm(world, 5)
    world.text(DANA, "ACK 1004")

    world.advance(minutes=3)

    assert world.bodies(LEE)[2:] == ["2 more cases wait: 1003 1005\nReply LIST, or ACK and a number"]


@pytest.mark.thorough
def test_calls_above_the_limit_are_left_out_and_the_texts_go_on(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS_AND_ONE_CALL.replace("texts = 2", "texts = 9"))
    began = world.now
    storm(world, 3)

    world.advance(minutes=5)

    assert world.pages(began, to=LEE)[3:] == ["5:00 Lee call", "5:00 Lee sms", "5:01 Lee sms", "5:02 Lee sms"]


def test_limit_is_over_once_its_span_is(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_TEXTS_AND_ONE_CALL + 'limits.texts_within = "30s"')
    storm(world, 2)
    world.advance(seconds=30)

    world.voicemail("+13125550100", attested=True)

    assert [body[:4] for body in world.bodies(LEE)] == ["1001", "1002", "1003"]
