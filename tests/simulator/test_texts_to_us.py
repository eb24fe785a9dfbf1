from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import DANA, OURS, OurSide
from webhooks.simulator.phone_system import Behaviour, PhoneSystem

REPLY = "<Response><Message>Case 17 is yours &amp; due at 9 PM.</Message></Response>"


def inbox(phones: PhoneSystem) -> list[str]:
    return [text.body for text in phones.phone(DANA).inbox]


def test_a_text_is_posted_and_its_reply_lands_on_the_phone(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {"/twilio/sms": REPLY}

    assert phones.text(DANA, "ACK") == "Case 17 is yours & due at 9 PM."

    form = ours.forms("/twilio/sms")[0]
    assert (form["From"], form["To"], form["Body"], form["NumMedia"]) == (DANA, OURS, "ACK", "0")
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]
    assert [text.body for text in phones.phone(DANA).texts] == ["ACK", "Case 17 is yours & due at 9 PM."]


def test_an_empty_response_sends_nothing(phones: PhoneSystem, ours: OurSide) -> None:
    assert phones.text(DANA, "ACK") is None
    assert inbox(phones) == []


def test_stop_is_passed_on_and_blocks_the_phone(phones: PhoneSystem, ours: OurSide, client: Client) -> None:
    ours.twiml = {"/twilio/sms": REPLY}

    assert phones.text(DANA, " stop ") is None

    assert ours.forms("/twilio/sms")[0]["Body"] == " stop "
    assert len(inbox(phones)) == 1
    assert "unsubscribed" in inbox(phones)[0]
    with pytest.raises(TwilioRestException) as refusal:
        client.messages.create(to=DANA, from_=OURS, body="x")
    assert refusal.value.code == 21610


def test_stop_among_other_words_is_no_stop(phones: PhoneSystem, ours: OurSide) -> None:
    phones.text(DANA, "stop please")

    assert phones.phone(DANA).behaviour is Behaviour.NORMAL


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_an_opt_in_word_opens_the_phone_again(phones: PhoneSystem, client: Client, word: str) -> None:
    phones.text(DANA, "STOP")

    phones.text(DANA, word)

    assert "re-subscribed" in inbox(phones)[-1]
    assert client.messages.create(to=DANA, from_=OURS, body="x").status == "queued"


def test_help_is_answered_by_twilio_and_passed_on(phones: PhoneSystem, ours: OurSide) -> None:
    phones.text(DANA, "HELP")

    assert inbox(phones) == ["Reply STOP to unsubscribe. Msg&Data Rates May Apply."]
    assert len(ours.forms("/twilio/sms")) == 1


def test_a_dead_phone_gets_no_reply(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {"/twilio/sms": REPLY}
    phones.set_behaviour(DANA, Behaviour.DEAD)

    assert phones.text(DANA, "ACK") is None
    assert inbox(phones) == []


def test_a_broken_answer_is_noted_and_the_text_stays_readable(
    phones: PhoneSystem, ours: OurSide, client: Client
) -> None:
    ours.twiml = {"/twilio/sms": "oops"}

    assert phones.text(DANA, "ACK") is None

    assert "not well-formed" in (phones.posted()[-1].because or "")
    assert [message.body for message in client.messages.list(from_=DANA)] == ["ACK"]
