"""Bringing a database to the current schema, and knowing whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text

from triage.store.chain import GENESIS, HEAD_ID
from triage.store.engine import Store
from triage.store.models import ChainHead

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 41_093_107  # one migration at a time on PostgreSQL


def upgrade(store: Store) -> None:
    """Bring the schema to the newest revision. Safe to run twice, and from several processes at once."""
    with store.connection() as connection:
        if not store.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        if _current(connection) != newest():
            command.upgrade(_config(connection), "head")
        if connection.execute(select(ChainHead.id)).first() is None:
            connection.execute(insert(ChainHead).values(id=HEAD_ID, number=0, hash=GENESIS))


def revision(store: Store) -> str | None:
    """The revision that the database is at; None where it is empty."""
    with store.connection() as connection:
        return _current(connection)


def newest() -> str:
    """The revision that this program needs."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None  # noqa: S101 - the package ships its migrations
    return head


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
