"""What an alert call says when somebody picks up."""

from __future__ import annotations

from flask import Response
from twilio.twiml.voice_response import VoiceResponse

from triage.services.alerts import spoken_words
from webhooks.program import desk, program
from webhooks.twilio import twilio
from webhooks.twilio.twiml import answer, say


@twilio.post("/alert/<int:delivery_id>")
def alert(delivery_id: int) -> Response:
    """The case in a sentence, twice."""
    words = spoken_words(desk(), delivery_id, program().now())
    document = VoiceResponse()
    if words is None:
        document.hangup()
        return answer(document)
    for _ in range(2):
        say(document, words)
        document.pause(length=1)
    return answer(document)
