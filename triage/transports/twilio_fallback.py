"""The document that Twilio keeps for calls to our number while we cannot answer: it needs nobody of ours."""

from __future__ import annotations

from twilio.twiml.voice_response import VoiceResponse

from triage.errors import ConfigurationError
from triage.policy.menu import nothing_recorded
from triage.policy.speech import sentences
from triage.policy.terms import Terms
from triage.policy.twilio_words import PERSIST

_LONGEST = 4000  # what Twilio takes as a document of one piece


def fallback_document(terms: Terms, public_url: str) -> str:
    """TwiML that announces the recording in every language, records, and reports where we listen.

    It has no `action`: at an address of ours it would fail just then, and Twilio would speak of an error. Without one
    Twilio begins the document again where a recording ends and the caller has not hung up. So nothing ends a message
    but the star key, hanging up, and the longest message; silence does not. Who is heard again may go on speaking.
    Raises ConfigurationError where the texts are too long.
    """
    document = VoiceResponse()
    spoken = [sentences(language, terms) for language in terms.phone.languages]
    for words in spoken:
        document.say(words.unattended, voice=words.voice, language=words.language)
    document.record(
        max_length=int(terms.phone.max_length.total_seconds()),
        timeout=0,  # a pause for thought must not end the message
        finish_on_key="*",
        play_beep=True,
        recording_status_callback=f"{public_url}/twilio/recording{PERSIST}",
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
    for language, words in zip(terms.phone.languages, spoken, strict=True):  # only where nothing was recorded
        document.say(nothing_recorded(language, terms), voice=words.voice, language=words.language)
    document.hangup()
    text = str(document)
    if len(text) > _LONGEST:
        raise ConfigurationError(f"the document has {len(text)} characters: shorten spoken.en.unattended and its like")
    return text
