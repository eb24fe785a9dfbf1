"""HEAR: the message of a case by phone, for whoever has the case or might take it."""

from __future__ import annotations

import pytest

from tests.support.callbacks import legs
from tests.support.fixtures import DANA, LEE
from tests.support.world import CALLER, Build, World
from webhooks.simulator.phone_system import Behaviour
from webhooks.simulator.records import new_sid

ASKED = "To hear the message of case 1 0 0 1, press 1."


def heard(world: World, phone: str) -> list[str]:
    """What the newest call of ours said to a phone; a recording is `plays`."""
    said = world.phones.phone(phone).calls[-1].heard
    return ["plays" if sentence.startswith("[plays") else sentence for sentence in said]


def played_to(world: World) -> list[str]:
    return [event["actor"] for event in world.case()["events"] if event["kind"] == "recording_played"]


def test_whoever_took_a_case_by_text_is_rung_hears_it_twice_and_calls_back_from_the_same_call(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(seconds=5)
    assert "reply CALL or HEAR 1001." in (world.text(LEE, "ACK") or "")
    world.phones.set_keys(LEE, "112")
    world.phones.add_phone(CALLER, "Caller", talks_for=61)

    answer = world.text(LEE, "hear")
    world.advance(minutes=3)

    after = "That was case 1 0 0 1. To hear it again, press 1. To call back now, 2."
    assert answer == "1001: we ring you now. Press 1 to hear the message. It is yours."
    assert heard(world, LEE)[:6] == [ASKED, ASKED, "plays", after, "plays", after]
    assert played_to(world) == ["person:lee", "person:lee"]
    assert [leg.seconds for leg in legs(world)] == [61]
    assert world.case()["callback_basis"] == "measured"


@pytest.mark.thorough
def test_nothing_is_played_to_a_voicemail_box_and_a_line_that_is_busy_is_told_of(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(seconds=5)
    world.phones.set_behaviour(LEE, Behaviour.VOICEMAIL_BOX)

    answer = world.text(LEE, "HEAR 1001")
    twice = world.text(LEE, "HEAR 1001")
    world.advance(minutes=1)
    boxed = heard(world, LEE)
    world.phones.set_behaviour(LEE, Behaviour.BUSY)
    world.text(LEE, "HEAR")
    world.advance(seconds=30)

    assert answer == "1001: we ring you now. Press 1 to hear the message. Nobody has it."
    assert twice == "1001: your phone rings already. Pick up and press 1."
    assert boxed == [ASKED, ASKED, "No key was pressed. Nothing was played. Text H E A R to be rung again. Goodbye."]
    assert played_to(world) == []
    assert world.bodies(LEE)[-1] == "1001: we could not ring you: the line was busy. Reply HEAR 1001 to try again."
    assert (world.case()["state"], world.case()["owner"]) == ("open", None)


@pytest.mark.thorough
def test_who_has_the_case_is_said_and_only_they_may_call_back_from_there(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(seconds=5)
    world.text(LEE, "ACK")
    world.phones.set_keys(DANA, "12")

    answer = world.text(DANA, "HEAR 1001")
    world.advance(minutes=1)

    assert answer == "1001: we ring you now. Press 1 to hear the message. Lee has it."
    assert heard(world, DANA)[-2:] == ["That was case 1 0 0 1. To hear it again, press 1.", "Goodbye."]
    assert legs(world) == []


def test_what_cannot_be_heard_is_said_at_once_and_nobody_is_rung(world: World) -> None:
    sids = {"CallSid": new_sid("CA"), "RecordingSid": new_sid("RE")}
    world.post("/twilio/recording", **sids, RecordingStatus="absent", From=CALLER)
    world.voicemail("+12125550101", attested=True)

    none, not_yet = world.text(LEE, "HEAR 1001"), world.text(LEE, "HEAR 1002")

    assert none == "1001: there is no recording to hear. Nobody has it."
    assert not_yet == "1002: the recording is not here yet. Reply HEAR 1002 in a minute. Nobody has it."
    assert "hearing_asked_for" not in world.kinds("1001") + world.kinds("1002")
    assert world.text(LEE, "HEAR") == ("Which case? 1001 +16145550199; 1002 NEW YORK NY\nReply with its number only.")


@pytest.mark.thorough
def test_one_phone_is_rung_so_often_and_no_more_and_its_calls_come_in_turn(build_world: Build) -> None:
    world = build_world(policy="limits.calls = 2")
    world.voicemail(attested=True)
    world.voicemail("+12125550101", attested=True)
    world.advance(seconds=5)
    world.phones.set_keys(LEE, "")

    world.text(LEE, "HEAR 1001")
    world.text(LEE, "HEAR 1002")
    world.advance(minutes=1)
    answer = world.text(LEE, "HEAR 1001")

    first, second = [call for call in world.phones.phone(LEE).calls if call.url and "/hear/" in call.url]
    assert answer == "1001: not rung, no more than 2 such calls in 15 minutes. Reply HEAR 1001 later."
    assert first.ended_at is not None
    assert second.created_at >= first.ended_at
    world.advance(minutes=14)
    assert "we ring you now" in (world.text(LEE, "HEAR 1001") or "")
