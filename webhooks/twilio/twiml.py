"""The documents that Twilio gets. Texts come from the contract's greeting; callers' words are never spoken."""

from __future__ import annotations

from flask import Response, request
from twilio.twiml import TwiML
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Gather, VoiceResponse

from triage.policy.terms import Greeting
from triage.policy.twilio_words import PERSIST
from triage.policy.wording import SPOKEN_WITHOUT_DETAILS
from webhooks.program import program


def answer(document: TwiML) -> Response:
    return Response(str(document), content_type="text/xml; charset=utf-8")


def address(path: str) -> str:
    """An absolute address of ours, as Twilio knows it."""
    return program().settings.public_url + path


def say(document: VoiceResponse | Gather, text: str) -> None:
    document.say(text, language=_greeting().language)


def with_keys(document: VoiceResponse, sentences: list[str]) -> None:
    """Sentences during which, and just after which, the caller may press a key."""
    gather = Gather(
        action=address("/twilio/voice/keys"), input="dtmf", num_digits=1, timeout=2, finish_on_key="", method="POST"
    )
    say(gather, " ".join(sentences))
    document.append(gather)


def then_record(document: VoiceResponse) -> VoiceResponse:
    """The tone and the recording, and what follows if nothing was recorded."""
    greeting = _greeting()
    say(document, greeting.record)
    document.record(
        action=address("/twilio/voice/recorded"),
        method="POST",
        max_length=int(greeting.max_length.total_seconds()),
        timeout=int(greeting.silence.total_seconds()),
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=address("/twilio/recording") + PERSIST,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
        **(
            {"transcribe": True, "transcribe_callback": address("/twilio/transcription")} if greeting.transcribe else {}
        ),
    )
    say(document, greeting.nothing)
    return document


def answer_without_us() -> Response:
    """What is heard when we are in trouble: a caller can leave the message all the same, a technician hears that
    there is one."""
    document = VoiceResponse()
    if request.path.startswith(("/twilio/alert/", "/twilio/bridge/")):
        say(document, SPOKEN_WITHOUT_DETAILS)
        document.hangup()
        return answer(document)
    say(document, _greeting().opening)
    return answer(then_record(document))


def reply(text: str | None) -> Response:
    """The answer to a text; an empty document sends nothing."""
    document = MessagingResponse()
    if text:
        document.message(text)
    return answer(document)


def _greeting() -> Greeting:
    return program().desk.terms.greeting
