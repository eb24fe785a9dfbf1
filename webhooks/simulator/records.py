"""What the phone system remembers: phones, texts, messages, calls and recordings, as values."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum


class Behaviour(StrEnum):
    """How a phone treats what is sent to it."""

    NORMAL = "normal"
    DEAD = "dead"
    LANDLINE = "landline"
    OPTED_OUT = "opted_out"
    FILTERED = "filtered"
    UNREGISTERED = "unregistered"
    VOICEMAIL_BOX = "voicemail_box"
    BUSY = "busy"
    ASLEEP = "asleep"
    """Texts arrive, and calls ring until they are given up."""
    BY_HAND = "by_hand"
    """Somebody holds it, on the page: it rings until they do something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text as a phone shows it."""

    sid: str
    from_: str
    to: str
    body: str
    at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message resource; `landed_at` is when the phone showed it, None while it did not."""

    sid: str
    from_: str
    to: str
    body: str
    direction: str
    status: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    landed_at: datetime | None = None
    error_code: int | None = None
    service_sid: str | None = None
    status_callback: str | None = None

    def as_text(self) -> Text:
        at = self.landed_at or self.created_at
        return Text(sid=self.sid, from_=self.from_, to=self.to, body=self.body, at=at, status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call resource and what was said in it. `heard` is in the order of the call, one entry a sentence."""

    sid: str
    from_: str
    to: str
    direction: str
    status: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    parent_sid: str | None = None
    bridged_to: str | None = None
    """The SID of the leg it is put through to at this moment."""
    answered_by: str | None = None
    is_box: bool = False
    """A voicemail box picked up."""
    url: str | None = None
    twiml: str | None = None
    detects_machines: bool = False
    timeout: int = 60
    send_digits: str = ""
    status_callback: str | None = None
    events: frozenset[str] = frozenset({"completed"})
    reports: int = 0
    heard: tuple[str, ...] = ()
    pressed: str = ""
    warnings: tuple[str, ...] = ()
    failed_because: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status in {"completed", "busy", "failed", "no-answer", "canceled"}

    @property
    def seconds(self) -> int | None:
        """From answer to end, both in whole seconds as REST shows them; None without an answer or before the end."""
        if self.started_at is None or self.ended_at is None or self.status != "completed":
            return None
        return int(self.ended_at.timestamp()) - int(self.started_at.timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording resource; without audio where the status is `absent`."""

    sid: str
    call_sid: str
    status: str
    started_at: datetime
    created_at: datetime
    seconds: int
    source: str = "RecordVerb"
    audio: bytes | None = field(default=None, repr=False)
    """A WAV file; None where a tone stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was understood of a recording; `text` is None where nothing was."""

    sid: str
    recording_sid: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One phone at one moment: its owner, how it behaves, what it shows."""

    number: str
    name: str = ""
    role: str = ""
    behaviour: Behaviour = Behaviour.NORMAL
    presses: tuple[str, ...] = ("",)
    """The keys on one call after the other; the last stay."""
    talks_for: int = 60
    picks_up_after: float | None = None
    hangs_up_after: float | None = None
    texts: tuple[Text, ...] = ()
    calls: tuple[Call, ...] = ()

    @property
    def will_press(self) -> str:
        """The keys on the next call."""
        return self.presses[0]

    @property
    def inbox(self) -> tuple[Text, ...]:
        """What arrived, oldest first."""
        return tuple(text for text in self.texts if text.to == self.number)

    @property
    def sent(self) -> tuple[Text, ...]:
        """What was written on this phone, oldest first."""
        return tuple(text for text in self.texts if text.from_ == self.number)

    @property
    def heard(self) -> tuple[str, ...]:
        """All that was spoken to this phone, oldest first."""
        return tuple(sentence for call in self.calls for sentence in call.heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCall:
    """How a call to our number went; `failed_because` is None where every step got good TwiML."""

    sid: str
    from_: str
    heard: tuple[str, ...]
    pressed: str
    recording_sid: str | None
    seconds: int
    failed_because: str | None
    warnings: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class NumberSettings:
    """Where our number sends its webhooks; `fallback_twiml` is a document hosted at Twilio (a TwiML bin)."""

    number: str
    voice_url: str
    sms_url: str
    status_callback: str
    voice_fallback_url: str = ""
    sms_fallback_url: str = ""
    voice_method: str = "POST"
    sms_method: str = "POST"
    status_callback_method: str = "POST"
    voice_application_sid: str = ""
    sms_application_sid: str = ""
    trunk_sid: str = ""
    fallback_twiml: str | None = None
    can: tuple[str, ...] = ("voice", "sms")
    sid: str = field(default_factory=lambda: new_sid("PN"))


def new_sid(prefix: str) -> str:
    """A SID of Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def rfc2822(at: datetime | None) -> str | None:
    """The form in which Twilio writes instants, in UTC."""
    return format_datetime(at) if at else None
