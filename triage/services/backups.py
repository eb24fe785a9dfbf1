"""Backups: a proven copy of the database with its recordings, made by hand or once a day. Nothing waits for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from triage.errors import BackupFailed, Refused, TriageError
from triage.policy.backups import (
    BackupPlan,
    KeptRecording,
    Manifest,
    as_kept,
    failed_in_words,
    is_due,
    stem_of,
    too_many,
)
from triage.policy.hours import local
from triage.services.alerts import administrators, tell
from triage.services.desk import Desk
from triage.services.vital_signs import BACKUP
from triage.store import Session, chain, copies, history, schema, snapshots, vital_signs
from triage.store.backup_folder import BackupFolder, contents_of, copy_recording
from triage.store.recording_folder import RecordingFolder

log = structlog.get_logger()

Clock = Callable[[], datetime]

TRIED = "backup tried"
_TOLD = "backup failure told"
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is good, where it lies, and which older ones went."""

    manifest: Manifest
    path: Path
    removed: list[str]


@dataclass(frozen=True, slots=True)
class Failure:
    """The newest attempt, where it failed and none was made since."""

    at: datetime
    reason: str


def make_backup(desk: Desk, recordings: RecordingFolder, path: Path, keep: int, *, actor: str, now: datetime) -> Made:
    """Copy the database as it is, prove the copy, then take away all but the newest `keep`; on record.

    Where the history in it does not fit, the copy is kept with that on its manifest, and no older one goes. Raises
    Refused, BackupFailed, FolderUnusable or StoreUnavailable: then nothing is half there.
    """
    at, wanted_at = schema.revision(desk.store), schema.newest()
    if at != wanted_at:
        raise Refused(
            f"the database is at {at or 'nothing'}, this program at {wanted_at}: make the backup with the program that"
            " the database belongs to, or run `afterhours migrate` first"
        )
    folder, stem = BackupFolder(path), stem_of(now)
    with folder.alone():
        name = f"{stem}{snapshots.ending(desk.store)}"
        folder.need_room(schema.size(desk.store))
        with folder.unfinished(name) as unfinished:
            with snapshots.copy_into(desk.store, unfinished) as session:
                proven = prove(session, is_file=desk.store.is_sqlite)
                wanted = copies.kept_files(session)
            kept, lacking = _keep_recordings(folder, recordings, wanted)
            contents = contents_of(unfinished)
            manifest = Manifest(
                made_at=now, program=version("afterhours"), database="sqlite" if desk.store.is_sqlite else "postgresql",
                file=name, sha256=contents.sha256, size=contents.size, revision=proven.revision,
                chain_number=proven.number, chain_hash=proven.hash, fault=proven.fault, rows=proven.rows,
                recordings=kept, lacking=lacking,
            )  # fmt: skip
            final = folder.keep(unfinished, manifest)
        removed = [] if proven.fault else too_many(folder.stems(), keep)
        folder.remove(removed)
    with desk.store.write() as tx:
        vital_signs.show(tx.session, BACKUP, now)
        tx.record(
            "backup_made", at=now, actor=actor, file=name, sha256=manifest.sha256, entries=manifest.chain_number,
            recordings=len(manifest.recordings), fault=proven.fault, lacking=len(manifest.lacking),
            removed=removed,
        )  # fmt: skip
    return Made(manifest, final, removed)


def make_if_due(desk: Desk, recordings: RecordingFolder, plan: BackupPlan, clock: Clock) -> bool:
    """The backup of the day, by one node; whether one was made. A failure is on record, and administrators are told
    of it once a day."""
    now = clock()
    if not _claim(desk, plan, now):
        return False
    try:
        made = make_backup(desk, recordings, plan.folder, plan.keep, actor="system", now=now)
    except TriageError as error:
        _failed(desk, str(error), clock())
        return False
    log.info("backup_made", file=made.path.name, lacking=len(made.manifest.lacking), removed=len(made.removed))
    return True


def missing_in_last(desk: Desk) -> list[str]:
    """What the newest backup is good without, in words: recordings that were not as they were fetched, or a history
    that fits. Empty where it has everything."""
    with desk.store.read() as session:
        rows = history.newest_of_kind(session, "backup_made", 1)
    told = [(row.details["lacking"], row.details.get("fault")) for row in rows]
    return [
        words
        for lacking, fault in told
        for words in (
            f"{lacking} recording{'' if lacking == 1 else 's'} missing or changed" if lacking else "",
            f"its history does not fit ({fault})" if fault else "",
        )
        if words
    ]


def last_failure(desk: Desk) -> Failure | None:
    with desk.store.read() as session:
        rows = history.newest_of_kind(session, "backup_failed", 1)
        made = vital_signs.last_seen(session, BACKUP)
    return next((Failure(row.at, row.details["reason"]) for row in rows if made is None or made < row.at), None)


@dataclass(frozen=True, slots=True)
class Proven:
    """What was found in a copy. `fault` is what of its history does not fit."""

    revision: str
    number: int
    hash: str
    fault: str | None
    rows: dict[str, int]


def prove(session: Session, *, is_file: bool = True) -> Proven:
    """Look through a copy: a file of SQLite, else one state of a server. Raises BackupFailed where it is damaged."""
    damaged = snapshots.faults(session) if is_file else []
    if damaged:
        raise BackupFailed(f"the database is damaged: {'; '.join(damaged)}")
    revision, verdict = snapshots.revision(session), chain.verify(session)
    number, digest = chain.head(session)
    fault = None if verdict.first_bad is None else f"entry {verdict.first_bad}: {verdict.reason}"
    return Proven(revision, number, digest, fault, snapshots.counts(session))


def _keep_recordings(
    folder: BackupFolder, recordings: RecordingFolder, rows: Sequence[tuple[str | None, str | None, int | None]]
) -> tuple[tuple[KeptRecording, ...], tuple[str, ...]]:
    """The recordings that the backups have now, and the names of those that are not on disk as they were fetched."""
    newest = folder.newest()
    had = set(newest.recordings) if newest else set()
    kept, lacking = [], []
    for row in rows:
        one = as_kept(*row)
        if one is not None and _is_kept(folder, recordings, one, had):
            kept.append(one)
        else:
            lacking.append(row[0] or "one without a name")
    return tuple(kept), tuple(lacking)


def _is_kept(folder: BackupFolder, recordings: RecordingFolder, wanted: KeptRecording, had: set[KeptRecording]) -> bool:
    """Whether the backups have a recording as it was fetched; one that an older backup has is not copied again."""
    there = folder.recordings.file(wanted.name)
    if wanted in had and there.exists() and there.stat().st_size == wanted.size:
        return True
    return copy_recording(recordings, folder.recordings, wanted)


def _claim(desk: Desk, plan: BackupPlan, now: datetime) -> bool:
    with desk.store.read() as session:
        if not _is_due(session, desk, plan, now):
            return False
    with desk.store.write() as tx:
        if not _is_due(tx.session, desk, plan, now):
            return False  # another node was quicker
        vital_signs.show(tx.session, TRIED, now)
        return True


def _is_due(session: Session, desk: Desk, plan: BackupPlan, now: datetime) -> bool:
    made, tried = vital_signs.last_seen(session, BACKUP), vital_signs.last_seen(session, TRIED)
    return is_due(plan, made, tried, desk.terms, now)


def _failed(desk: Desk, reason: str, now: datetime) -> None:
    log.error("backup_failed", reason=reason)
    with desk.store.write() as tx:
        tx.record("backup_failed", at=now, actor="system", reason=reason[:_LONGEST_REASON])
        told = vital_signs.last_seen(tx.session, _TOLD)
        if told is None or local(told, desk.terms).date() != local(now, desk.terms).date():
            vital_signs.show(tx.session, _TOLD, now)
            tell(tx, administrators(desk.roster(tx.session)), failed_in_words(reason), terms=desk.terms, now=now)
