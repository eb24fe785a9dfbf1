from __future__ import annotations

import pytest
from twilio.rest import Client

from tests.simulator.conftest import CALLER, FRIDAY_NIGHT, OURS, OurSide
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.posting import Answer

GREETING = """
<Response>
  <Say>You have reached after-hours support.</Say>
  <Record action="/twilio/voice/end" recordingStatusCallback="/twilio/recording"
          recordingStatusCallbackEvent="completed absent" transcribe="true"
          transcribeCallback="/twilio/transcription" finishOnKey="#" maxLength="100"/>
  <Say>We heard nothing.</Say>
</Response>
"""


@pytest.fixture
def greeting(ours: OurSide) -> OurSide:
    ours.twiml = {
        "/twilio/voice": GREETING,
        "/twilio/voice/end": "<Response><Say>Thank you.</Say><Hangup/></Response>",
    }
    return ours


def test_a_voicemail_is_walked_from_ringing_to_the_last_callback(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER, seconds=42, transcript="the gateway is down")

    assert call.heard == ("You have reached after-hours support.",)
    assert call.failed_because is None
    assert greeting.paths() == [
        "/twilio/voice",
        "/twilio/voice/end",
        "/twilio/recording",
        "/twilio/transcription",
        "/twilio/call-status",
    ]


def test_the_voice_webhook_gets_twilios_parameters(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER)

    form = greeting.forms("/twilio/voice")[0]
    expected = {
        "CallSid": call.sid,
        "AccountSid": phones.account_sid,
        "From": CALLER,
        "To": OURS,
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "CallerCity": "CLEVELAND",
        "FromState": "OH",
        "ToCountry": "US",
    }
    assert expected.items() <= form.items()


def test_a_recording_ended_now_and_says_when_it_started(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER, seconds=42)

    form = greeting.forms("/twilio/recording")[0]
    assert form == {
        "AccountSid": phones.account_sid,
        "CallSid": call.sid,
        "RecordingSid": call.recording_sid,
        "RecordingUrl": form["RecordingUrl"],
        "RecordingStatus": "completed",
        "RecordingDuration": "42",
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
        "RecordingStartTime": "Fri, 06 Mar 2026 23:29:18 +0000",
        "RecordingTrack": "both",
    }
    assert form["RecordingUrl"].endswith(f"/Recordings/{call.recording_sid}")


def test_a_caller_who_hangs_up_ends_the_recording_with_hangup(phones: PhoneSystem, greeting: OurSide) -> None:
    phones.leave_voicemail(CALLER)

    form = greeting.forms("/twilio/voice/end")[0]
    assert (form["Digits"], form["CallStatus"], form["RecordingDuration"]) == ("hangup", "completed", "30")


def test_a_caller_who_presses_the_ending_key_hears_what_follows(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER, keys="#")

    assert call.heard[-1] == "Thank you."
    assert greeting.forms("/twilio/voice/end")[0]["Digits"] == "#"


def test_a_recording_stops_at_its_greatest_length(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER, seconds=500)

    assert greeting.forms("/twilio/recording")[0]["RecordingDuration"] == "100"
    assert "Digits" not in greeting.forms("/twilio/voice/end")[0]
    assert call.heard[-1] == "Thank you."


def test_a_transcript_comes_with_the_caller(phones: PhoneSystem, greeting: OurSide) -> None:
    phones.leave_voicemail(CALLER, transcript="the gateway is down")

    form = greeting.forms("/twilio/transcription")[0]
    assert (form["TranscriptionStatus"], form["TranscriptionText"], form["From"]) == (
        "completed",
        "the gateway is down",
        CALLER,
    )


def test_a_transcript_that_failed_has_no_text(phones: PhoneSystem, greeting: OurSide) -> None:
    phones.leave_voicemail(CALLER)

    form = greeting.forms("/twilio/transcription")[0]
    assert (form["TranscriptionStatus"], form["TranscriptionText"]) == ("failed", "")


def test_two_seconds_are_too_short_to_be_transcribed(phones: PhoneSystem, greeting: OurSide) -> None:
    phones.leave_voicemail(CALLER, seconds=2, transcript="hm")

    assert greeting.forms("/twilio/transcription") == []


def test_silence_is_an_absent_recording_and_the_next_verb_runs(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER, silent=True)

    assert call.heard[-1] == "We heard nothing."
    assert call.recording_sid is None
    assert greeting.forms("/twilio/voice/end") == []
    form = greeting.forms("/twilio/recording")[0]
    assert form["RecordingStatus"] == "absent"
    assert "RecordingDuration" not in form


def test_absent_is_not_told_to_who_did_not_ask(phones: PhoneSystem, greeting: OurSide) -> None:
    greeting.twiml["/twilio/voice"] = GREETING.replace("completed absent", "completed")

    phones.leave_voicemail(CALLER, silent=True)

    assert greeting.forms("/twilio/recording") == []


def test_a_caller_who_hangs_up_at_the_greeting_leaves_a_call_and_no_recording(
    phones: PhoneSystem, greeting: OurSide
) -> None:
    call = phones.leave_voicemail(CALLER, hang_up_at_greeting=True)

    assert call.recording_sid is None
    assert greeting.paths() == ["/twilio/voice", "/twilio/call-status"]


def test_a_withheld_number_is_anonymous(phones: PhoneSystem, greeting: OurSide) -> None:
    phones.leave_voicemail(CALLER, withheld=True)

    form = greeting.forms("/twilio/voice")[0]
    assert form["From"] == "anonymous"
    assert "FromCity" not in form


def test_the_numbers_own_status_callback_comes_last(phones: PhoneSystem, greeting: OurSide) -> None:
    call = phones.leave_voicemail(CALLER, seconds=42)

    form = greeting.forms("/twilio/call-status")[0]
    expected = {
        "CallSid": call.sid,
        "CallStatus": "completed",
        "CallDuration": str(call.seconds),
        "Timestamp": "Fri, 06 Mar 2026 23:30:00 +0000",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
    }
    assert expected.items() <= form.items()
    assert call.seconds >= 42


def test_reports_of_a_call_can_come_in_reverse(phones: PhoneSystem, greeting: OurSide) -> None:
    phones.faults.reverse_reports = True

    phones.leave_voicemail(CALLER)

    assert greeting.paths()[-3:] == ["/twilio/call-status", "/twilio/transcription", "/twilio/recording"]


def test_a_recording_nobody_was_told_of_is_on_the_list(phones: PhoneSystem, greeting: OurSide, client: Client) -> None:
    phones.faults.drop_recording_reports = True

    call = phones.leave_voicemail(CALLER)

    assert greeting.forms("/twilio/recording") == []
    recording = client.recordings.list(date_created_after=FRIDAY_NIGHT.replace(hour=23, minute=0))[0]
    assert (recording.sid, recording.call_sid, recording.duration) == (call.recording_sid, call.sid, "30")


def test_the_lock_is_free_while_a_webhook_is_posted(phones: PhoneSystem, greeting: OurSide) -> None:
    poster = phones.exchange.poster
    post = poster._post
    free: list[bool] = []

    def watch(url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        free.append(not phones.exchange.lock._is_owned())  # type: ignore[attr-defined]
        return post(url, form, headers)

    poster._post = watch

    phones.leave_voicemail(CALLER, transcript="x")

    assert free == [True] * 5
