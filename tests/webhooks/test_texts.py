"""Texts to our number: each kept and answered once, whoever sent it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.fixtures import LEE
from tests.support.wire import Wire, recording_form, text_form, twiml
from tests.support.world import CALLER, World
from triage.store.models import InboundText


def words(wire: Wire, **fields: str) -> str:
    return "".join(twiml(wire.post("/twilio/sms", text_form(**fields))).itertext())


def test_a_stranger_is_kept_and_gets_no_answer(wire: Wire) -> None:
    document = twiml(wire.post("/twilio/sms", text_form(From="+13125550123", Body="win a prize")))

    assert list(document) == []
    assert wire.only(InboundText).sender == "stranger"


@pytest.mark.parametrize("sender", ["anonymous", "22395", "+266696687", "whatsapp:+16145550199", "Bank"])
def test_senders_that_are_no_telephones_are_strangers(sender: str, wire: Wire) -> None:
    assert words(wire, From=sender, Body="ACK") == ""
    assert wire.only(InboundText).sender == "stranger"


def test_a_command_posted_twice_is_done_once_and_answered_the_same(wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(From=CALLER))
    form = text_form(From=LEE, Body="ACK")

    answers = [wire.post("/twilio/sms", form).data for _ in range(3)]

    assert len(set(answers)) == 1
    assert b"1001 is yours" in answers[0]


def test_one_ack_from_eight_threads_is_done_once(wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(From=CALLER))
    form = text_form(From=LEE, Body="ACK 1001")

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: wire.post("/twilio/sms", form).data, range(16)))

    assert len(answers) == 1
    assert wire.rows()["inbound_texts"] == 1


def test_two_people_at_once_and_one_of_them_has_the_case(wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(From=CALLER))

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: words(wire, From=who, Body="ACK 1001"), ["+16145550101", LEE]))

    assert sum("1001 is yours" in answer for answer in answers) == 1
    assert sum("1001 is with" in answer for answer in answers) == 1


@pytest.mark.parametrize("body", ["STOP", "HELP", "", "   ", "\n"])
def test_reserved_words_and_nothing_are_no_commands(body: str, wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(From=CALLER))

    words(wire, From=LEE, Body=body)

    assert wire.cases()[0]["state"] == "open"


def test_markup_in_a_text_is_escaped_in_the_answer(wire: Wire) -> None:
    answer = wire.post("/twilio/sms", text_form(From=LEE, Body="</Message><Dial>+19005550100</Dial>"))

    assert [element.tag for element in twiml(answer).iter()] == ["Response", "Message"]


def test_the_longest_text_is_kept_whole(wire: Wire) -> None:
    words(wire, From=CALLER, Body="ü" * 1600)

    assert wire.only(InboundText).body == "ü" * 1600


def test_a_text_while_a_case_is_open_belongs_to_it(world: World) -> None:
    world.voicemail(CALLER)

    world.text(CALLER, "it is the gateway, please hurry")

    assert "text_from_caller" in world.kinds()
