from __future__ import annotations

import pytest
from twilio.rest import Client

from tests.simulator.conftest import CALLER, PUBLIC, OurSide
from webhooks.simulator.phone_system import PhoneSystem

MENU = """
<Response>
  <Gather numDigits="1" action="/twilio/voice/menu"><Say>Press 1 for an emergency.</Say></Gather>
  <Redirect>/twilio/voice/record</Redirect>
</Response>
"""
ENTER = """
<Response>
  <Gather finishOnKey="#" action="/twilio/voice/ticket" actionOnEmptyResult="true"><Say>Ticket?</Say></Gather>
</Response>
"""


def test_keys_go_to_one_menu_after_the_other(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {"/twilio/voice": MENU, "/twilio/voice/menu": ENTER}

    call = phones.leave_voicemail(CALLER, keys="14711#")

    assert ours.forms("/twilio/voice/menu")[0]["Digits"] == "1"
    assert ours.forms("/twilio/voice/ticket")[0]["Digits"] == "4711"
    assert call.heard == ("Press 1 for an emergency.", "Ticket?")
    assert call.pressed == "1 4711"


def test_a_menu_without_a_key_falls_through_to_the_next_verb(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {"/twilio/voice": MENU, "/twilio/voice/record": ENTER}

    phones.leave_voicemail(CALLER, keys=",4711")

    assert ours.forms("/twilio/voice/menu") == []
    assert ours.forms("/twilio/voice/ticket")[0]["Digits"] == "4711"


def test_an_empty_answer_is_posted_where_the_menu_asks_for_it(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {"/twilio/voice": ENTER}

    phones.leave_voicemail(CALLER)

    assert ours.forms("/twilio/voice/ticket")[0]["Digits"] == ""


@pytest.mark.parametrize(
    ("twiml", "fault"),
    [
        ("not xml", "not well-formed"),
        ("<Answer/>", "not <Response>"),
        ("<!DOCTYPE r><Response/>", "DTD"),
        ("<Response><Sing/></Response>", "<Sing> is not allowed here"),
        ("<Response><Gather><Record/></Gather></Response>", "<Record> is not allowed here"),
        ("<Response>" + " " * 70_000 + "</Response>", "64 KiB"),
    ],
)
def test_invalid_twiml_fails_the_call_with_the_reason(
    phones: PhoneSystem, ours: OurSide, twiml: str, fault: str
) -> None:
    ours.twiml = {"/twilio/voice": twiml}

    call = phones.leave_voicemail(CALLER)

    assert fault in (call.failed_because or "")
    assert call.heard == ("We are sorry, an application error has occurred. Goodbye.",)


def test_an_error_status_fails_the_call(phones: PhoneSystem, ours: OurSide) -> None:
    ours.status = {"/twilio/voice": 500}

    call = phones.leave_voicemail(CALLER)

    assert (call.failed_because or "").endswith("/twilio/voice answered 500")
    assert phones.posted()[0].status == 500


def test_a_document_hosted_at_twilio_records_while_we_are_down(
    phones: PhoneSystem, ours: OurSide, client: Client
) -> None:
    ours.status = {"/twilio/voice": 503}
    phones.ours.fallback_twiml = f"""
      <Response><Record action="{PUBLIC}/twilio/voice/end"
        recordingStatusCallback="{PUBLIC}/twilio/recording"/></Response>"""

    call = phones.leave_voicemail(CALLER)

    assert call.failed_because
    assert ours.forms("/twilio/recording")[0]["RecordingSid"] == call.recording_sid
    assert [recording.sid for recording in client.recordings.list()] == [call.recording_sid]


def test_the_fallback_address_is_asked_where_the_first_fails(phones: PhoneSystem, ours: OurSide) -> None:
    ours.status = {"/twilio/voice": 503}
    ours.twiml = {"/fallback": "<Response><Say>Still here.</Say></Response>"}
    phones.ours.voice_fallback_url = f"{PUBLIC}/fallback"

    call = phones.leave_voicemail(CALLER)

    assert call.heard == ("Still here.",)
    assert ours.forms("/fallback")[0]["ErrorUrl"] == f"{PUBLIC}/twilio/voice"


def test_a_document_that_leads_back_to_itself_is_stopped(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {"/twilio/voice": "<Response><Redirect>/twilio/voice</Redirect></Response>"}

    call = phones.leave_voicemail(CALLER)

    assert call.failed_because == "the call goes round in circles"


def test_attributes_that_twilio_would_ignore_are_warned_of(phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml = {
        "/twilio/voice": """<Response><Say voce="x">Hi.</Say>
        <Record action="/e" recordingStatusCallbackEvent="['completed']"/></Response>"""
    }

    call = phones.leave_voicemail(CALLER)

    assert call.warnings == (
        "<Say> has no attribute voce",
        "<Record recordingStatusCallbackEvent> looks like a Python value: ['completed']",
    )
