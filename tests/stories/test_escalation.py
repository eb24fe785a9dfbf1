"""Nobody answers: the ladder is climbed rung by rung, round by round, to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fixtures import DANA, LEE, MARIA, TEAM
from tests.support.world import CALLER, Build, World

FIRST_ROUND = [
    "0:00 Lee sms",
    "5:00 Lee call",
    "5:00 Lee sms",
    "5:20 Lee call",
    "5:40 Dana call",
    "5:40 Dana sms",
]
EVERYONE = [  # Lee and Dana read of it a moment before
    "6:01 Ada sms",
    "6:01 Dana call",
    "6:01 Lee call",
    "6:01 Maria call",
    "6:01 Maria sms",
    "6:01 Sam call",
    "6:01 Sam sms",
]

A_TEXT_THEN_A_CALL = """
[ladder]
rounds = 1

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]

[[ladder.steps]]
after = "5m"
to = ["primary"]
by = ["voice"]
"""


@pytest.mark.thorough
def test_every_rung_reaches_its_people_as_soon_as_the_calls_of_the_one_before_rang_out(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(minutes=25)

    assert team.pages(left) == [*FIRST_ROUND, *EVERYONE, "6:21 Maria call"]


@pytest.mark.thorough
def test_while_the_calls_of_a_rung_ring_on_the_next_one_comes_at_its_second(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy='alert_call.rings_for = "540s"')
    left = world.now
    world.voicemail(attested=True)

    world.advance(minutes=15)

    assert world.pages(left) == [*FIRST_ROUND[:3], "14:00 Lee call", "15:00 Dana call", "15:00 Dana sms"]


def test_nothing_is_sent_a_second_before_a_rung(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(seconds=298)
    before = team.pages(left)
    team.advance(seconds=1)

    assert before == ["0:00 Lee sms"]
    assert team.pages(left) == FIRST_ROUND[:3]


def test_later_rungs_say_how_much_time_is_left(team: World) -> None:
    team.voicemail(attested=True)

    team.advance(minutes=6)

    assert team.bodies(LEE)[1] == (
        "1001 overnight: +16145550199 COLUMBUS OH.\n"
        "Call by 11:30 PM EST, 115 min left. Reply ACK 1001, CALL 1001 or PASS"
    )
    assert team.bodies(DANA) == [
        (
            "1001 overnight: +16145550199 COLUMBUS OH.\n"
            "Call by 11:30 PM EST, 114 min left. Reply ACK 1001, CALL 1001 or PASS"
        )
    ]


def test_second_round_begins_twenty_minutes_after_the_last_rung(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(minutes=32, seconds=10)

    second_round = [page for page in team.pages(left) if int(page.split(":")[0]) > 6]
    assert second_round == [
        "26:21 Lee sms",
        "31:21 Lee call",
        "31:21 Lee sms",
        "31:42 Lee call",
        "32:02 Dana call",
        "32:02 Dana sms",
    ]


@pytest.mark.thorough
def test_after_the_last_round_the_manager_hears_that_nobody_took_it_and_the_breach_goes_on(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy="ladder.rounds = 1")
    left = world.now
    world.voicemail(attested=True)

    world.advance(minutes=136)

    assert [page for page in world.pages(left) if page.startswith("26:21")] == ["26:21 Maria call", "26:21 Maria sms"]
    (nobody_took,) = [body for body in world.bodies(MARIA) if body.startswith("NOBODY TOOK")]
    assert nobody_took.startswith(
        "NOBODY TOOK 1001 overnight: +16145550199 COLUMBUS OH.\nCall by 11:30 PM EST, 93 min left."
    )
    assert world.kinds().count("ladder_exhausted") == 1
    assert world.pages(left, to=LEE)[-4:] == ["120:00 Lee call", "120:00 Lee sms", "135:00 Lee call", "135:00 Lee sms"]


@pytest.mark.thorough
def test_ladder_that_ended_is_climbed_once_more_for_whoever_passes(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy="ladder.rounds = 1")
    left = world.now
    world.voicemail(attested=True)
    world.advance(minutes=70)

    world.text(LEE, "PASS")
    world.advance(seconds=1)

    assert world.pages(left)[-2:] == ["70:01 Dana call", "70:01 Dana sms"]


def test_taking_the_case_stops_the_ladder(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(minutes=5, seconds=10)
    team.text(LEE, "ACK")
    team.advance(minutes=44)

    assert team.pages(left) == FIRST_ROUND[:3]


def test_daemon_that_was_down_climbs_on_where_it_stood(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.restart()
    team.advance(minutes=5, seconds=45)
    team.restart()
    team.settle()

    assert team.pages(left) == FIRST_ROUND


def test_rungs_that_come_late_together_are_one_alert_and_both_are_on_record(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=A_TEXT_THEN_A_CALL)
    left = world.now
    world.phones.leave_voicemail(CALLER, keys=world.keys(attested=True))
    world.clock.tick(timedelta(minutes=6))

    world.settle()

    [made], [joined] = world.entries("alert_made"), world.entries("alert_joined")
    assert (made.details["step"], made.details["channels"]) == (0, ["sms"])
    assert (joined.details["step"], joined.details["channels"]) == (1, ["voice"])
    assert world.pages(left) == ["6:00 Lee call", "6:00 Lee sms"]
