"""What Twilio would ignore or stumble over in a well-formed document: strange attributes, values, order of verbs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from webhooks.simulator.twiml import Verb

Fault = str | None
Check = Callable[[str], Fault]
"""What is wrong with a value, None where nothing is."""

LONGEST_SPEECH = 4096
MOST_NUMBERS = 10
ENDS_A_DOCUMENT = frozenset({"Redirect", "Hangup", "Reject"})
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
RECORDING_EVENTS = ("in-progress", "completed", "absent")
BASIC_LANGUAGES = frozenset({"en", "en-US", "en-GB", "es", "es-ES", "es-MX", "fr", "fr-FR", "de", "de-DE"})
POLLY_VOICES = {
    "en-US": "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen",
    "en-GB": "Amy Arthur Brian Emma",
    "es-US": "Lupe Miguel Pedro Penelope",
    "es-MX": "Andres Mia",
    "es-ES": "Conchita Enrique Lucia Sergio",
}
"""Names of Amazon's voices that Twilio has, as far as this product speaks their languages."""


def whole(least: int, most: int) -> Check:
    def check(value: str) -> Fault:
        fits = value.isascii() and value.isdigit() and least <= int(value) <= most
        return None if fits else f"wanted a whole number from {least} to {most}"

    return check


def one_of(*words: str) -> Check:
    return lambda value: None if value in words else f"wanted one of: {', '.join(words)}"


def words_of(*known: str) -> Check:
    """One or several of these, separated by spaces."""

    def check(value: str) -> Fault:
        strange = [word for word in value.split() if word not in known]
        return f"wanted words of: {' '.join(known)}" if strange or not value.split() else None

    return check


def like(pattern: str, wanted: str) -> Check:
    return lambda value: None if re.fullmatch(pattern, value) else f"wanted {wanted}"


def absolute(value: str) -> Fault:
    """An address that Twilio calls by itself, later: nothing is there that a relative one could be relative to."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "wanted an absolute address"
    return "Twilio refuses host names with an underscore" if "_" in parts.hostname else None


def address(value: str) -> Fault:
    """An address that may be relative to the document's."""
    if not value.strip() or re.search(r"\s", value):
        return "wanted an address"
    return absolute(value) if "://" in value else None


KEYS = like(r"[0-9*#]*", "keys")
KEY = like(r"[0-9*#]?", "one key, or nothing")
DIGITS = like(r"[0-9A-DwW*#]+", "keys to send")
BOOLEAN = one_of("true", "false")
METHOD = one_of("POST", "GET")
LOOP = whole(0, 1000)
NUMBER = like(r"\+[1-9][0-9]{6,14}", "a number such as +16145550100")

RECORDS = {
    "recordingStatusCallback": absolute,
    "recordingStatusCallbackMethod": METHOD,
    "recordingStatusCallbackEvent": words_of(*RECORDING_EVENTS),
    "trim": one_of("trim-silence", "do-not-trim"),
}
CHECKS: dict[str, dict[str, Check]] = {
    "Say": {"loop": LOOP},
    "Play": {"loop": LOOP, "digits": DIGITS},
    "Pause": {"length": whole(1, 600)},
    "Gather": {
        "action": address,
        "method": METHOD,
        "input": one_of("dtmf", "speech", "dtmf speech"),
        "timeout": whole(1, 600),
        "numDigits": whole(1, 1000),
        "finishOnKey": KEY,
        "actionOnEmptyResult": BOOLEAN,
        "partialResultCallback": absolute,
    },
    "Record": {
        "action": address,
        "method": METHOD,
        "timeout": whole(0, 3600),
        "finishOnKey": KEYS,
        "maxLength": whole(1, 14_400),
        "playBeep": BOOLEAN,
        "transcribe": BOOLEAN,
        "transcribeCallback": absolute,
        **RECORDS,
    },
    "Redirect": {"method": METHOD},
    "Reject": {"reason": one_of("rejected", "busy")},
    "Dial": {
        "action": address,
        "method": METHOD,
        "answerOnBridge": BOOLEAN,
        "callerId": NUMBER,
        "timeout": whole(5, 600),
        "timeLimit": whole(1, 14_400),
        "hangupOnStar": BOOLEAN,
        "sequential": BOOLEAN,
        "record": one_of(
            "do-not-record", "record-from-answer", "record-from-ringing", "record-from-answer-dual",
            "record-from-ringing-dual",
        ),
        **RECORDS,
    },
    "Number": {
        "url": address,
        "method": METHOD,
        "sendDigits": DIGITS,
        "statusCallback": absolute,
        "statusCallbackMethod": METHOD,
        "statusCallbackEvent": words_of(*CALL_EVENTS),
    },
}  # fmt: skip


def strange_values(verb: Verb) -> Iterator[str]:
    """Sentences about the values of one verb's attributes, and about what it says or names."""
    for name, value in verb.attributes.items():
        check = CHECKS.get(verb.name, {}).get(name)
        if check and not value.startswith(("[", "{")) and (fault := check(value)):
            yield f"<{verb.name} {name}> is {value!r}: {fault}"
    match verb.name:
        case "Say":
            yield from _strange_speech(verb)
        case "Number" if fault := NUMBER(verb.text):
            yield f"<Number> is {verb.text!r}: {fault}"
        case "Redirect" if fault := address(verb.text):
            yield f"<Redirect> is {verb.text!r}: {fault}"
        case "Play" if not verb.get("digits") and (fault := address(verb.text)):
            yield f"<Play> is {verb.text!r}: {fault}"
        case "Dial" if len(verb.children) > MOST_NUMBERS:
            yield f"<Dial> has {len(verb.children)} numbers: Twilio takes {MOST_NUMBERS}"
        case "Dial" if not verb.children and (fault := NUMBER(verb.text)):
            yield f"<Dial> is {verb.text!r}: {fault}"


def strange_order(verbs: Sequence[Verb]) -> Iterator[str]:
    """Sentences about verbs that no call would reach."""
    for place, verb in enumerate(verbs):
        ends = verb.name in ENDS_A_DOCUMENT or (verb.name == "Dial" and verb.get("action"))
        if ends and place + 1 < len(verbs):
            yield f"<{verb.name}> ends the document: <{verbs[place + 1].name}> is never reached"
        if verb.name == "Reject" and place > 0:
            yield "<Reject> refuses a call only as the first verb"


def _strange_speech(verb: Verb) -> Iterator[str]:
    if not verb.text:
        yield "<Say> says nothing"
    if len(verb.text) > LONGEST_SPEECH:
        yield f"<Say> has {len(verb.text)} characters: Twilio takes {LONGEST_SPEECH}"
    voice, language = verb.get("voice", "man"), verb.get("language", "en-US")
    kind, _, name = voice.partition(".")
    if voice in {"man", "woman"}:
        known = language in BASIC_LANGUAGES
    else:
        plain = name.removesuffix("-Neural").removesuffix("-Generative")
        known = kind == "Google" or (kind == "Polly" and plain in POLLY_VOICES.get(language, "").split())
    if not known:
        yield f"<Say> asks for the voice {voice} in {language}: no such pair is known"
