"""A copy of a live database as it is at one instant, and whether such a copy is sound. Nobody waits for it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from urllib.parse import quote

from sqlalchemy import StaticPool, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from triage.errors import BackupFailed, Refused
from triage.store import schema
from triage.store.engine import Store
from triage.store.sqlite import sqlite_library

_MOST_FAULTS = 3
_WAIT_SECONDS = 60


def ending(store: Store) -> str:
    """Of the file that a copy is."""
    return ".db" if store.is_sqlite else ".dump"


@contextmanager
def copy_into(store: Store, target: Path) -> Iterator[Session]:
    """Write a copy to `target`, and read what is in it, for as long as the session is open.

    Raises BackupFailed where it cannot be made, at the end at the latest; what lies at `target` is worth nothing then.
    """
    if store.is_sqlite:
        _copy_sqlite(store, target)
        with opened(target) as session:
            yield session
    else:
        with _dump_postgres(store, target) as session:
            yield session


@contextmanager
def opened(path: Path) -> Iterator[Session]:
    """Read a finished copy of SQLite, without changing a byte of it. Raises BackupFailed where it is damaged."""
    library = sqlite_library()
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    engine = create_engine(
        "sqlite://",
        module=library,
        creator=lambda: library.connect(address, uri=True, check_same_thread=False),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    try:
        with Session(engine) as session:
            yield session
    except DBAPIError as error:
        raise BackupFailed(f"{path.name} cannot be read: {error.orig}") from error
    finally:
        engine.dispose()


def close_for_good(path: Path) -> None:
    """Fold what SQLite lays beside a database into it. Raises Refused where another process has it open.

    One that is damaged stays as it is.
    """
    library = sqlite_library()
    connection = library.connect(str(path), timeout=1, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except library.OperationalError as error:
        if "locked" in str(error):
            raise Refused(f"another process has {path} open: stop daemon and commands, then try again") from None
    except library.Error:
        pass
    finally:
        connection.close()


def faults(session: Session) -> list[str]:
    """What of a copy of SQLite is damaged, in words; empty where it is sound."""
    found = [row[0] for row in session.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    strays = session.execute(text("PRAGMA foreign_key_check")).all()
    found += [f"row {row[1]} of {row[0]} speaks of a row of {row[2]} that is not there" for row in strays]
    return found[:_MOST_FAULTS]


def counts(session: Session) -> dict[str, int]:
    """How many rows each table has that there is, by its name."""
    names = sorted(inspect(session.connection()).get_table_names())
    ask = 'SELECT count(*) FROM "{}"'
    return {name: session.scalar(text(ask.format(name))) or 0 for name in names}


def revision(session: Session) -> str:
    """The revision of its schema. Raises BackupFailed where it has none: it is no database of ours."""
    if not inspect(session.connection()).has_table("alembic_version"):
        raise BackupFailed("it is no database of afterhours, or was never migrated")
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))


def strange_code(session: Session, at: str) -> list[str]:
    """The names of triggers and views in a copy of SQLite that ours has not, at that revision: whoever reads or writes
    it would run them."""
    return sorted(name for name, _ in schema.code_of(session.connection()) - schema.code_at(at))


def _copy_sqlite(store: Store, target: Path) -> None:
    """By the library's own backup, in one step: it sees one state, and in WAL mode no writer waits for it."""
    library = sqlite_library()
    try:
        target.touch(mode=0o600)
        source, copy = library.connect(str(store.url.database)), library.connect(str(target))
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # else reading it would make files beside it
        finally:
            copy.close()
            source.close()
    except (OSError, library.Error) as error:
        raise BackupFailed(f"{target.parent} cannot take the copy: {error}") from error


@contextmanager
def _dump_postgres(store: Store, target: Path) -> Iterator[Session]:
    """By pg_dump, which reads the very state that the session reads."""
    program, reader = which("pg_dump"), which("pg_restore")
    if program is None or reader is None:
        raise BackupFailed(
            "pg_dump and pg_restore are not installed here: install PostgreSQL's client programs, or back up the"
            " server by its own means"
        )
    url = store.direct_url
    if url == store.url and store.is_pooled():
        raise BackupFailed(
            "pg_dump needs the PostgreSQL server itself, and AFTERHOURS_DATABASE_URL is that of a pooler: set"
            " AFTERHOURS_DATABASE_DIRECT_URL"
        )
    environment = {**os.environ, "PGPASSWORD": url.password or os.environ.get("PGPASSWORD", "")}
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    with store.read() as session, tempfile.TemporaryFile("w+") as told:
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            session.execute(text(f"SET LOCAL {limit} = 0"))
        state = session.scalar(text("SELECT pg_export_snapshot()"))
        dump = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program, and settings of ours # nosec B603
            [program, "--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--snapshot={state}",
             f"--file={target}", f"--dbname={address}"],
            stderr=told, env=environment,
        )  # fmt: skip
        try:
            yield session
            dump.wait()
        finally:
            if dump.poll() is None:
                dump.kill()
                dump.wait()
        told.seek(0)
        if dump.returncode:
            raise BackupFailed(f"pg_dump failed: {' '.join(told.read().split())[:300]}")
        _read_back(reader, target)


def _read_back(program: str, target: Path) -> None:
    listed = subprocess.run(  # noqa: S603 - PostgreSQL's own program, and a file of ours # nosec B603
        [program, "--list", str(target)], capture_output=True, text=True, check=False, timeout=_WAIT_SECONDS
    )
    if listed.returncode or " TABLE DATA public events " not in listed.stdout:
        raise BackupFailed(f"pg_restore cannot read the dump back: {' '.join(listed.stderr.split())[:300]}")
