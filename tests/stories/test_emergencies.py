"""Key 1: more than three quarters of a site's phones are dead."""

from __future__ import annotations

from tests.support.fixtures import DANA, LEE, SAM, TEAM
from tests.support.world import CALLER, Build, World

BOTH_AT_ONCE = ["0:00 Dana call", "0:00 Dana sms", "0:00 Lee call", "0:00 Lee sms"]


def test_two_people_are_texted_and_called_at_once(team: World) -> None:
    left = team.now

    team.voicemail(emergency=True, attested=True)
    team.advance(seconds=10)

    assert team.pages(left) == BOTH_AT_ONCE
    assert team.bodies(LEE)[0] == (
        "1001 overnight: +16145550199 COLUMBUS OH. EMERGENCY.\n"
        "Call by 11:30 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
    )


def test_everyone_is_woken_when_both_phones_rang_out_and_then_the_managers_again(team: World) -> None:
    left = team.now
    team.voicemail(emergency=True, attested=True)

    team.advance(minutes=16)

    assert {page.split()[1] for page in team.pages(left) if page.startswith("0:20")} == {
        *("Ada", "Dana", "Lee", "Maria", "Sam")
    }
    assert [page for page in team.pages(left) if page > "0:3"] == ["0:40 Maria call"]


def test_second_person_is_found_where_only_one_is_on_the_rotations(build_world: Build) -> None:
    world = build_world(roster=TEAM.replace('people = ["dana"]', 'people = ["lee"]'))
    left = world.now

    world.voicemail(emergency=True, attested=True)
    world.advance(seconds=10)

    assert world.pages(left) == BOTH_AT_ONCE


def test_first_to_take_it_stands_the_other_down(team: World) -> None:
    left = team.now
    team.voicemail(emergency=True, attested=True)
    team.advance(seconds=9)

    answer = team.text(DANA, "ACK")
    team.advance(minutes=10)

    assert (answer or "").startswith(
        "1001 is yours. Call +16145550199 or reply CALL or HEAR 1001. Call by 11:30 PM EST, 119 min left."
    )
    assert team.bodies(LEE)[1:] == [
        "1001 overnight: +16145550199 COLUMBUS OH. EMERGENCY.\nDana has it. Nothing for you to do."
    ]
    assert team.pages(left)[4:] == ["0:10 Lee sms"]


def test_second_to_take_it_hears_who_has_it(team: World) -> None:
    team.voicemail(emergency=True, attested=True)
    team.text(DANA, "ACK")

    answer = team.text(LEE, "ACK")

    assert answer == "1001 is with Dana since 9:30 PM EST. Nothing for you to do."
    assert team.case()["owner"] == "dana"


def test_second_message_that_is_an_emergency_makes_the_case_one(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.advance(minutes=2)

    team.voicemail(emergency=True)
    team.advance(seconds=30)

    case = team.case()
    assert case["flags"] == ["emergency"]
    assert "E2" in case["clauses"]
    assert team.pages(left)[:5] == ["0:00 Lee sms", *(page.replace("0:00", "2:01") for page in BOTH_AT_ONCE)]


def test_case_that_somebody_has_stays_with_them_when_it_becomes_an_emergency(team: World) -> None:
    left = team.now
    team.voicemail(attested=True)
    team.text(LEE, "ACK")

    team.voicemail(emergency=True)
    team.advance(minutes=10)

    assert team.pages(left) == ["0:00 Lee sms", "0:01 Lee sms"]
    assert team.bodies(LEE)[-1] == (
        "1001 overnight: +16145550199 COLUMBUS OH. EMERGENCY.\nMessage 2 of this caller. The first deadline stands."
    )


def test_emergency_stands_first_in_the_list_of_whoever_has_several(team: World) -> None:
    team.voicemail(CALLER, attested=True)
    team.voicemail("+12125550101", emergency=True, attested=True)
    team.text(SAM, "ACK 1001")
    team.text(SAM, "ACK 1002")

    listed = (team.text(SAM, "LIST") or "").splitlines()

    assert [line.split()[0] for line in listed] == ["1002", "1001"]
