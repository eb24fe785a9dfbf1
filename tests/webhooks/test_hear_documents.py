"""What a technician hears who asked to hear a message: every document verb by verb."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest

from tests.support.fixtures import LEE
from tests.support.shared_freeze import clock, frozen  # noqa: F401 - fixtures of this file
from tests.support.wire import Wire, call_form, twiml
from tests.support.world import PUBLIC_URL, World
from webhooks.simulator.twiml import parse
from webhooks.simulator.walk import VERBS


@pytest.fixture
def path(world: World) -> str:
    """Lee asked to hear the message of a case that waits: where their call asks for its documents."""
    world.voicemail(attested=True)
    world.advance(seconds=5)
    world.text(LEE, "HEAR")
    [call] = [call for call in world.phones.calls() if call.url and "/hear/" in call.url]
    return (call.url or "").removeprefix(PUBLIC_URL)


def says(world: World, path: str, **fields: str) -> Element:
    answer = Wire.of(world).post(path, call_form(**fields))
    assert parse(answer.get_data(as_text=True), PUBLIC_URL, allowed=VERBS).warnings == ()
    return twiml(answer)


def tags(document: Element) -> list[str]:
    return [verb.tag for verb in document]


def test_who_picks_up_is_asked_for_one_key_before_anything_is_played(world: World, path: str) -> None:
    document = says(world, path)

    assert (tags(document), tags(document[0])) == (["Gather", "Say", "Hangup"], ["Say", "Say"])
    assert document[0].attrib == {
        "action": f"{PUBLIC_URL}{path}/key#rc=5&rp=all",
        "finishOnKey": "",
        "input": "dtmf",
        "method": "POST",
        "numDigits": "1",
        "timeout": "5",
    }


def test_key_1_plays_and_says_how_to_take_the_case_and_other_keys_play_nothing(world: World, path: str) -> None:
    played = says(world, f"{path}/key", Digits="1")

    assert (tags(played), tags(played[0])) == (["Gather", "Say", "Hangup"], ["Play", "Say"])
    assert played[0][1].text == ("That was case 1 0 0 1. To hear it again, press 1. To take the case, text A C K.")
    for key in ("", "2", "9", "#", "11", "hangup"):
        assert tags(says(world, f"{path}/key", Digits=key)) == ["Say", "Hangup"], key
    assert world.case()["bridges"] == []


@pytest.mark.parametrize("number", ["1", "999999999"])
def test_no_other_delivery_plays_anything(world: World, path: str, number: str) -> None:
    for step in ("", "/key"):
        document = says(world, f"/twilio/hear/{number}{step}", Digits="1")
        assert document[-1].tag == "Hangup"
        assert document.find(".//Play") is None
