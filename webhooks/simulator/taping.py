"""Recordings and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.records import Call, Recording, Transcript, new_sid
from webhooks.simulator.twiml import Verb
from webhooks.simulator.wire_forms import recording_form, transcript_form

LONGER_THAN, SHORTER_THAN = 2, 120  # seconds; Twilio transcribes nothing else and says nothing then


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

    def reports(self, exchange: Exchange, call: Call) -> list[tuple[str, dict[str, str]]]:
        """The callbacks in the order in which Twilio usually posts them."""
        if exchange.faults.drop_recording_reports:
            return []
        reports = []
        if self.status_callback and self.recording.status in self.events:
            reports.append((self.status_callback, recording_form(exchange, self.recording)))
        if self.transcribe_callback and LONGER_THAN < self.recording.seconds < SHORTER_THAN:
            transcript = Transcript(sid=new_sid("TR"), recording_sid=self.recording.sid, text=self.transcript)
            exchange.transcripts[transcript.sid] = transcript
            reports.append((self.transcribe_callback, transcript_form(exchange, call, transcript)))
        return reports


def keep_recording(
    exchange: Exchange, call: Call, seconds: int, ended_at: datetime, source: str = "RecordVerb"
) -> Recording:
    """A recording that ended at `ended_at`; under one second it is `absent` and has no audio."""
    recording = Recording(
        sid=new_sid("RE"),
        call_sid=call.parent_sid or call.sid,  # of a call with two legs it is always the parent's
        status="completed" if seconds >= 1 else "absent",
        started_at=ended_at - timedelta(seconds=seconds),
        created_at=ended_at - timedelta(seconds=seconds),
        seconds=seconds,
        source=source,
    )
    with exchange.lock:
        exchange.recordings[recording.sid] = recording
    return recording
