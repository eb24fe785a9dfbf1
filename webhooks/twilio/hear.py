"""Calls that play the message of a case to a technician who asked for it; nothing is played before a key."""

from __future__ import annotations

from flask import Response, request
from twilio.twiml.voice_response import Gather, VoiceResponse

from triage.policy import hearing_words as words
from triage.policy.spoken_alert import GOODBYE
from triage.policy.twilio_words import PERSIST
from triage.services import hearing
from webhooks.program import desk, program
from webhooks.twilio import form, twilio
from webhooks.twilio.alert import play
from webhooks.twilio.bridge import put_through
from webhooks.twilio.twiml import address, answer, say

_PLAY = "1"
_CALL_BACK = "2"
_WAITS_FOR_KEY_S = 5


@twilio.post("/hear/<int:delivery_id>")
def hear(delivery_id: int) -> Response:
    """Somebody picked up, or a voicemail box did: only a key shows that it is the technician."""
    sentences = hearing.question(desk(), delivery_id)
    document = VoiceResponse()
    if sentences is not None:
        gather = _gather(delivery_id)
        for sentence in sentences:
            say(gather, sentence)
        document.append(gather)
        say(document, words.NO_KEY)
    document.hangup()
    return answer(document)


@twilio.post("/hear/<int:delivery_id>/key")
def hear_key(delivery_id: int) -> Response:
    """Key 1 plays the message, as often as it is pressed; key 2 calls back. Any other key ends the call."""
    key, document = request.form.get("Digits"), VoiceResponse()
    if key == _CALL_BACK and hearing.may_call_back(desk(), delivery_id):
        return answer(put_through(delivery_id))
    found = hearing.hear(desk(), delivery_id, form.sid("CallSid", "CA"), program().now()) if key == _PLAY else None
    if found is not None:
        gather = _gather(delivery_id)
        play(gather, found.voicemails, found.listener)
        say(gather, found.sentence)
        document.append(gather)
    say(document, GOODBYE)
    document.hangup()
    return answer(document)


def _gather(delivery_id: int) -> Gather:
    return Gather(
        action=address(f"/twilio/hear/{delivery_id}/key") + PERSIST,
        method="POST",
        input="dtmf",
        num_digits=1,
        timeout=_WAITS_FOR_KEY_S,
        finish_on_key="",
    )
