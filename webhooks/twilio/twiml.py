"""The documents that Twilio gets. Texts come from the contract; callers' words are never spoken."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, request
from twilio.twiml import TwiML
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from triage.policy import spoken_alert
from triage.policy.menu import Known, Line, Question, Step, Turn, nothing_recorded, terms_of_the_window
from triage.policy.phone import Language
from triage.policy.speech import sentences
from triage.policy.terms import Terms
from triage.policy.twilio_words import PERSIST
from webhooks.program import program


def answer(document: TwiML) -> Response:
    return Response(str(document), content_type="text/xml; charset=utf-8")


def address(path: str) -> str:
    """An absolute address of ours, as Twilio knows it."""
    return program().settings.public_url + path


def say(document: VoiceResponse | Gather, text: str, language: Language = "en") -> None:
    """Speak in a language that callers may choose. Technicians are spoken to in English."""
    if text:
        words = sentences(language, _terms())
        document.say(text, voice=words.voice, language=words.language)


def menu_document(turn: Turn) -> VoiceResponse:
    """What a caller hears next: words, every question that is left, the tone. Who presses nothing is recorded."""
    document, language = VoiceResponse(), turn.known.language
    if not turn.questions:
        _say_lines(document, turn.said)
    for number, question in enumerate(turn.questions):  # a key during the first words answers what follows them
        lines = (*turn.said, *question.lines) if number == 0 else question.lines
        document.append(_gather(question, lines, language))
    return _then_record(document, turn.known.language, turn.before_tone)


def desk_document() -> VoiceResponse:
    """Ring the day desk. Whoever picks up there has to press a key, so that no voicemail box swallows the caller."""
    document, phone = VoiceResponse(), _terms().phone
    dial = Dial(
        action=address("/twilio/voice/desk"),
        method="POST",
        answer_on_bridge=True,
        timeout=int(phone.day_desk_rings.total_seconds()),
    )
    for number in phone.day_desk:
        dial.number(number, url=address("/twilio/voice/desk/accept"), method="POST")
    document.append(dial)
    return document


def accept_document() -> VoiceResponse:
    """What somebody at the day desk hears before they are put through."""
    document, phone = VoiceResponse(), _terms().phone
    gather = Gather(
        action=address("/twilio/voice/desk/accept"),
        method="POST",
        input="dtmf",
        num_digits=1,
        timeout=int(phone.key_wait.total_seconds()),
        finish_on_key="",
    )
    for _ in range(2):
        say(gather, sentences(_first_language(), _terms()).desk, _first_language())
    document.append(gather)
    document.hangup()
    return document


def answer_without_us() -> Response:
    """What is heard when we are in trouble: a caller can leave the message all the same, and is not asked to leave it
    twice; a technician hears that there is one; whoever else picked up is put down."""
    document, language, terms = VoiceResponse(), _first_language(), _terms()
    if request.path.startswith(("/twilio/alert/", "/twilio/bridge/", "/twilio/hear/")):
        is_key = request.path.startswith("/twilio/alert/") and request.path.endswith("/key")
        say(document, spoken_alert.KEY_NOT_KEPT if is_key else spoken_alert.WITHOUT_DETAILS)
        document.hangup()
    elif request.path == "/twilio/voice/desk/accept":
        document.hangup()
    elif request.path == "/twilio/voice/recorded":
        say(document, sentences(language, terms).thanks, language)
        document.hangup()
    else:
        known = Known(answered_at=program().now(), language=language)
        say(document, " ".join(terms_of_the_window(known, terms)), language)
        _then_record(document, language, (Line(language, sentences(language, terms).record),))
    return answer(document)


def reply(text: str | None) -> Response:
    """The answer to a text; an empty document sends nothing."""
    document = MessagingResponse()
    if text:
        document.message(text)
    return answer(document)


def _gather(question: Question, lines: Iterable[Line], language: Language) -> Gather:
    """A question during which, and just after which, the caller may press a key. A number and a PIN end with pound."""
    phone = _terms().phone
    is_number = question.step in {Step.DIGITS, Step.PIN}
    wait = phone.number_wait if is_number else phone.key_wait
    gather = Gather(
        action=address(f"/twilio/voice/{question.step.value}?repeats={question.repeats}&language={language}"),
        method="POST",
        input="dtmf",
        timeout=int(wait.total_seconds()),
        finish_on_key="#" if is_number else "",
        **({} if is_number else {"num_digits": 1}),
    )
    _say_lines(gather, lines)
    return gather


def _then_record(document: VoiceResponse, language: Language, before_tone: Iterable[Line]) -> VoiceResponse:
    """The tone and the recording, and what follows if nothing was recorded."""
    terms = _terms()
    _say_lines(document, before_tone)
    # Twilio transcribes American English only.
    is_transcribed = terms.recordings.transcription == "provider" and language == "en"
    document.record(
        action=address("/twilio/voice/recorded"),
        method="POST",
        max_length=int(terms.phone.max_length.total_seconds()),
        timeout=int(terms.phone.silence.total_seconds()),
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=address("/twilio/recording") + PERSIST,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
        **({"transcribe": True, "transcribe_callback": address("/twilio/transcription")} if is_transcribed else {}),
    )
    say(document, nothing_recorded(language, terms), language)
    return document


def _say_lines(document: VoiceResponse | Gather, lines: Iterable[Line]) -> None:
    for line in lines:
        say(document, line.text, line.language)


def _terms() -> Terms:
    return program().desk.terms


def _first_language() -> Language:
    return _terms().phone.languages[0]
