"""Recordings and what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Webhook
from webhooks.simulator.person import Speech
from webhooks.simulator.posting import Report
from webhooks.simulator.records import Call, Recording, Transcript
from webhooks.simulator.sound import joined, shortened
from webhooks.simulator.twiml import Verb
from webhooks.simulator.wire_forms import recording_form, transcript_form

if TYPE_CHECKING:
    from webhooks.simulator.walk import Walk

LONGER_THAN, SHORTER_THAN = 2, 120  # seconds; Twilio transcribes nothing else and says nothing then


@dataclass(slots=True)
class Taken:
    """What one recording takes down while it runs."""

    seconds: float = 0
    _said: list[Speech] = field(default_factory=list)

    def add(self, speech: Speech) -> None:
        self.seconds += speech.seconds
        self._said.append(speech)

    @property
    def words(self) -> str | None:
        return " ".join(speech.words for speech in self._said if speech.words) or None

    @property
    def audio(self) -> bytes | None:
        """The sounds of it, one after the other; None where there are none."""
        sounds = [shortened(speech.audio, speech.seconds) for speech in self._said if speech.audio]
        return joined(sounds) if sounds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """A recording together with who wants to hear of it."""

    recording: Recording
    status_callback: str
    events: frozenset[str]
    transcribe_callback: str
    transcript: str | None

    @classmethod
    def of(cls, verb: Verb, base: str, recording: Recording, transcript: str | None) -> Tape:
        """What the attributes of a Record or Dial verb ask for."""
        status_callback = verb.get("recordingStatusCallback")
        transcribe = verb.get("transcribe").lower() == "true"
        transcribe_callback = verb.get("transcribeCallback") if transcribe else ""
        return cls(
            recording=recording,
            status_callback=urljoin(base, status_callback) if status_callback else "",
            events=frozenset(verb.get("recordingStatusCallbackEvent", "completed").split()),
            transcribe_callback=urljoin(base, transcribe_callback) if transcribe_callback else "",
            transcript=transcript,
        )

    def reports(self, exchange: Exchange, call: Call) -> list[Report]:
        """The callbacks in the order in which Twilio usually posts them."""
        reports = []
        if self.status_callback and self.recording.status in self.events:
            form = recording_form(exchange, self.recording)
            reports.append(Report(Webhook.RECORDING, self.status_callback, form))
        if self.transcribe_callback and LONGER_THAN < self.recording.seconds < SHORTER_THAN:
            transcript = Transcript(sid=exchange.new_sid("TR"), recording_sid=self.recording.sid, text=self.transcript)
            exchange.transcripts[transcript.sid] = transcript
            form = transcript_form(exchange, call, transcript)
            reports.append(Report(Webhook.TRANSCRIPTION, self.transcribe_callback, form))
        return reports


def keep_recording(
    exchange: Exchange,
    call: Call,
    seconds: int,
    ended_at: datetime,
    source: str = "RecordVerb",
    audio: bytes | None = None,
) -> Recording:
    """A recording that ended at `ended_at`; under one second it is `absent` and has no audio."""
    recording = Recording(
        sid=exchange.new_sid("RE"),
        call_sid=call.parent_sid or call.sid,  # of a call with two legs it is always the parent's
        status="completed" if seconds >= 1 else "absent",
        started_at=ended_at - timedelta(seconds=seconds),
        created_at=ended_at - timedelta(seconds=seconds),
        seconds=seconds,
        source=source,
        audio=audio,
    )
    with exchange.lock:
        exchange.recordings[recording.sid] = recording
    return recording


def report_tape(exchange: Exchange, walk: Walk) -> Callable[[Tape], None]:
    """For the recordings of a call that runs: they are told of a moment after they were made."""

    def taped(tape: Tape) -> None:
        reports = tape.reports(exchange, walk.call)
        if exchange.faults.turns_round(Webhook.RECORDING):
            reports.reverse()
        for number, report in enumerate(reports, start=1):
            exchange.at(walk.at + number * exchange.report_delay, partial(_post, exchange, report))

    return taped


def _post(exchange: Exchange, report: Report, _at: datetime) -> None:
    exchange.post(report)
