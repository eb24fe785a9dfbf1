"""Who had a case hears what others do with it, and who is asked next hears who had it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.callbacks import call_back
from tests.support.fixtures import DANA, LEE, MARIA, SAM
from tests.support.world import CALLER, World
from triage.store import deliveries


def told(world: World, phone: str, since: int) -> list[str]:
    """The second line of each text that a phone got after so many."""
    world.advance(seconds=1)
    return [body.split("\n")[-1] for body in world.bodies(phone)[since:]]


@pytest.mark.thorough
def test_ladder_that_goes_on_after_an_acknowledgement_says_who_had_the_case(team: World) -> None:
    team.voicemail("+12165550123", attested=False, emergency=True, product="ucp")
    team.text(LEE, "ACK")
    team.advance(minutes=47)

    [asked] = [body for body in team.bodies(SAM) if "Reply" in body]
    [own] = [body for body in team.bodies(LEE) if body.startswith("NO CALLBACK YET")]

    assert "min left. Lee since 9:30 PM, no callback. Reply ACK 1001, CALL 1001 or PASS" in asked
    assert "no callback" not in own
    assert "Lee has it; ACK 1001 takes it over" not in asked


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("ACK 1001", "Dana has it now. Nothing for you to do."),
        ("DONE 1001", "Dana called back 10:20 PM EST. Nothing for you to do."),
        (
            "DONE 1001 20 was nearer",
            "Dana called back 10:20 PM EST and closed it: 20 min in Dana's name. Nothing for you to do.",
        ),
    ],
)
def test_owner_hears_once_what_somebody_else_does_with_their_case(team: World, words: str, heard: str) -> None:
    team.voicemail(attested=True, emergency=True)
    team.text(LEE, "ACK")
    team.advance(minutes=50)
    before = len(team.bodies(LEE))

    team.text(DANA, words)

    assert told(team, LEE, before) == [heard]


@pytest.mark.thorough
def test_case_that_another_closes_is_the_session_of_who_closes_it_or_of_who_made_the_measured_call(
    world: World,
) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=125)
    world.voicemail("+12125550101", attested=True)
    world.text(LEE, "DONE 1002")
    before = len(world.bodies(LEE))

    answers = [world.text(DANA, "DONE 1001 10 drove there"), world.text(DANA, "DONE 1002 40")]

    assert (answers[0] or "").startswith("1001 is closed: 2 min 05 s measured + 10 min stated")
    assert told(world, LEE, before) == [
        "Dana closed it: 13 min in your name. Nothing for you to do.",
        "Dana closed it: 40 min in Dana's name. Nothing for you to do.",
    ]
    assert [world.case(reference)["sessions"][0]["technician"] for reference in ("1001", "1002")] == ["lee", "dana"]
    assert [world.case(reference)["owner"] for reference in ("1001", "1002")] == ["lee", "lee"]


def test_what_is_left_to_do_with_a_case_that_another_called_back_is_said_as_it_is(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE 1001")

    answers = [world.text(DANA, body) for body in ("ACK 1001", "PASS 1001", "DONE 1001")]

    assert answers == [
        *["1001: Lee called back 9:30 PM EST; not closed yet. Nothing was changed. Nothing for you to do."] * 2,
        "1001: Lee called back 9:30 PM EST. How many minutes? Reply DONE 1001 <minutes> <note>",
    ]
    assert (
        world.text(LEE, "ACK 1001")
        == "1001: you called back 9:30 PM EST. Nothing was changed. Reply DONE 1001 <minutes> <note>"
    )
    assert world.case()["owner"] == "lee"


@pytest.mark.thorough
def test_who_has_a_case_that_was_taken_over_has_it_since_then(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "ACK")
    world.advance(minutes=95)
    world.text(DANA, "ACK 1001")
    world.advance(minutes=1)

    assert "1001 is with Dana since 11:05 PM EST." in (world.text(MARIA, "PASS 1001") or "")
    assert world.case()["caller"] == CALLER


@pytest.mark.thorough
def test_who_gets_texts_only_reads_the_same_once_though_two_rungs_come_in_one_minute(world: World) -> None:
    left = world.now
    world.voicemail(attested=True, emergency=True, spanish=True)
    world.advance(minutes=21, seconds=30)

    assert world.pages(left, to=MARIA) == ["0:20 Maria sms", "21:01 Maria sms"]
    assert "EMERGENCY. Spanish." in world.bodies(MARIA)[0]


@pytest.mark.thorough
def test_each_further_call_of_a_case_is_told_with_all_of_them_together(world: World) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=125)
    call_back(world, talks_for=65)

    told_after = [body.split(" Reply")[0] for body in world.bodies(LEE) if "promise met" in body]
    assert told_after == [
        "1001: 2 min 05 s on the phone, promise met.",
        "1001: 1 min 05 s on the phone, 3 min 10 s in all, promise met.",
    ]
    assert all(len(body) <= 160 for body in world.bodies(LEE))


def test_what_went_to_a_phone_is_of_the_person_who_had_it_then_and_the_newest_of_each_way(team: World) -> None:
    began = team.now - timedelta(seconds=1)
    for number in range(3):
        team.voicemail(f"+1216555012{number}")
    with team.program.desk.store.read() as session:
        lees = deliveries.to_person(session, "lee", LEE, began)
        two = deliveries.to_person(session, "lee", LEE, began, most=2)
        danas = deliveries.to_person(session, "dana", LEE, began)

        texts = [row.id for row in lees if row.channel == "sms"]
        assert len(texts) == 3
        assert [row.id for row in two if row.channel == "sms"] == texts[:2] == sorted(texts, reverse=True)[:2]
        assert danas == []
