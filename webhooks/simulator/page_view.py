"""What the page shows, gathered once a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from triage.clock import DemoClock
from webhooks.simulator.line_view import IDLE, OVER, LineView, line_of
from webhooks.simulator.phone_system import Behaviour, Phone, PhoneSystem
from webhooks.simulator.records import Call, Recording
from webhooks.simulator.roster_phones import CALLER, CALLERS

EASTERN = ZoneInfo("America/New_York")
BEHAVIOURS = {
    Behaviour.BY_HAND: "I answer it",
    Behaviour.NORMAL: "answers by itself",
    Behaviour.VOICEMAIL_BOX: "voicemail box",
    Behaviour.ASLEEP: "lets it ring",
    Behaviour.BUSY: "busy",
    Behaviour.DEAD: "dead",
    Behaviour.LANDLINE: "landline",
    Behaviour.OPTED_OUT: "opted out",
    Behaviour.FILTERED: "filtered",
    Behaviour.UNREGISTERED: "unregistered",
}
"""What a phone can be set to, in words; the first is how phones begin."""
SHOWN_CALLS, SHOWN_WEBHOOKS, SHOWN_TEXTS = 12, 40, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One call as the log tells it."""

    at: str
    title: str
    outcome: str
    heard: tuple[str, ...]
    notes: tuple[str, ...]
    sound: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """One webhook as the log tells it; `good` where it was answered with success."""

    at: str
    path: str
    about: str
    outcome: str
    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything on the page that changes."""

    clock: str
    ahead: str
    our_number: str
    phones: tuple[Phone, ...]
    lines: dict[str, LineView]
    sounds: frozenset[str]
    strangers: tuple[Phone, ...]
    calls: tuple[CallView, ...]
    webhooks: tuple[WebhookView, ...]

    def callers(self) -> list[Phone]:
        return [phone for phone in self.phones if phone.role == CALLER]

    def running(self) -> list[tuple[Phone, LineView]]:
        """The phones that somebody holds in a call, or that ring, with their lines."""
        lines = [(phone, self.lines[phone.number]) for phone in self.phones]
        return [(phone, line) for phone, line in lines if line.state not in {IDLE, OVER}]

    def colleagues(self) -> list[Phone]:
        return [phone for phone in self.phones if phone.role != CALLER]

    def behaviour(self, phone: Phone) -> str:
        return BEHAVIOURS[phone.behaviour]

    def name(self, phone: Phone) -> str:
        return phone.name or CALLERS.get(phone.number) or pretty(phone.number)

    def pretty(self, number: str) -> str:
        return pretty(number)

    def at(self, instant: datetime) -> str:
        return _time(instant)


def view_of(phone_system: PhoneSystem, clock: DemoClock | None) -> View:
    """The page as of now: newest calls and webhooks first, texts oldest first."""
    phones = phone_system.phones()
    known = {phone.number for phone in phones}
    ours = phone_system.ours.number
    names = CALLERS | {phone.number: phone.name for phone in phones if phone.name} | {ours: "our number"}
    strange = {
        number
        for message in phone_system.messages()
        for number in (message.from_, message.to)
        if number not in known and number != ours
    }
    recordings = {recording.call_sid: recording for recording in phone_system.recordings()}
    calls = phone_system.calls()[: -SHOWN_CALLS - 1 : -1]
    return View(
        clock=f"{phone_system.now.astimezone(EASTERN):%a %-d %b %Y, %H:%M:%S %Z}",
        ahead=_ahead(clock.offset()) if clock else "",
        our_number=pretty(phone_system.ours.number),
        phones=phones,
        lines={phone.number: line_of(phone_system, phone.number, names) for phone in phones},
        sounds=frozenset(phone_system.exchange.sounds),
        strangers=tuple(phone_system.phone(number) for number in sorted(strange)),
        calls=tuple(_call(call, names, recordings.get(call.sid)) for call in calls),
        webhooks=_webhooks(phone_system),
    )


def pretty(number: str) -> str:
    """A North American number in groups; any other as it is."""
    if number.startswith("+1") and len(number) == 12:
        return f"+1 {number[2:5]} {number[5:8]} {number[8:]}"
    return number


def _call(call: Call, names: dict[str, str], recording: Recording | None) -> CallView:
    inbound = call.direction == "inbound"
    other = call.from_ if inbound else call.to
    who = "A withheld number" if other == "anonymous" else names.get(other, pretty(other))
    title = {
        "inbound": f"{who} calls us",
        "outbound-api": f"We call {who}",
        "outbound-dial": f"{who} is put through",
    }[call.direction]
    seconds = "" if call.seconds is None else f", {call.seconds} s"
    return CallView(
        at=_time(call.created_at),
        title=title,
        outcome=call.status.replace("-", " ") + seconds,
        heard=call.heard,
        notes=tuple(_notes(call, recording)),
        sound=recording.sid if recording and recording.status == "completed" else None,
    )


def _notes(call: Call, recording: Recording | None) -> list[str]:
    notes = [f"Pressed {call.pressed}"] if call.pressed else []
    if recording:
        left = recording.status == "completed"
        notes.append(f"Left a voicemail of {recording.seconds} s" if left else "Left no voicemail")
    if call.failed_because:
        notes.append(f"Failed: {call.failed_because}")
    return [*notes, *(f"Warning: {warning}" for warning in call.warnings)]


def _webhooks(phone_system: PhoneSystem) -> tuple[WebhookView, ...]:
    shown = []
    for posted in phone_system.posted()[: -SHOWN_WEBHOOKS - 1 : -1]:
        form = posted.form
        about = form.get("RecordingStatus") or form.get("TranscriptionStatus") or form.get("MessageStatus")
        good = posted.status is not None and posted.status < 400 and posted.because is None
        shown.append(
            WebhookView(
                at=_time(posted.at),
                path=urlsplit(posted.url).path,
                about=about or form.get("Digits") or form.get("CallStatus") or form.get("SmsStatus") or "",
                outcome=" ".join(str(part) for part in (posted.status, posted.because) if part),
                good=good,
            )
        )
    return tuple(shown)


def _time(at: datetime) -> str:
    return f"{at.astimezone(EASTERN):%H:%M:%S}"


def _ahead(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "in step with this machine"
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (rest, "min"))
    span = " ".join(f"{count} {unit}" for count, unit in parts if count)
    return f"{span} ahead of this machine"
