"""Our own copies of the recordings: fetching, keeping, playing, giving away, removing, checking.

Nothing waits for a copy: alerts and deadlines do not know of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from triage.errors import FolderUnusable, NotFound, OutcomeUnknown, TransportError
from triage.policy import notice_words
from triage.policy.lifecycle import ENDED
from triage.policy.recordings import (
    FIRST_LOOK_AFTER,
    LOOK_AGAIN_AT_OPEN_CASE,
    TASK_LEASE,
    CopyState,
    Step,
    Trouble,
    due_when_kept,
    gives_up,
    is_alarming,
    pause_after,
    step_when_kept,
)
from triage.policy.terms import Recordings
from triage.ports import KeepsRecordings
from triage.services.alerts import administrators, tell
from triage.services.desk import Desk
from triage.store import Session, chain, copies
from triage.store.copies import Copy
from triage.store.engine import Transaction
from triage.store.models import Case
from triage.store.recording_folder import Contents, RecordingFolder

log = structlog.get_logger()

Clock = Callable[[], datetime]

_LONGEST_REASON = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that is due about one copy. `attempt` is the fence: a later one makes this one void."""

    voicemail_id: int
    recording_sid: str
    step: Step
    attempt: int
    file_name: str
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What checking one copy found. `fault` is empty where the file is as it was fetched."""

    reference: str
    recording_sid: str
    file_name: str
    sha256: str
    fault: str = ""


def plan_copy(tx: Transaction, voicemail_id: int, now: datetime) -> None:
    """In the transaction that takes a voicemail: its audio is to be fetched."""
    copies.want(tx.session, voicemail_id, now + FIRST_LOOK_AFTER)


def claim_tasks(desk: Desk, now: datetime, most: int) -> list[Task]:
    """What is due about copies. Each comes due again when its lease ends, unless it is settled before."""
    with desk.store.write() as tx:
        tasks = (_claim(tx, desk, found, now) for found in copies.due(tx.session, now, most))
        return [task for task in tasks if task is not None]


def release_all(desk: Desk, now: datetime) -> None:
    """A scheduler that is alone on its database has just started: whatever was being done about copies, nobody does.

    It is taken up at once, instead of when the leases end. So is what failed a moment ago: that tells itself from a
    lease by nothing, and may be tried once more.
    """
    with desk.store.write() as tx:
        copies.bring_forward(tx.session, now + TASK_LEASE, now)


def carry_out(desk: Desk, folder: RecordingFolder, provider: KeepsRecordings, task: Task, clock: Clock) -> None:
    """Do what is due about one copy, outside any transaction, and write down how it went."""
    match task.step:
        case Step.FETCH:
            _fetch(desk, folder, provider, task, clock)
        case Step.DELETE_AT_PROVIDER:
            _delete_at_provider(desk, folder, provider, task, clock)
        case Step.REMOVE:
            _remove(desk, folder, task, clock)


def is_playable(desk: Desk, voicemail_id: int) -> bool:
    with desk.store.read() as session:
        found = copies.one(session, voicemail_id)
        return found is not None and found[0].state == CopyState.KEPT


def open_copy(
    desk: Desk,
    folder: RecordingFolder,
    voicemail_id: int,
    *,
    listener: str | None,
    now: datetime,
    is_to_take_away: bool = False,
    once_within: timedelta = timedelta(0),
) -> Path:
    """The file of a recording for somebody to hear, or to take away, which becomes part of the history.

    `listener` is an actor, such as `person:lee`; None for a further part of what somebody hears already. Within
    `once_within` after one entry they get no other. A file that was changed is not handed out. Raises NotFound.
    """
    with desk.store.read() as session:
        found = copies.one(session, voicemail_id)
        if found is None or found[0].state != CopyState.KEPT:
            raise NotFound("there is no audio of this recording here")
        name, sha256 = _name(found), found[0].sha256
        if listener and _heard_since(session, found, listener, now - once_within):
            listener = None
    fault = _fault(folder.contents(name), sha256)
    if fault or listener:
        with desk.store.write() as tx:
            current = copies.one(tx.session, voicemail_id)
            if current is None or current[0].state != CopyState.KEPT:
                raise NotFound("there is no audio of this recording here any more")
            if fault:
                _give_up_file(tx, desk, current, fault, now)
            elif listener and is_to_take_away:
                _record(tx, "recording_exported", current, now, actor=listener)
            elif listener:
                _record(tx, "recording_played", current, now, actor=listener)
    if fault:
        raise NotFound(f"the audio of this recording cannot be played: {fault}")
    return folder.file(name)


def verify_copies(desk: Desk, folder: RecordingFolder) -> list[Finding]:
    """Compare every file with its stored hash, and that with the history; changes nothing."""
    with desk.store.read() as session:
        on_record = copies.hashes_on_record(session)
        rows = [
            (case.reference, found.recording_sid, copy.file_name or "", copy.sha256 or "")
            for copy, found, case in copies.kept(session)
        ]
    findings = []
    for reference, recording_sid, name, sha256 in rows:
        fault = _fault(folder.contents(name), sha256)
        if on_record.get(recording_sid) != sha256:
            fault = "its stored hash is not the one in the history"
        findings.append(
            Finding(reference=reference, recording_sid=recording_sid, file_name=name, sha256=sha256, fault=fault)
        )
    return findings


def _claim(tx: Transaction, desk: Desk, found: Copy, now: datetime) -> Task | None:
    copy, voicemail, case = found
    step: Step | None = Step.FETCH
    if copy.state == CopyState.KEPT:
        step = step_when_kept(
            left_at=voicemail.left_at,
            is_deleted_at_provider=copy.deleted_at_provider_at is not None,
            is_closed=case.state in ENDED,
            attempts=copy.attempts,
            rules=_rules(tx, desk, case),
            now=now,
        )
    elif copy.state != CopyState.WANTED:
        copy.next_attempt_at = None
        return None
    if step is None:
        copy.next_attempt_at = now + LOOK_AGAIN_AT_OPEN_CASE
        return None
    copy.attempts += 1
    copy.next_attempt_at = now + TASK_LEASE
    return Task(
        voicemail_id=voicemail.id,
        recording_sid=voicemail.recording_sid,
        step=step,
        attempt=copy.attempts,
        file_name=_name(found),
        sha256=copy.sha256,
    )


def _fetch(desk: Desk, folder: RecordingFolder, provider: KeepsRecordings, task: Task, clock: Clock) -> None:
    try:
        kept = folder.keep(task.file_name, lambda into: provider.fetch(task.recording_sid, into))
    except FolderUnusable as error:
        _not_fetched(desk, task, Trouble.DISK, str(error), clock())
    except TransportError as error:
        _not_fetched(desk, task, Trouble.REFUSED if error.permanent else Trouble.PROVIDER, error.reason, clock())
    except OutcomeUnknown as error:
        _not_fetched(desk, task, Trouble.PROVIDER, str(error), clock())
    else:
        if kept is None:
            _not_fetched(desk, task, Trouble.NOT_THERE, "the phone system does not have it", clock())
        else:
            _fetched(desk, task, kept, clock())


def _fetched(desk: Desk, task: Task, kept: Contents, now: datetime) -> None:
    def settle(tx: Transaction) -> None:
        found = _still_ours(tx, task, CopyState.WANTED)
        if found is None:
            return
        copy, voicemail, case = found
        copy.state, copy.attempts, copy.reason = CopyState.KEPT.value, 0, None
        copy.file_name, copy.sha256, copy.size, copy.kept_at = task.file_name, kept.sha256, kept.size, now
        copy.next_attempt_at = due_when_kept(
            left_at=voicemail.left_at,
            kept_at=now,
            is_deleted_at_provider=copy.deleted_at_provider_at is not None,
            rules=_rules(tx, desk, case),
        )
        _record(tx, "recording_kept", found, now, sha256=kept.sha256, size=kept.size)

    desk.settling.settle(settle)


def _not_fetched(desk: Desk, task: Task, trouble: Trouble, reason: str, now: datetime) -> None:
    log.warning("recording_not_fetched", recording=task.recording_sid, attempt=task.attempt, reason=reason)
    why = reason[:_LONGEST_REASON]

    def settle(tx: Transaction) -> None:
        found = _still_ours(tx, task, CopyState.WANTED)
        if found is None:
            return
        copy, voicemail, _ = found
        if not copies.is_recorded(voicemail):  # it was announced, and then told that it could not be made
            copy.state, copy.next_attempt_at = CopyState.MISSING.value, None
            return
        copy.next_attempt_at = now + pause_after(copy.attempts)
        if gives_up(trouble, attempts=copy.attempts, received_at=voicemail.received_at, now=now):
            copy.state, copy.next_attempt_at, copy.reason = CopyState.MISSING.value, None, why
            _record(tx, "recording_missing", found, now, reason=why)
            _tell(tx, desk, found, notice_words.recording_missing(why), now)
        elif is_alarming(trouble, copy.attempts) and copy.reason != why:
            copy.reason = why
            _record(tx, "recording_delayed", found, now, reason=why)
            _tell(tx, desk, found, notice_words.recording_delayed(why), now)

    desk.settling.settle(settle)


def _delete_at_provider(
    desk: Desk, folder: RecordingFolder, provider: KeepsRecordings, task: Task, clock: Clock
) -> None:
    """The provider's copy goes only once ours was read back from the disk and is what was fetched."""
    fault = ""
    try:
        fault = _fault(folder.contents(task.file_name), task.sha256)
        if not fault:
            provider.delete(task.recording_sid)
    except (FolderUnusable, TransportError, OutcomeUnknown) as error:
        log.warning("recording_not_deleted", recording=task.recording_sid, reason=str(error))
        with desk.store.write() as tx:
            if (found := _still_ours(tx, task, CopyState.KEPT)) is not None:
                found[0].next_attempt_at = clock() + pause_after(found[0].attempts)
        return
    now = clock()
    with desk.store.write() as tx:
        found = _still_ours(tx, task, CopyState.KEPT)
        if found is None:
            return
        if fault:
            _give_up_file(tx, desk, found, fault, now)
            return
        copy, voicemail, case = found
        copy.deleted_at_provider_at, copy.attempts = now, 0
        copy.next_attempt_at = voicemail.left_at + _rules(tx, desk, case).keep_for
        _record(tx, "recording_deleted_at_provider", found, now, sha256=copy.sha256)


def _remove(desk: Desk, folder: RecordingFolder, task: Task, clock: Clock) -> None:
    try:
        folder.remove(task.file_name)
    except FolderUnusable as error:
        log.warning("recording_not_removed", recording=task.recording_sid, reason=str(error))
        with desk.store.write() as tx:
            if (found := _still_ours(tx, task, CopyState.KEPT)) is not None:
                found[0].next_attempt_at = clock() + pause_after(found[0].attempts)
        return
    now = clock()
    with desk.store.write() as tx:
        found = _still_ours(tx, task, CopyState.KEPT)
        if found is not None:
            copy = found[0]
            copy.state, copy.removed_at, copy.next_attempt_at = CopyState.REMOVED.value, now, None
            _record(tx, "recording_removed", found, now, sha256=copy.sha256)


def _give_up_file(tx: Transaction, desk: Desk, found: Copy, fault: str, now: datetime) -> None:
    """Our file is not what was fetched: fetch it again, as long as the provider has it."""
    copy = found[0]
    copy.reason = fault
    if copy.deleted_at_provider_at is None:
        copy.state, copy.attempts, copy.next_attempt_at = CopyState.WANTED.value, 0, now
    else:
        copy.state, copy.next_attempt_at = CopyState.MISSING.value, None
    _record(tx, "recording_damaged", found, now, reason=fault, sha256=copy.sha256)
    _tell(tx, desk, found, notice_words.recording_damaged(fault), now)


def _still_ours(tx: Transaction, task: Task, state: CopyState) -> Copy | None:
    """The rows of a task; None where its lease ended and somebody else took it up, or the state has moved on."""
    found = copies.one(tx.session, task.voicemail_id)
    if found is None or found[0].attempts != task.attempt or found[0].state != state:
        return None
    return found


def _fault(contents: Contents | None, sha256: str | None) -> str:
    if contents is None:
        return "its file is gone"
    return "" if contents.sha256 == sha256 else "its file was changed"


def _heard_since(session: Session, found: Copy, listener: str, since: datetime) -> bool:
    _, voicemail, case = found
    entries = chain.details_since(session, case.id, "recording_played", listener, since)
    return any(entry.get("recording") == voicemail.recording_sid for entry in entries)


def _name(found: Copy) -> str:
    """The file of a recording, from our own ids only."""
    copy, voicemail, case = found
    return copy.file_name or f"{case.reference}-{voicemail.id}.wav"


def _rules(tx: Transaction, desk: Desk, case: Case) -> Recordings:
    return desk.terms_of(tx.session, case.policy).recordings


def _record(tx: Transaction, kind: str, found: Copy, now: datetime, *, actor: str = "system", **details: Any) -> None:
    _, voicemail, case = found
    tx.record_of(case, kind, at=now, actor=actor, recording=voicemail.recording_sid, **details)


def _tell(tx: Transaction, desk: Desk, found: Copy, trouble: str, now: datetime) -> None:
    people = administrators(desk.roster(tx.session))
    text = trouble + notice_words.about([found[2].reference])
    tell(tx, people, text, terms=desk.terms, now=now, same_if=trouble)
