"""Our copies of the recordings: which are wanted, due, kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from triage.policy.recordings import CopyState
from triage.store.base import Base
from triage.store.models import Case, Event, RecordingCopy, Voicemail

_RECORDED = "completed"

# Built once: every voicemail adds one. By Core: the session's bookkeeping takes three times as long as the insert.
_ADD = insert(Base.metadata.tables["recording_copies"])

_JOINED = (
    select(RecordingCopy, Voicemail, Case)
    .join(Voicemail, RecordingCopy.voicemail_id == Voicemail.id)
    .join(Case, Voicemail.case_id == Case.id)
)
_TO_BE_HEARD = (
    select(Voicemail.id)
    .join(RecordingCopy, RecordingCopy.voicemail_id == Voicemail.id)
    .where(
        Voicemail.case_id == bindparam("case_id"),
        RecordingCopy.state.in_([CopyState.WANTED.value, CopyState.KEPT.value]),
    )
    .order_by(Voicemail.id)
)

Copy = tuple[RecordingCopy, Voicemail, Case]


def want(session: Session, voicemail_id: int, at: datetime) -> None:
    """Plan to fetch the audio of a new voicemail."""
    row = {"voicemail_id": voicemail_id, "state": CopyState.WANTED.value, "attempts": 0, "next_attempt_at": at}
    session.connection().execute(_ADD, row)


def is_recorded(found: Voicemail) -> bool:
    """Whether the phone system still says that it has audio of this voicemail."""
    return found.status == _RECORDED


def due(session: Session, now: datetime, most: int) -> Sequence[Copy]:
    """Copies about which something is due, the longest overdue first.

    The write transaction it runs in is alone: that is the claim.
    """
    rows = session.execute(
        _JOINED.where(RecordingCopy.next_attempt_at <= now)
        .order_by(RecordingCopy.next_attempt_at, RecordingCopy.voicemail_id)
        .limit(most)
    )
    return [(copy, found, case) for copy, found, case in rows]


def bring_forward(session: Session, until: datetime, now: datetime) -> None:
    """What was begun and would come due again up to an instant is due now."""
    begun = (RecordingCopy.attempts > 0, RecordingCopy.next_attempt_at > now, RecordingCopy.next_attempt_at <= until)
    session.execute(update(RecordingCopy).where(*begun).values(next_attempt_at=now))


def one(session: Session, voicemail_id: int) -> Copy | None:
    row = session.execute(_JOINED.where(RecordingCopy.voicemail_id == voicemail_id)).one_or_none()
    return (row[0], row[1], row[2]) if row is not None else None


def kept(session: Session) -> Sequence[Copy]:
    """Every copy that should be on our disk, oldest first."""
    rows = session.execute(
        _JOINED.where(RecordingCopy.state == CopyState.KEPT.value).order_by(RecordingCopy.voicemail_id)
    )
    return [(copy, found, case) for copy, found, case in rows]


def kept_files(session: Session) -> Sequence[tuple[str | None, str | None, int | None]]:
    """Name, hash and size of every file that should be on our disk, oldest first. Quick where there are many."""
    wanted = select(RecordingCopy.file_name, RecordingCopy.sha256, RecordingCopy.size)
    rows = session.execute(
        wanted.where(RecordingCopy.state == CopyState.KEPT.value).order_by(RecordingCopy.voicemail_id)
    )
    return [(name, sha256, size) for name, sha256, size in rows]


def of_case(session: Session, case_id: int) -> Sequence[Copy]:
    rows = session.execute(_JOINED.where(Voicemail.case_id == case_id).order_by(RecordingCopy.voicemail_id))
    return [(copy, found, case) for copy, found, case in rows]


def kept_of_case(session: Session, case_id: int) -> tuple[tuple[int, str, str], ...]:
    """The recordings of a case that are on our disk, oldest first: voicemail, SID, hash."""
    return tuple(
        (copy.voicemail_id, found.recording_sid, copy.sha256 or "")
        for copy, found, _ in of_case(session, case_id)
        if copy.state == CopyState.KEPT
    )


def to_be_heard(session: Session, case_id: int) -> tuple[int, ...]:
    """The voicemails of a case whose audio is on our disk or still to come, oldest first."""
    return tuple(session.scalars(_TO_BE_HEARD, {"case_id": case_id}))


def by_state(session: Session) -> dict[str, int]:
    """How many copies there are in each state."""
    rows = session.execute(select(RecordingCopy.state, func.count()).group_by(RecordingCopy.state))
    return {state: count for state, count in rows}  # noqa: C416 - rows are no pairs to mypy


def hashes_on_record(session: Session) -> dict[str, str]:
    """What the history says of the audio of each recording that was ever kept."""
    rows = session.scalars(select(Event.details).where(Event.kind == "recording_kept").order_by(Event.number))
    return {details["recording"]: details["sha256"] for details in rows}
