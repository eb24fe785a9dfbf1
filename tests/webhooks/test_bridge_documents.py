"""What a technician hears who is put through to a caller: every document verb by verb."""

from __future__ import annotations

import pytest

from tests.support.fixtures import LEE
from tests.support.shared_freeze import clock, frozen  # noqa: F401 - fixtures of this file
from tests.support.wire import Wire, call_form, sid, twiml
from tests.support.world import CALLER, OUR_NUMBER, PUBLIC_URL, World

LEG = f"{PUBLIC_URL}/twilio/bridge/leg"


@pytest.fixture
def ringing(world: World) -> World:
    """Lee asked to be put through and has not picked up."""
    world.voicemail(attested=True)
    world.text(LEE, "CALL")
    return world


def call_of(world: World) -> str:
    """The path of the call to the technician."""
    [call] = [call for call in world.phones.calls() if call.url and "/bridge/" in call.url]
    assert call.url is not None
    return call.url.removeprefix(PUBLIC_URL)


def test_who_picks_up_is_asked_twice_for_one_key_and_silence_ends_the_call(ringing: World) -> None:
    path = call_of(ringing)

    document = twiml(Wire.of(ringing).post(path, call_form()))

    assert [verb.tag for verb in document] == ["Gather", "Say", "Hangup"]
    assert document[0].attrib == {
        "action": f"{PUBLIC_URL}{path}/key",
        "finishOnKey": "",
        "input": "dtmf",
        "method": "POST",
        "numDigits": "1",
        "timeout": "5",
    }
    assert [verb.tag for verb in document[0]] == ["Say", "Say"]


def test_key_1_dials_the_caller_from_our_number(ringing: World) -> None:
    document = twiml(Wire.of(ringing).post(f"{call_of(ringing)}/key", call_form(Digits="1")))

    assert [verb.tag for verb in document] == ["Say", "Dial"]
    dial = document[1]
    [number] = dial
    assert dial.attrib == {
        "action": f"{LEG}/1/done",
        "answerOnBridge": "true",
        "callerId": OUR_NUMBER,
        "hangupOnStar": "true",
        "method": "POST",
        "timeLimit": "7200",
        "timeout": "30",
    }
    assert (number.tag, number.text) == ("Number", CALLER)
    assert number.attrib == {
        "statusCallback": f"{LEG}/1/status#rc=5&rp=all",
        "statusCallbackEvent": "answered completed",
        "statusCallbackMethod": "POST",
    }


def test_key_1_twice_dials_once(ringing: World) -> None:
    wire, path, form = Wire.of(ringing), f"{call_of(ringing)}/key", call_form(Digits="1")

    first, second = wire.post(path, form), wire.post(path, form)

    assert first.data == second.data
    assert len(ringing.case()["bridges"]) == 1


@pytest.mark.parametrize("digits", ["", "2", "9", "#", "11", "x" * 40])
def test_any_other_key_calls_nobody(ringing: World, digits: str) -> None:
    document = twiml(Wire.of(ringing).post(f"{call_of(ringing)}/key", call_form(Digits=digits)))

    assert [verb.tag for verb in document] == ["Say", "Hangup"]
    assert ringing.case()["bridges"] == []


def test_after_a_conversation_the_technician_may_say_that_it_was_a_voicemail_box(ringing: World) -> None:
    wire = Wire.of(ringing)
    wire.post(f"{call_of(ringing)}/key", call_form(Digits="1"))

    document = twiml(
        wire.post(
            "/twilio/bridge/leg/1/done",
            call_form(DialCallStatus="completed", DialCallSid=sid("CA"), DialCallDuration="48", DialBridged="true"),
        )
    )

    assert [verb.tag for verb in document] == ["Gather", "Say", "Hangup"]
    assert document[0].attrib["action"] == f"{LEG}/1/said"
    assert ringing.case()["bridges"][0]["seconds"] == 48


@pytest.mark.thorough
@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_after_no_answer_key_1_tries_again(ringing: World, status: str) -> None:
    wire, path = Wire.of(ringing), call_of(ringing)
    wire.post(f"{path}/key", call_form(Digits="1"))

    document = twiml(wire.post("/twilio/bridge/leg/1/done", call_form(DialCallStatus=status, DialCallSid=sid("CA"))))

    assert [verb.tag for verb in document] == ["Gather", "Say", "Hangup"]
    assert document[0].attrib["action"] == f"{PUBLIC_URL}{path}/key"


@pytest.mark.parametrize(
    "path", ["/twilio/bridge/999", "/twilio/bridge/999/key", "/twilio/bridge/leg/999/done", "/twilio/bridge/leg/9/said"]
)
def test_call_that_does_not_exist_ends(world: World, path: str) -> None:
    document = twiml(Wire.of(world).post(path, call_form(Digits="1", DialCallStatus="completed")))

    assert document[-1].tag == "Hangup"
    assert document.find("Dial") is None


def test_alert_of_somebody_else_cannot_be_turned_into_a_call_to_a_text(world: World) -> None:
    world.voicemail(attested=True)

    document = twiml(Wire.of(world).post("/twilio/bridge/1/key", call_form(Digits="1")))

    assert [verb.tag for verb in document] == ["Hangup"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("CallSid", "CA1"), ("CallStatus", "Done!"), ("CallDuration", "-5"), ("Timestamp", "yesterday")],
)
def test_malformed_report_of_a_leg_is_refused(ringing: World, field: str, value: str) -> None:
    wire = Wire.of(ringing)
    wire.post(f"{call_of(ringing)}/key", call_form(Digits="1"))

    answer = wire.post(
        "/twilio/bridge/leg/1/status", call_form(CallStatus="completed", CallDuration="5") | {field: value}
    )

    assert answer.status_code == 400
    assert ringing.case()["bridges"][0]["outcome"] is None


def test_report_of_another_leg_changes_nothing(ringing: World) -> None:
    wire = Wire.of(ringing)
    wire.post(f"{call_of(ringing)}/key", call_form(Digits="1"))
    wire.post("/twilio/bridge/leg/1/status", call_form(CallStatus="ringing", CallSid=sid("CA")))

    wire.post("/twilio/bridge/leg/1/status", call_form(CallStatus="busy", CallSid=sid("CA")))

    assert ringing.case()["bridges"][0]["outcome"] is None


def test_time_of_a_report_that_cannot_be_is_not_believed(ringing: World) -> None:
    wire = Wire.of(ringing)
    wire.post(f"{call_of(ringing)}/key", call_form(Digits="1"))

    wire.post(
        "/twilio/bridge/leg/1/status",
        call_form(CallStatus="in-progress", CallSid=sid("CA"), Timestamp="Mon, 02 Nov 2020 01:00:00 +0000"),
    )

    assert ringing.case()["callback_made_at"] == ringing.now
