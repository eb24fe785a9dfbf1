"""Nobody answers: the ladder is climbed rung by rung, round by round, to the second."""

from __future__ import annotations

from tests.support.databases import ON_SQLITE
from tests.support.fixtures import DANA, LEE, MARIA, SAM, TEAM
from tests.support.world import Build, World

FIRST_ROUND = [
    "0:00 Lee sms",
    "5:00 Lee call",
    "5:00 Lee sms",
    "15:00 Dana call",
    "15:00 Dana sms",
]
EVERYONE = [
    "30:00 Ada sms",
    "30:00 Dana call",
    "30:00 Dana sms",
    "30:00 Lee call",
    "30:00 Lee sms",
    "30:00 Maria call",
    "30:00 Maria sms",
    "30:00 Sam call",
    "30:00 Sam sms",
]


@ON_SQLITE
def test_every_rung_reaches_its_people_by_its_channels_at_its_second(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(minutes=50)

    assert team.pages(left) == [*FIRST_ROUND, *EVERYONE, "45:00 Maria call", "45:00 Maria sms"]


@ON_SQLITE
def test_nothing_is_sent_a_second_before_a_rung(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(seconds=298)
    before = team.pages(left)
    team.advance(seconds=1)

    assert before == ["0:00 Lee sms"]
    assert team.pages(left) == FIRST_ROUND[:3]


@ON_SQLITE
def test_later_rungs_say_how_much_time_is_left(team: World) -> None:
    team.voicemail(attested=True)

    team.advance(minutes=16)

    assert team.bodies(LEE)[1] == (
        "1001 overnight: +16145550199 COLUMBUS OH.\nCall by 11:30 PM EST, 115 min left. Reply ACK 1001 or PASS"
    )
    assert team.bodies(DANA) == [
        "1001 overnight: +16145550199 COLUMBUS OH.\nCall by 11:30 PM EST, 105 min left. Reply ACK 1001 or PASS"
    ]


@ON_SQLITE
def test_alert_call_says_the_case_to_whoever_picks_up(team: World) -> None:
    team.voicemail(attested=True)

    team.advance(minutes=6)

    (heard,) = team.heard(LEE)
    assert heard == (
        "After hours case 1 0 0 1 is waiting. overnight, from 1 6 1 4 5 5 5 0 1 9 9. "
        "Call back by 11:30 PM EST, 114 min left. Text A C K."
    )
    assert team.heard(SAM) == []


@ON_SQLITE
def test_second_round_begins_twenty_minutes_after_the_last_rung(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(minutes=81)

    second_round = [page for page in team.pages(left) if int(page.split(":")[0]) > 45]
    assert second_round == [
        "65:00 Lee sms",
        "70:00 Lee call",
        "70:00 Lee sms",
        "80:00 Dana call",
        "80:00 Dana sms",
    ]


@ON_SQLITE
def test_after_the_last_round_the_manager_hears_that_nobody_took_it_and_the_breach_goes_on(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy="ladder.rounds = 1")
    left = world.now
    world.voicemail(attested=True)

    world.advance(minutes=136)

    assert [page for page in world.pages(left) if page.startswith("65:00")] == ["65:00 Maria call", "65:00 Maria sms"]
    (nobody_took,) = [body for body in world.bodies(MARIA) if body.startswith("NOBODY TOOK")]
    assert nobody_took.startswith(
        "NOBODY TOOK 1001 overnight: +16145550199 COLUMBUS OH.\nCall by 11:30 PM EST, 55 min left."
    )
    assert world.kinds().count("ladder_exhausted") == 1
    assert world.pages(left, to=LEE)[-4:] == ["120:00 Lee call", "120:00 Lee sms", "135:00 Lee call", "135:00 Lee sms"]


def test_ladder_that_ended_is_climbed_once_more_for_whoever_passes(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy="ladder.rounds = 1")
    left = world.now
    world.voicemail(attested=True)
    world.advance(minutes=70)

    world.text(LEE, "PASS")
    world.advance(seconds=1)

    assert world.pages(left)[-2:] == ["70:01 Dana call", "70:01 Dana sms"]


@ON_SQLITE
def test_taking_the_case_stops_the_ladder(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.advance(minutes=6)
    team.text(LEE, "ACK")
    team.advance(minutes=44)

    assert team.pages(left) == FIRST_ROUND[:3]


@ON_SQLITE
def test_daemon_that_was_down_climbs_on_where_it_stood(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)

    team.restart()
    team.advance(minutes=16)
    team.restart()
    team.settle()

    assert team.pages(left) == FIRST_ROUND
