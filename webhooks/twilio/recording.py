"""A voicemail exists, or could not be recorded; later, perhaps, its words."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Response, request

from triage.policy.twilio_words import SILENT_RECORDING
from triage.services.intake import PostedRecording, take_recording, take_transcript
from webhooks.program import desk, program
from webhooks.twilio import form, twilio

log = structlog.get_logger()

_RECORDED = "completed"
_NOT_RECORDED = frozenset({"absent", "failed"})
_LONGEST_TRANSCRIPT = 20_000


@twilio.post("/recording")
def recording() -> Response:
    """The recording's status: `completed` and `absent` make a case, anything else is only noted.

    Answered with 2xx only after the commit.
    """
    status = form.word("RecordingStatus") if "RecordingStatus" in request.form else _RECORDED
    sids = (form.sid("RecordingSid", "RE"), form.sid("CallSid", "CA"))
    if status != _RECORDED and status not in _NOT_RECORDED:
        log.info("recording_status_ignored", recording=sids[0], status=status)
        return Response(status=204)
    reference = take_recording(desk(), _posted(*sids, is_recorded=status == _RECORDED), program().now())
    program().bell.ring()
    log.info("voicemail_taken", recording=sids[0], call=sids[1], case=reference)
    return Response(status=204)


@twilio.post("/transcription")
def transcription() -> Response:
    """The words of a recording; they may come late, or never."""
    recording_sid = form.sid("RecordingSid", "RE")
    text = request.form.get("TranscriptionText", "") if form.word("TranscriptionStatus") == "completed" else ""
    clean = "".join(char for char in text if char.isprintable() or char == "\n")[:_LONGEST_TRANSCRIPT]
    take_transcript(desk(), recording_sid, clean.strip() or None, program().now())
    return Response(status=204)


def _posted(recording_sid: str, call_sid: str, *, is_recorded: bool) -> PostedRecording:
    seconds = form.readable(form.duration, "RecordingDuration")
    error_code = form.readable(form.number, "ErrorCode")
    return PostedRecording(
        recording_sid=recording_sid,
        call_sid=call_sid,
        is_recorded=is_recorded,
        started_at=form.readable(form.instant, "RecordingStartTime"),
        duration=timedelta(seconds=seconds) if seconds is not None else None,
        error_code=error_code,
        is_silent=None if not error_code else error_code in SILENT_RECORDING,
        from_number=form.caller(),
        from_place=form.place(),
    )
