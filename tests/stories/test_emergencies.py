"""Key 1: more than three quarters of a site's phones are dead."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

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


@pytest.mark.thorough
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


@pytest.mark.thorough
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


def takes_it_and_the_phones_die(world: World) -> datetime:
    """Lee takes an ordinary case; two minutes later its caller says that it is an emergency. When they say so."""
    world.voicemail(attested=True)
    world.text(LEE, "ACK")
    world.advance(minutes=2)
    world.voicemail(emergency=True)
    return world.now - timedelta(seconds=1)


def test_whoever_has_a_case_that_becomes_an_emergency_is_rung_at_once_and_nobody_else_once_they_take_it(
    team: World,
) -> None:
    team.phones.set_keys(LEE, "1")

    since = takes_it_and_the_phones_die(team)
    team.advance(minutes=40)

    assert team.pages(since) == ["0:00 Lee call", "0:00 Lee sms"]
    assert team.bodies(LEE)[-1] == (
        "NOW AN EMERGENCY 1001 overnight: +16145550199 COLUMBUS OH. EMERGENCY.\n"
        "Call by 11:30 PM EST, 117 min left. Reply ACK 1001, CALL 1001 or PASS"
    )
    assert team.heard(LEE)[0].startswith(
        "Support emergency, case 1 0 0 1, which you took at 9 30 PM; no callback yet. 117 minutes left."
        " From 6 1 4, 5 5 5, 0 1 9 9. To take it, press 1."
    )
    assert (team.case()["state"], team.case()["owner"]) == ("acknowledged", "lee")
    assert team.kinds().count("acknowledged") == 2


@pytest.mark.thorough
@pytest.mark.parametrize("word", ["ACK", "CALL"])
def test_text_of_whoever_is_asked_again_stops_their_phone_and_the_ladder(team: World, word: str) -> None:
    since = takes_it_and_the_phones_die(team)
    team.advance(seconds=5)

    team.text(LEE, word)
    team.advance(minutes=10)

    alert, *rest = team.phones.phone(LEE).calls
    assert alert.status == "canceled"
    assert [call.url and "/bridge/" in call.url for call in rest] == [True] * (word == "CALL")
    assert [page for page in team.pages(since) if "Lee" not in page] == []


@pytest.mark.thorough
def test_where_whoever_has_it_is_not_reached_the_ladder_of_emergencies_goes_on_to_everyone(team: World) -> None:
    since = takes_it_and_the_phones_die(team)
    team.advance(minutes=4)

    everyone = [page for page in team.pages(since) if page.startswith("0:2")]
    first, second = team.phones.phone(LEE).calls
    assert {page.split()[1] for page in everyone} == {"Ada", "Dana", "Lee", "Maria", "Sam"}
    assert first.ended_at is not None
    assert second.created_at >= first.ended_at
    assert team.bodies(DANA)[0].splitlines()[1] == (
        "Call by 11:30 PM EST, 117 min left. Lee since 9:30 PM, no callback. Reply ACK 1001, CALL 1001 or PASS"
    )
    assert team.bodies(LEE)[-1].endswith("117 min left. Reply ACK 1001, CALL 1001 or PASS")
    team.text(DANA, "ACK")
    team.advance(seconds=1)
    assert team.case()["owner"] == "dana"
    assert "Dana" in team.bodies(LEE)[-1]


@pytest.mark.thorough
def test_whoever_is_asked_by_text_only_has_the_first_step_of_the_ladder_to_answer(build_world: Build) -> None:
    by_text = TEAM.replace('phone = "+16145550102"', 'phone = "+16145550102"\nchannels = ["sms"]')
    world = build_world(roster=by_text)

    since = takes_it_and_the_phones_die(world)
    world.advance(minutes=6)

    others = [page for page in world.pages(since) if "Lee" not in page]
    assert {page.split()[0] for page in others if page.endswith("sms")} == {"5:00"}


@pytest.mark.thorough
def test_emergency_stands_first_in_the_list_of_whoever_has_several(team: World) -> None:
    team.voicemail(CALLER, attested=True)
    team.voicemail("+12125550101", emergency=True, attested=True)
    team.text(SAM, "ACK 1001")
    team.text(SAM, "ACK 1002")

    listed = (team.text(SAM, "LIST") or "").splitlines()

    assert [line.split()[0] for line in listed] == ["1002", "1001"]


@pytest.mark.parametrize("minutes", [16, 3])
def test_whoever_took_an_emergency_and_fell_asleep_is_rung_with_one_other_and_then_everyone(
    team: World, minutes: int
) -> None:
    team.voicemail(emergency=True, attested=True)
    team.advance(minutes=minutes)
    team.text(SAM, "ACK 1001")
    since = team.now

    team.advance(minutes=46)

    pages = [page for page in team.pages(since) if not page.startswith("0:0")]
    assert [page for page in pages if page.startswith("45:00")] == [
        page.replace("0:00", "45:00") for page in [*BOTH_AT_ONCE, "0:00 Sam call", "0:00 Sam sms"]
    ]
    assert {page.split()[1] for page in pages if page.startswith("45:2")} == {"Ada", "Dana", "Lee", "Maria", "Sam"}


@pytest.mark.thorough
def test_emergency_that_was_taken_when_its_ladder_had_only_managers_left_rings_its_owner_again(team: World) -> None:
    takes_it_and_the_phones_die(team)
    team.advance(seconds=20)
    team.text(LEE, "ACK 1001")
    since = team.now

    team.advance(minutes=45, seconds=5)

    assert [page for page in team.pages(since) if page.startswith("45:0")] == [
        page.replace("0:00", "45:00") for page in BOTH_AT_ONCE
    ]
