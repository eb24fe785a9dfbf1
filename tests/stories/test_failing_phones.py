"""Phones that texts and calls do not reach: nobody waits for them, and whoever can mend it is told."""

from __future__ import annotations

import pytest

from tests.support.fixtures import ADA, DANA, LEE, MARIA, SAM, TEAM
from tests.support.world import Build, World
from webhooks.simulator.phone_system import Behaviour

ONLY_BY_CALL = TEAM.replace(
    'phone = "+16145550102"\nrole = "technician"', 'phone = "+16145550102"\nrole = "technician"\nchannels = ["voice"]'
)


def test_dead_phone_is_called_at_once_and_then_the_next_person(team: World) -> None:
    left = team.now
    team.phones.set_behaviour(LEE, Behaviour.DEAD)

    team.voicemail(attested=True)
    team.advance(seconds=45)

    assert team.pages(left) == [
        "0:00 Ada sms",
        "0:00 Lee call",
        "0:00 Lee sms",
        "0:00 Lee sms",
        "0:20 Lee call",
        "0:41 Dana call",
        "0:41 Dana sms",
    ]


@pytest.mark.thorough
def test_administrator_is_told_once_of_a_dead_phone_and_never_of_a_call_that_nobody_answered(team: World) -> None:
    team.phones.set_behaviour(LEE, Behaviour.DEAD)

    team.voicemail(attested=True)
    team.advance(minutes=50)

    told = [body for body in team.bodies(ADA) if body.startswith("The alert")]
    assert told == [
        "The alert by SMS to Lee Okafor failed: the phone is off or has no signal (30003). It was about 1001."
    ]
    failed = [event["details"] for event in team.case()["events"] if event["kind"] == "delivery_failed"]
    assert {details["why"] for details in failed if details["channel"] == "voice"} == {"nobody picked up"}
    assert {details["person"] for details in failed if details["channel"] == "voice"} >= {"lee", "dana", "sam"}


@pytest.mark.thorough
def test_phone_that_is_dead_for_two_cases_is_told_of_once(team: World) -> None:
    team.phones.set_behaviour(LEE, Behaviour.DEAD)

    team.voicemail("+12125550101", attested=True)
    team.voicemail("+12125550102", attested=True)

    assert team.bodies(ADA) == [
        "The alert by SMS to Lee Okafor failed: the phone is off or has no signal (30003). It was about 1001."
    ]


@pytest.mark.thorough
def test_manager_is_told_where_there_is_no_administrator(world: World) -> None:
    world.phones.set_behaviour(LEE, Behaviour.DEAD)

    world.voicemail(attested=True)

    assert world.bodies(MARIA) == [
        "The alert by SMS to Lee Okafor failed: the phone is off or has no signal (30003). It was about 1001."
    ]


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (Behaviour.OPTED_OUT, "the phone opted out with STOP (21610)"),
        (Behaviour.LANDLINE, "not a mobile number (21614)"),
        (Behaviour.UNREGISTERED, "our number is not registered with the carriers (30034)"),
        (Behaviour.FILTERED, "filtered as spam (30007)"),
    ],
)
def test_phone_that_takes_no_texts_is_called_at_once(team: World, behaviour: Behaviour, why: str) -> None:
    left = team.now
    team.phones.set_behaviour(LEE, behaviour)

    team.voicemail(attested=True)
    team.advance(seconds=15)

    assert team.pages(left, to=LEE)[0] == "0:00 Lee call"
    assert [page for page in team.pages(left) if "Dana" in page] == []
    assert len(team.heard(LEE)) == 1
    assert team.bodies(ADA) == [f"The alert by SMS to Lee Okafor failed: {why}. It was about 1001."]


def test_phone_that_opted_out_gets_calls_until_it_texts_start(team: World) -> None:
    team.text(LEE, "STOP")
    left = team.now

    team.voicemail("+12125550101", attested=True)
    team.text(LEE, "ACK")
    team.text(LEE, "START")
    team.voicemail("+12125550102", attested=True)

    assert team.pages(left, to=LEE) == ["0:00 Lee call", "0:01 Lee sms"]
    assert team.bodies(ADA) == ["Lee Okafor opted out of our texts: alerts go by call until they text START."]


@pytest.mark.thorough
def test_busy_phone_of_somebody_who_is_called_only_moves_the_ladder_on_and_is_nobodys_fault(build_world: Build) -> None:
    world = build_world(roster=ONLY_BY_CALL)
    left = world.now
    world.phones.set_behaviour(LEE, Behaviour.BUSY)

    world.voicemail(attested=True)
    world.advance(seconds=10)

    assert [page for page in world.pages(left) if "Ada" not in page] == [
        "0:00 Lee call",
        "0:00 Lee call",
        "0:01 Dana call",
        "0:01 Dana sms",
        "0:01 Lee call",
    ]
    assert world.bodies(ADA) == []


@pytest.mark.thorough
def test_nobody_waits_for_a_busy_line_though_the_text_beside_it_arrived(team: World) -> None:
    left = team.now
    team.phones.set_behaviour(LEE, Behaviour.BUSY)

    team.voicemail(attested=True)
    team.advance(minutes=5, seconds=10)

    assert team.pages(left)[1:4] == ["5:00 Lee call", "5:00 Lee call", "5:00 Lee sms"]
    assert team.pages(left)[4:] == ["5:01 Dana call", "5:01 Dana sms"]


@pytest.mark.thorough
def test_one_dead_phone_of_two_does_not_hurry_an_emergency_while_the_other_listens(team: World) -> None:
    left = team.now
    team.phones.set_behaviour(LEE, Behaviour.DEAD)
    team.phones.set_behaviour(DANA, Behaviour.NORMAL)

    team.voicemail(emergency=True, attested=True)
    team.advance(seconds=25)

    assert [page for page in team.pages(left) if "Sam" in page] == []
    assert len(team.bodies(DANA)) == 1


@pytest.mark.thorough
def test_ladder_hurries_past_dead_phones_to_whoever_is_alive(team: World) -> None:
    left = team.now
    for number in (LEE, DANA, SAM, MARIA):
        team.phones.set_behaviour(number, Behaviour.DEAD)

    team.voicemail(attested=True)
    team.advance(minutes=3)

    assert {"0:41 Dana call", "1:01 Sam call", "1:01 Ada sms"} <= {*team.pages(left)}
    assert not [body for body in team.bodies(ADA) if body.startswith("The alert by call")]
    assert any(body.startswith("1001 overnight") for body in team.bodies(ADA))


@pytest.mark.thorough
def test_case_that_was_taken_is_not_moved_by_a_failure_that_comes_late(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.phones.set_behaviour(LEE, Behaviour.DEAD)
    team.advance(seconds=299)
    team.text(LEE, "ACK")

    team.advance(minutes=30)

    assert [page for page in team.pages(left) if "Dana" in page] == []
