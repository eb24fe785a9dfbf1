"""Asking the phone system who called and when, for a voicemail that came without its call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from triage.errors import OutcomeUnknown, TransportError
from triage.ports import CallDetails, KnowsCalls, RecordingDetails
from triage.services.completion import Learnt, complete
from triage.services.desk import Desk
from triage.store import cases, look_ups
from triage.store.engine import Transaction
from triage.store.models import LookUp

log = structlog.get_logger()

_MOST_ATTEMPTS = 12
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Question:
    """One case to ask the phone system about."""

    case_id: int
    call_sid: str
    recording_sid: str


def claim_look_ups(desk: Desk, now: datetime, most: int) -> list[Question]:
    """Cases that are due to be asked about. Each comes due again later; it goes for good only with its answer, or
    after the last try."""
    with desk.store.write() as tx:
        rows = look_ups.due(tx.session, now, most)
        for row in rows:
            row.attempts += 1
            row.next_attempt_at = now + min(_FIRST_PAUSE * 2 ** (row.attempts - 1), _LONGEST_PAUSE)
            if row.attempts >= _MOST_ATTEMPTS:
                tx.session.delete(row)
        return [Question(row.case_id, row.call_sid, row.recording_sid) for row in rows]


def ask(desk: Desk, calls: KnowsCalls, question: Question, clock: Callable[[], datetime]) -> None:
    """Ask about one case and write down the answer; no answer means to ask again later."""
    try:
        call = calls.call(question.call_sid)
        recording = calls.recording(question.recording_sid)
    except (OutcomeUnknown, TransportError) as error:
        log.warning("look_up_failed", case=question.case_id, call=question.call_sid, reason=str(error))
    else:
        is_answered, learnt = _learnt(call, recording)
        if is_answered or learnt != Learnt():
            now = clock()
            desk.settling.settle(lambda tx: _write(tx, desk, question, learnt, now, is_answered=is_answered))


def _learnt(call: CallDetails | None, recording: RecordingDetails | None) -> tuple[bool, Learnt]:
    """Whether the phone system knows enough, else it is asked again; and what it says."""
    is_answered = call is not None and recording is not None and recording.is_recorded is not None
    left = call.ended_at if call else None  # no recording ends after its call
    return is_answered, Learnt(
        answered_at=call.started_at if call else None,
        left_at=(recording.ended_at if recording else None) or left,
        duration=recording.duration if recording else None,
        from_number=call.from_number if call else None,
    )


def _write(
    tx: Transaction, desk: Desk, question: Question, learnt: Learnt, now: datetime, *, is_answered: bool
) -> None:
    row = tx.session.get(LookUp, question.case_id)
    if row is not None and is_answered:
        tx.session.delete(row)
    voicemail = cases.voicemail(tx.session, question.recording_sid)
    if voicemail is not None:
        complete(tx, desk, voicemail, learnt, now)
