"""Somebody takes the case, passes it on, or takes it and does not call back."""

from __future__ import annotations

import pytest

from tests.support.fixtures import DANA, LEE, MARIA, SAM
from tests.support.world import World


def test_acknowledgement_holds_the_ladder_for_forty_five_minutes(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.advance(seconds=179)
    team.text(LEE, "ACK")

    team.advance(minutes=44, seconds=59)

    assert team.pages(left) == ["0:00 Lee sms"]
    assert team.case()["state"] == "acknowledged"


def test_owner_without_a_callback_is_reminded_by_the_next_rung_and_the_others_follow(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.advance(seconds=179)
    team.text(LEE, "ACK")

    team.advance(minutes=45, seconds=50)

    assert team.pages(left)[1:4] == ["48:00 Lee call", "48:00 Lee sms", "48:20 Lee call"]
    assert team.pages(left)[4:] == ["48:40 Dana call", "48:40 Dana sms"]
    assert team.bodies(LEE)[-1] == (
        "NO CALLBACK YET 1001 overnight: +16145550199 COLUMBUS OH.\n"
        "Call by 11:30 PM EST, 72 min left. Reply CALL 1001, DONE 1001 <min> or TRIED 1001"
    )
    assert team.case()["state"] == "open"


@pytest.mark.thorough
def test_owner_whom_the_next_rung_does_not_reach_is_reminded_too(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.advance(minutes=5, seconds=25)
    team.text(LEE, "ACK")

    team.advance(minutes=45, seconds=10)

    assert team.pages(left)[4:] == ["50:26 Dana call", "50:26 Dana sms", "50:26 Lee sms"]
    assert team.bodies(LEE)[-1].startswith("NO CALLBACK YET 1001 ")


@pytest.mark.thorough
def test_owner_may_take_it_again_after_the_reminder(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.advance(seconds=179)
    team.text(LEE, "ACK")
    team.advance(minutes=45, seconds=10)

    team.text(LEE, "ACK")
    team.advance(minutes=40)

    assert [page for page in team.pages(left) if "Dana" in page] == []
    assert team.case()["owner"] == "lee"
    assert team.case()["acknowledged_at"] == left.replace(minute=33)


def test_pass_moves_to_the_next_person_at_once(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.advance(minutes=2)

    answer = team.text(LEE, "PASS")

    assert answer == "1001 passed on. Nobody has it yet; alerted now: Dana."
    assert team.pages(left)[1:] == ["2:01 Dana call", "2:01 Dana sms"]


@pytest.mark.thorough
def test_later_rungs_of_the_round_leave_out_who_passed(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.text(LEE, "PASS")
    team.text(DANA, "PASS")

    team.advance(seconds=10)

    assert team.pages(left) == [
        "0:00 Lee sms",
        "0:01 Ada sms",
        "0:01 Dana call",
        "0:01 Dana sms",
        "0:01 Maria call",
        "0:01 Maria sms",
        "0:01 Sam call",
        "0:01 Sam sms",
    ]


@pytest.mark.thorough
def test_who_passed_is_asked_again_in_the_next_round(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.text(LEE, "PASS")

    team.advance(minutes=22)

    assert team.pages(left, to=LEE) == ["0:00 Lee sms", "20:41 Lee sms"]


def test_case_that_was_taken_can_be_passed_on(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.text(LEE, "ACK")
    team.advance(minutes=10)

    team.text(LEE, "PASS")
    assert team.case()["owner"] is None
    team.text(DANA, "ACK")
    team.advance(minutes=44)

    assert team.pages(left)[1:] == ["10:01 Dana call", "10:01 Dana sms"]
    assert team.case()["owner"] == "dana"


@pytest.mark.thorough
def test_emergency_that_is_passed_on_by_one_wakes_everyone_else(team: World) -> None:
    left = team.now
    team.voicemail(emergency=True)
    team.advance(seconds=1)

    team.text(LEE, "PASS")
    team.advance(seconds=1)

    assert [page for page in team.pages(left) if "Sam" in page] == ["0:02 Sam call", "0:02 Sam sms"]
    assert team.pages(left, to=LEE) == ["0:00 Lee call", "0:00 Lee sms"]
    assert team.bodies(SAM)[0].startswith("1001 overnight: +16145550199 COLUMBUS OH. EMERGENCY. Not attested.\n")
    assert team.bodies(MARIA) == team.bodies(SAM)


@pytest.mark.thorough
def test_each_time_that_a_case_is_taken_over_its_former_owner_is_told(team: World) -> None:
    team.voicemail(attested=True)
    team.text(LEE, "ACK 1001")
    team.advance(minutes=91)

    for phone in (DANA, LEE, DANA):
        team.text(phone, "ACK 1001")
        team.advance(minutes=1)

    assert [body.split("\n")[1] for body in team.bodies(LEE) if "has it now" in body] == [
        "Dana has it now. Nothing for you to do."
    ] * 2
