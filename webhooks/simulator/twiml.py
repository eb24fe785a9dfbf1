"""TwiML as Twilio reads it: well formed, without a DTD, made of known verbs in allowed places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from webhooks.simulator.twiml_values import strange_order, strange_values

MAX_CHARACTERS = 64 * 1024
SPEECH = frozenset({"Say", "Play", "Pause"})

ATTRIBUTES = {
    "Say": {"voice", "language", "loop"},
    "Play": {"loop", "digits"},
    "Pause": {"length"},
    "Gather": {
        "action", "method", "input", "timeout", "speechTimeout", "numDigits", "finishOnKey",
        "actionOnEmptyResult", "language", "hints", "profanityFilter", "speechModel",
        "partialResultCallback", "partialResultCallbackMethod", "enhanced", "bargeIn", "debug", "maxSpeechTime",
    },
    "Record": {
        "action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim",
        "recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
        "transcribe", "transcribeCallback", "recordingConfigurationId",
    },
    "Redirect": {"method"},
    "Hangup": set[str](),
    "Reject": {"reason"},
    "Dial": {
        "action", "method", "answerOnBridge", "callerId", "timeout", "timeLimit", "hangupOnStar", "record",
        "trim", "recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
        "recordingTrack", "ringTone", "referUrl", "referMethod", "sequential", "callReason",
        "recordingConfigurationId",
    },
    "Number": {
        "url", "method", "sendDigits", "statusCallback", "statusCallbackEvent", "statusCallbackMethod",
        "machineDetection", "amdStatusCallback", "amdStatusCallbackMethod", "byoc",
    },
    "Message": {"to", "from", "action", "method", "statusCallback"},
}  # fmt: skip


class InvalidTwiml(Exception):
    """Twilio would not walk this document; the text says why."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb with its attributes, its text and its nested verbs."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple[Verb, ...]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def number(self, name: str, default: int) -> int:
        """A whole number; Twilio falls back to its default where the attribute makes none."""
        value = self.attributes.get(name, "").strip()
        return int(value) if value.isdigit() else default


@dataclass(frozen=True, slots=True)
class Document:
    """A TwiML document and the address it came from; `warnings` name what Twilio would ignore."""

    url: str
    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...]


def parse(body: str, url: str, *, allowed: frozenset[str]) -> Document:
    """The document in `body`. Raises InvalidTwiml where Twilio would play its error message."""
    if len(body) > MAX_CHARACTERS:
        raise InvalidTwiml("the document is larger than 64 KiB")
    if "<!DOCTYPE" in body or "<!ENTITY" in body:
        raise InvalidTwiml("the document has a DTD")
    try:
        root = ET.fromstring(body.strip().encode())  # noqa: S314 - no DTD gets here # nosec B314
    except ET.ParseError as error:
        raise InvalidTwiml(f"not well-formed XML: {error}") from error
    if root.tag != "Response":
        raise InvalidTwiml(f"the root is <{root.tag}>, not <Response>")
    verbs = tuple(_verb(element, allowed) for element in root)
    return Document(url, verbs, tuple(_warnings(verbs)))


def _verb(element: ET.Element, allowed: frozenset[str]) -> Verb:
    if element.tag not in allowed:
        raise InvalidTwiml(f"<{element.tag}> is not allowed here")
    children = tuple(_verb(child, inside) for child in element) if (inside := _inside(element.tag)) else ()
    spoken = "".join(element.itertext() if not children else [element.text or ""])
    # A text keeps its lines; what is spoken has none.
    text = spoken.strip() if element.tag in {"Message", "Body"} else " ".join(spoken.split())
    return Verb(element.tag, dict(element.attrib), text, children)


def _inside(tag: str) -> frozenset[str] | None:
    """The verbs that may be nested in this one; None where nested elements are its text (SSML, Body)."""
    if tag in {"Say", "Message"}:
        return None
    nested = {"Gather": SPEECH, "Dial": frozenset({"Number"})}
    return nested.get(tag) or frozenset({"nothing"})


def _warnings(verbs: Sequence[Verb]) -> Iterator[str]:
    yield from strange_order(verbs)
    for verb in verbs:
        for name, value in verb.attributes.items():
            if name not in ATTRIBUTES[verb.name]:
                yield f"<{verb.name}> has no attribute {name}"
            elif value.startswith(("[", "{")):
                yield f"<{verb.name} {name}> looks like a Python value: {value}"
            elif name == "method" and value.upper() == "GET":
                yield f"<{verb.name}> asks for {value}; the simulator always posts"
        yield from strange_values(verb)
        yield from _warnings(verb.children)
