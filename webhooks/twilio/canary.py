"""A test call of ours: recorded like any other, without questions, and hung up."""

from __future__ import annotations

from flask import Response
from twilio.twiml.voice_response import VoiceResponse

from triage.policy.canary import LONGEST_SECONDS
from triage.policy.twilio_words import PERSIST
from webhooks.twilio import twilio
from webhooks.twilio.twiml import address, answer

_SILENCE_SECONDS = 5


@twilio.post("/canary")
def test_call_ends() -> Response:
    """It has said its sentence; the recording is announced like any other."""
    document = VoiceResponse()
    document.hangup()
    return answer(document)


def test_call_document() -> VoiceResponse:
    """The recording alone: what callers are asked would take a minute."""
    document = VoiceResponse()
    document.record(
        action=address("/twilio/canary"),
        method="POST",
        max_length=LONGEST_SECONDS,
        timeout=_SILENCE_SECONDS,
        finish_on_key="",
        play_beep=False,
        recording_status_callback=address("/twilio/recording") + PERSIST,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
    document.hangup()
    return document
