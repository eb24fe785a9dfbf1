"""Bringing a database to the current schema, and knowing whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine, insert, inspect, select, text

from triage.errors import ConfigurationError
from triage.store.chain import GENESIS, HEAD_ID
from triage.store.engine import Store
from triage.store.models import ChainHead
from triage.store.sqlite import sqlite_library

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 41_093_107  # one migration at a time on PostgreSQL


def upgrade(store: Store) -> None:
    """Bring the schema to the newest revision. Safe to run twice, and from several processes at once.

    Raises ConfigurationError where it is newer than this program.
    """
    found = revision(store)
    if found == newest():
        return
    if found is not None and found > newest():
        raise ConfigurationError(
            f"the database is at {found}, made by a newer program: this one knows {newest()} at the most. Install the"
            " newer one again, or `afterhours restore` a backup from before"
        )
    with store.connection() as connection:
        if not store.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        if _current(connection) != newest():
            bring_up(connection)


def bring_up(connection: Connection) -> None:
    """`upgrade` in a transaction that is open: who begins it sees to it that nobody else does the same."""
    from alembic import command  # noqa: PLC0415 - large, and hardly ever needed

    command.upgrade(_config(connection), "head")
    if connection.execute(select(ChainHead.id)).first() is None:
        connection.execute(insert(ChainHead).values(id=HEAD_ID, number=0, hash=GENESIS))


def revision(store: Store) -> str | None:
    """The revision that the database is at; None where it is empty."""
    with store.read() as session:
        return _current(session.connection())


def size(store: Store) -> int:
    """Bytes that the database takes up; of SQLite without what lies in its journal."""
    ask = "SELECT pg_database_size(current_database())"
    if store.is_sqlite:
        ask = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with store.read() as session:
        return int(session.scalar(text(ask)) or 0)


def newest() -> str:
    """The revision that this program needs: the last of the numbered files, whose names are their revisions."""
    return max(path.stem for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_known(revision: str) -> bool:
    """Whether it is one of those that lead to the newest."""
    return (_MIGRATIONS / "versions" / f"{revision}.py").is_file()


def code_at(revision: str) -> set[tuple[str, str]]:
    """Each trigger and view that a SQLite of ours has at a revision: its name, and how it is written."""
    from alembic import command  # noqa: PLC0415 - see bring_up

    engine = create_engine("sqlite://", module=sqlite_library(), poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            command.upgrade(_config(connection), revision)
            return code_of(connection)
    finally:
        engine.dispose()


def code_of(connection: Connection) -> set[tuple[str, str]]:
    """Each trigger and view that a SQLite has: its name, and how it is written."""
    asked = "SELECT name, sql FROM sqlite_master WHERE type NOT IN ('table', 'index')"
    return {(str(row[0]), str(row[1])) for row in connection.execute(text(asked))}


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _config(connection: Connection) -> Any:
    from alembic.config import Config  # noqa: PLC0415 - see upgrade

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
