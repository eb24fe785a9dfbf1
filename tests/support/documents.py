"""What Twilio asks of a voice document: which verbs, where they may stand, which attributes with which values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from tests.support.world import PUBLIC_URL

OURS = re.escape(PUBLIC_URL) + r"/twilio/[a-z/-]+[a-z]"
SECONDS = r"[1-9][0-9]{0,4}"
VOICES = {"en-US": "Polly.Joanna", "es-US": "Polly.Lupe"}
"""The shipped voices. Twilio fails a Say whose voice does not speak its language."""

NESTED: Mapping[str, frozenset[str]] = {
    "Response": frozenset({"Say", "Gather", "Record", "Dial", "Pause", "Hangup", "Reject"}),
    "Gather": frozenset({"Say", "Pause"}),
    "Dial": frozenset({"Number"}),
}
REQUIRED: Mapping[str, Mapping[str, str]] = {
    "Say": {"language": "en-US|es-US", "voice": r"Polly\.[A-Z][a-z]+"},
    "Gather": {
        "action": rf"{OURS}(\?[a-z0-9=&]+)?",
        "method": "POST",
        "input": "dtmf",
        "timeout": SECONDS,
        "finishOnKey": "|#",
    },
    "Record": {
        "action": OURS,
        "method": "POST",
        "maxLength": SECONDS,
        "timeout": SECONDS,
        "finishOnKey": "#",
        "playBeep": "true",
        "recordingStatusCallback": rf"{OURS}#rc=5&rp=all",
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed absent",
    },
    "Dial": {"action": OURS, "method": "POST", "answerOnBridge": "true", "timeout": SECONDS},
    "Number": {"url": OURS, "method": "POST"},
    "Reject": {"reason": "busy"},
    "Hangup": {},
    "Pause": {"length": SECONDS},
}
OPTIONAL: Mapping[str, Mapping[str, str]] = {
    "Gather": {"numDigits": SECONDS},
    "Record": {"transcribe": "true", "transcribeCallback": OURS},
}


def check_document(document: Element) -> None:
    """The document is one that Twilio walks to its end without a warning."""
    assert document.tag == "Response"
    assert document.attrib == {}
    for verb in document.iter():
        assert {child.tag for child in verb} <= NESTED.get(verb.tag, frozenset()), verb.tag
        if verb is not document:
            check_attributes(verb)
        if verb.tag in {"Say", "Number"}:
            assert verb.text
            assert verb.text.strip() == verb.text
    tags = [verb.tag for verb in document]
    assert all(tag == tags[0] and len(tags) == 1 for tag in tags if tag == "Reject")
    assert all(number == len(tags) - 1 for number, tag in enumerate(tags) if tag in {"Hangup", "Dial"})


def check_attributes(verb: Element) -> None:
    required, optional = REQUIRED[verb.tag], OPTIONAL.get(verb.tag, {})
    assert set(required) <= set(verb.attrib) <= set(required) | set(optional), f"{verb.tag} {verb.attrib}"
    for name, value in verb.attrib.items():
        assert re.fullmatch({**required, **optional}[name], value), f"{verb.tag} {name}={value!r}"
    if verb.tag == "Say":
        assert verb.attrib["voice"] == VOICES[verb.attrib["language"]]
    if verb.tag == "Gather":  # a number ends with the pound key; everything else is one key
        assert (verb.get("finishOnKey"), verb.get("numDigits")) in {("#", None), ("", "1")}


def check_reaches_the_tone(document: Element) -> None:
    """Whoever presses nothing is recorded without another word from us; then, if nothing was heard, a polite word."""
    check_document(document)
    tags = [verb.tag for verb in document]
    assert tags[-2:] == ["Record", "Say"]
    assert set(tags[:-2]) <= {"Say", "Gather"}
