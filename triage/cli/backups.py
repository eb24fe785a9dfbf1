"""`afterhours backup`, `restore` and `move`: the database with its history, elsewhere and back."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from triage.cli.printing import print_json, reported, wants_json
from triage.cli.program import unprepared_program, whoever_types
from triage.errors import ConfigurationError, Refused
from triage.services import moves, restores
from triage.services.backups import Made, make_backup
from triage.services.restores import Restored
from triage.services.vital_signs import BACKUP, signs
from triage.store.engine import Store
from triage.store.models.case import reference_of
from triage.store.recording_folder import RecordingFolder

_MOST_NAMED = 10
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Into this folder.")
@click.option("--keep", type=click.IntRange(1, 1000), help="How many stay; older ones go once this one is proved.")
@click.option("--if-older-than", "hours", type=click.IntRange(1, 1000), help="Only where the newest is as old.")
@wants_json
@reported
def backup(*, folder: Path | None, keep: int | None, hours: int | None, as_json: bool) -> None:
    """Copy database and recordings while the daemon runs, and prove the copy; exit 1 where its history does not fit.

    Into AFTERHOURS_BACKUP_DIR unless --to is given.
    """
    program = unprepared_program()
    settings = program.settings
    into = folder or settings.backup_dir
    if into is None:
        raise ConfigurationError("say where: set AFTERHOURS_BACKUP_DIR, or add --to FOLDER")
    keep = keep or settings.backup_keep
    last = None if hours is None else signs(program.desk).get(BACKUP)
    if hours is not None and last is not None and program.now() - last < timedelta(hours=hours):
        click.echo(f"The newest backup was made at {last:%Y-%m-%d %H:%M} UTC: nothing to do.", err=as_json)
        if as_json:
            print_json(None)
        return
    made = make_backup(program.desk, program.recordings, into, keep, actor=whoever_types(), now=program.now())
    manifest = made.manifest
    if as_json:
        print_json({"path": str(made.path), "removed": made.removed, **manifest.model_dump(exclude={"form"})})
    else:
        _print_made(made)
    sys.exit(1 if manifest.fault or manifest.lacking else 0)


def _print_made(made: Made) -> None:
    manifest = made.manifest
    click.echo(
        f"{made.path}: {manifest.size / 1e6:,.1f} MB, {sum(manifest.rows.values()):,} rows, history of"
        f" {manifest.chain_number:,} entries to {manifest.chain_hash}, {len(manifest.recordings):,} recordings. It was"
        " read back and is sound."
    )
    for stem in made.removed:
        click.echo(f"removed {stem}, which is older than those that stay")
    if manifest.lacking:
        names = ", ".join(manifest.lacking[:_MOST_NAMED])
        more = len(manifest.lacking) - _MOST_NAMED
        click.echo(f"not on disk as they were fetched: {names}{f' and {more} more' if more > 0 else ''}.", err=True)
    if manifest.fault:
        click.echo(f"The history in it does not fit: {manifest.fault}. No older backup was removed.", err=True)


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--to", "target", type=_FILE, help="Another database file; its recordings go beside it.")
@click.option("--replace", is_flag=True, help="Take the place of a database that is there; it is kept aside.")
@wants_json
@reported
def restore(*, file: Path, target: Path | None, replace: bool, as_json: bool) -> None:
    """Put a backup back, proven first. Stop the daemon before.

    Where AFTERHOURS_DATABASE_URL says, unless --to is given.
    """
    program = unprepared_program()
    if target is None and not program.desk.store.is_sqlite:
        raise ConfigurationError("AFTERHOURS_DATABASE_URL is no SQLite file: add --to PATH")
    where = (target or Path(program.desk.store.url.database or "")).absolute()
    recordings = RecordingFolder(where.with_name("recordings")) if target else program.recordings
    done = restores.restore(file, where, recordings, replace=replace, actor=whoever_types(), now=program.now())
    if as_json:
        print_json(_as_record(done))
    else:
        _print_restored(done)
    sys.exit(1 if done.lost or done.manifest.fault else 0)


def _as_record(done: Restored) -> dict[str, Any]:
    newer = done.newer
    return {
        "path": str(done.path),
        "made_at": done.manifest.made_at,
        "entries": done.manifest.chain_number,
        "head": done.manifest.chain_hash,
        "fault": done.manifest.fault,
        "recordings": done.recordings,
        "lost": done.lost,
        "aside": str(done.aside) if done.aside else None,
        "newer": {
            "same_history": newer.is_same,
            "entries": newer.entries,
            "cases": [reference_of(case) for case in newer.cases],
            "first": newer.first,
            "last": newer.last,
        }
        if newer
        else None,
    }


def _print_restored(done: Restored) -> None:
    click.echo(
        f"{done.path} is as it was at {done.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC: history of"
        f" {done.manifest.chain_number:,} entries, {done.recordings:,} recordings in place."
    )
    if done.aside:
        click.echo(f"What was there is kept as {done.aside}.")
        click.echo(_newer_in_words(done))
    if done.lost:
        click.echo(f"The backup lacks these recordings: {', '.join(done.lost[:_MOST_NAMED])}.", err=True)
    if done.manifest.fault:
        click.echo(f"The history in it did not fit when it was made: {done.manifest.fault}.", err=True)


def _newer_in_words(done: Restored) -> str:
    newer = done.newer
    if newer is None:
        return "It cannot be read: what is newer in it is not known."
    if not newer.is_same:
        return "It has another history: the backup is not of that database, or one of them was changed."
    if not newer.entries:
        return "It has nothing that is newer."
    named = ", ".join(reference_of(case) for case in newer.cases[:_MOST_NAMED])
    more = f" and {len(newer.cases) - _MOST_NAMED} more" if len(newer.cases) > _MOST_NAMED else ""
    of = f", of {len(newer.cases)} cases: {named}{more}" if newer.cases else ""
    return (
        f"It has {newer.entries:,} newer entries, {newer.first:%Y-%m-%d %H:%M:%S} to {newer.last:%Y-%m-%d %H:%M:%S}"
        f" UTC{of}."
    )


@click.command("move")
@click.option("--to", "address", required=True, help="postgresql+psycopg://user@host/name, an empty database.")
@wants_json
@reported
def move(*, address: str, as_json: bool) -> None:
    """Copy everything from SQLite into an empty PostgreSQL and prove it: all or nothing. Stop the daemon before."""
    program = unprepared_program()
    if not program.desk.store.is_sqlite:
        raise ConfigurationError("AFTERHOURS_DATABASE_URL is no SQLite file: there is nothing to move from")
    if not address.startswith("postgresql"):
        raise Refused("--to: write postgresql+psycopg://user@host/name")
    target = Store(address)
    try:
        done = moves.move(program.desk.store, target, actor=whoever_types(), now=program.now())
    finally:
        target.close()
    if as_json:
        print_json({"rows": done.rows, "entries": done.entries, "head": done.head})
        return
    click.echo(
        f"{sum(done.rows.values()):,} rows of {len(done.rows)} tables came over, counted and compared; the history of"
        f" {done.entries:,} entries fits to {done.head}."
    )
    click.echo("Now set AFTERHOURS_DATABASE_URL to the new address and start. The old file stays as it is.")
    if program.settings.recordings_dir is None:
        click.echo(f"Set AFTERHOURS_RECORDINGS_DIR={program.recordings.path} too: the recordings stay there.")
