"""Putting a backup back: proven first, and nothing that is there is lost by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage.errors import BackupFailed, Refused, StoreUnavailable
from triage.policy.backups import KeptRecording, Manifest, stem_of
from triage.services.backups import prove
from triage.services.vital_signs import refuse_running
from triage.store import history, schema, snapshots
from triage.store.backup_folder import contents_of, copied, copy_recording, manifest_beside, put_in_place
from triage.store.engine import Store
from triage.store.history import Newer
from triage.store.recording_folder import Contents, RecordingFolder


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back where. `aside` is the database that was there; `newer` is what only that one has, None where
    that could not be found out. `lost` are recordings that the backup should have and has not."""

    manifest: Manifest
    path: Path
    aside: Path | None
    newer: Newer | None
    recordings: int
    lost: list[str]


def restore(
    file: Path, target: Path, recordings: RecordingFolder, *, replace: bool, actor: str, now: datetime
) -> Restored:
    """Put a backup of SQLite where `target` names, which goes on from there at the schema of this program.

    Whatever may fail is done before anything takes the place of what is there. A recording that differs from the
    backup's is kept beside it: numbers come again after a restore, and it may be of another case. Raises Refused where
    it may not be done, BackupFailed where the backup is not as it was made.
    """
    copy = file.with_suffix(".db") if file.suffix == ".json" else file
    manifest = manifest_beside(copy)
    _check(copy, manifest)
    newer = None
    if _is_there(target):
        newer = _look_into(target, manifest, replace=replace, now=now)
        snapshots.close_for_good(target)
    before = f"before-{stem_of(now).removeprefix('afterhours-')}"
    with copied(copy, target, Contents(manifest.sha256, manifest.size)) as unfinished:
        _go_on(unfinished, manifest, newer, actor=actor, now=now)
        snapshots.close_for_good(unfinished)
        lost = [one.name for one in manifest.recordings if not _put_back(copy.parent, recordings, one, before)]
        aside = put_in_place(unfinished, target, f"{target.name}.{before}")
    return Restored(manifest, target, aside, newer, len(manifest.recordings) - len(lost), lost)


def _go_on(unfinished: Path, manifest: Manifest, newer: Newer | None, *, actor: str, now: datetime) -> None:
    """Bring a copy to the schema of this program, and put on its record that it was restored."""
    store = Store(f"sqlite:///{unfinished}")
    try:
        schema.upgrade(store)
        with store.write() as tx:
            tx.record(
                "backup_restored", at=now, actor=actor, file=manifest.file, sha256=manifest.sha256,
                made_at=manifest.made_at, entries=manifest.chain_number, lacking=newer.entries if newer else None,
            )  # fmt: skip
    finally:
        store.close()


def _check(copy: Path, manifest: Manifest) -> None:
    """Whether a copy is what its manifest says."""
    if manifest.database != "sqlite":
        raise Refused(
            f"{copy.name} is a dump of PostgreSQL: put it into an empty database with `pg_restore --no-owner"
            f" --exit-on-error --dbname=ADDRESS {copy}`, then run `afterhours audit verify`"
        )
    if manifest.revision > schema.newest():
        raise Refused(
            f"{copy.name} was made by a newer program, at {manifest.revision}; this one knows {schema.newest()}:"
            " upgrade afterhours first"
        )
    if not schema.is_known(manifest.revision):
        raise Refused(f"{copy.name} is at {manifest.revision}, which no release of afterhours has: take another")
    if contents_of(copy) != Contents(manifest.sha256, manifest.size):
        raise BackupFailed(f"{copy} was changed since it was made: its SHA-256 does not fit the manifest; take another")
    with snapshots.opened(copy) as session:
        if strange := snapshots.strange_code(session, manifest.revision):
            raise BackupFailed(f"{copy} runs what afterhours never wrote ({strange[0]!r}): take another")
        found = prove(session)
    told = (manifest.revision, manifest.chain_number, manifest.chain_hash, manifest.fault, manifest.rows)
    if (found.revision, found.number, found.hash, found.fault, found.rows) != told:
        raise BackupFailed(f"{copy} does not hold what its manifest says; take another")


def _is_there(target: Path) -> bool:
    return any(target.with_name(f"{target.name}{suffix}").exists() for suffix in ("", "-wal"))


def _look_into(target: Path, manifest: Manifest, *, replace: bool, now: datetime) -> Newer | None:
    """What the database that is there has over the backup; None where it is damaged, or none of ours."""
    if not replace:
        raise Refused(f"{target} exists: add --replace to put the backup in its place; it is kept aside")
    store = Store(f"sqlite:///{target}")
    try:
        refuse_running(store, now)
        with store.read() as session:
            return history.newer_than(session, manifest.chain_number, manifest.chain_hash)
    except StoreUnavailable:
        return None
    finally:
        store.close()


def _put_back(folder: Path, recordings: RecordingFolder, wanted: KeptRecording, before: str) -> bool:
    """Whether a recording is on our disk as it was, now at the latest."""
    if recordings.contents(wanted.name) == Contents(wanted.sha256, wanted.size):
        return True
    return copy_recording(RecordingFolder(folder / "recordings"), recordings, wanted, aside=before)
