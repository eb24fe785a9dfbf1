"""Many rows of one table in one statement, straight through the driver: SQLAlchemy's own way takes three times as long
for each row, most of it for what every row has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Table, text

_MARKS = {"sqlite": "?", "postgresql": "%s"}
_FEW = 8
"""So many rows are one statement to a server: one after the other they are several exchanges."""


def insert_all(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    written: frozenset[str] = frozenset(),
) -> None:
    """Insert rows of these columns; those that are `written` are in the form that the database keeps.

    Other columns are left to the database: defaults of the model are not looked at.
    """
    if rows:
        mark, name = _MARKS[connection.dialect.name], connection.dialect.identifier_preparer.quote
        columns, marks = ", ".join(map(name, names)), f"({', '.join([mark] * len(names))})"
        statement = f"INSERT INTO {name(table.name)} ({columns}) VALUES "  # noqa: S608 - names of ours
        values = _for_driver(connection.dialect, table, names, rows, written)
        if connection.dialect.name == "postgresql" and len(rows) <= _FEW:
            connection.exec_driver_sql(statement + ", ".join([marks] * len(rows)), tuple(chain.from_iterable(values)))
        else:
            connection.exec_driver_sql(statement + marks, values)


def update_all(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]], also: str = ""
) -> None:
    """Set these columns of rows, each given as its values and its id; `also` is SQL that is the same for all."""
    if rows:
        mark, name = _MARKS[connection.dialect.name], connection.dialect.identifier_preparer.quote
        changes = ", ".join([*(f"{name(column)} = {mark}" for column in names), *([also] if also else [])])
        statement = f"UPDATE {name(table.name)} SET {changes} WHERE id = {mark}"  # noqa: S608 - names of ours
        connection.exec_driver_sql(statement, _for_driver(connection.dialect, table, (*names, "id"), rows))


def next_ids(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """Ids for so many new rows of a table, in the transaction that inserts them, which is alone."""
    if connection.dialect.name == "sqlite":
        newest = connection.scalar(text(f"SELECT max(id) FROM {table.name}")) or 0  # noqa: S608 - a name of ours
        return range(newest + 1, newest + 1 + count)
    drawn = "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
    return connection.execute(text(drawn), {"table": table.name, "count": count}).scalars().all()


def _for_driver(
    dialect: Dialect,
    table: Table,
    names: tuple[str, ...],
    rows: Iterable[Sequence[Any]],
    written: frozenset[str] = frozenset(),
) -> list[tuple[Any, ...]]:
    """The rows as the driver takes them: brought into its form column by column, which is quicker than row by row."""
    columns: list[Iterable[Any]] = []
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        write = None if name in written else _writes(dialect, table, name)
        columns.append(values if write is None else map(write, values))
    return list(zip(*columns, strict=True))


@lru_cache(maxsize=256)
def _writes(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Any] | None:
    """What brings a value of a column into the form that the driver takes; None where it is."""
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
