"""Each kind of webhook can be lost, doubled or turned round by itself."""

from __future__ import annotations

import pytest
from twilio.rest import Client

from tests.simulator.conftest import CALLER, DANA, OURS, PUBLIC, OurSide
from webhooks.simulator.phone_system import PhoneSystem, Webhook

RECORD = f"""<Response><Record action="/said" recordingStatusCallback="{PUBLIC}/recording" transcribe="true"
  transcribeCallback="{PUBLIC}/words"/></Response>"""
PATHS = {
    Webhook.DOCUMENT: {"/twilio/voice", "/said", "/spoken"},
    Webhook.TEXT: {"/twilio/sms"},
    Webhook.CALL_STATUS: {"/twilio/call-status", "/status"},
    Webhook.RECORDING: {"/recording"},
    Webhook.TRANSCRIPTION: {"/words"},
    Webhook.MESSAGE_STATUS: {"/delivery"},
}
ALL = set().union(*PATHS.values())


def everything_happens(phones: PhoneSystem, client: Client, ours: OurSide) -> list[str]:
    ours.twiml["/twilio/voice"] = RECORD
    phones.leave_voicemail(CALLER)
    phones.text(CALLER, "hello")
    client.messages.create(to=DANA, from_=OURS, body="x", status_callback=f"{PUBLIC}/delivery")
    client.calls.create(
        to=DANA,
        from_=OURS,
        url=f"{PUBLIC}/spoken",
        status_callback=f"{PUBLIC}/status",
        status_callback_event=["ringing", "completed"],
    )
    phones.run_all()
    return ours.paths()


@pytest.mark.parametrize("kind", list(Webhook))
def test_a_kind_that_is_dropped_is_all_that_is_missing(
    phones: PhoneSystem, client: Client, ours: OurSide, kind: Webhook
) -> None:
    phones.faults.drop = {kind}

    got = everything_happens(phones, client, ours)

    missing = ALL - set(got)
    assert missing == (PATHS[kind] | {"/recording", "/words"} if kind is Webhook.DOCUMENT else PATHS[kind])


@pytest.mark.parametrize("kind", list(Webhook))
def test_a_kind_that_is_doubled_comes_twice(phones: PhoneSystem, client: Client, ours: OurSide, kind: Webhook) -> None:
    usual = {"/delivery": 2, "/status": 2}
    phones.faults.double = {kind}

    got = everything_happens(phones, client, ours)

    for path in ALL:
        assert got.count(path) == usual.get(path, 1) * (2 if path in PATHS[kind] else 1), path


def test_reports_of_a_call_can_come_last_first(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.faults.reverse = {Webhook.CALL_STATUS}

    everything_happens(phones, client, ours)

    assert [form["SequenceNumber"] for form in ours.forms("/status")] == ["1", "0"]
    assert [form["MessageStatus"] for form in ours.forms("/delivery")] == ["sent", "delivered"]


def test_where_we_cannot_be_reached_nothing_arrives_and_the_fallback_records(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.faults.drop_webhooks = True
    phones.ours.fallback_twiml = RECORD

    got = everything_happens(phones, client, ours)

    assert got == []
    assert [recording.status for recording in phones.recordings()] == ["completed"]
