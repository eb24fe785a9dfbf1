"""Every row of one database into another that is empty, with the program's own types, and whether all came over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, inspect, select, text, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from triage.errors import MoveFailed, Refused
from triage.store import schema, snapshots
from triage.store.base import Base
from triage.store.models import KeptMonth

_AT_ONCE = 500
_SAMPLE = 200
_REVISION = "alembic_version"


def prepare(target: Connection) -> None:
    """Bring an empty PostgreSQL to the newest schema, without a row. Raises Refused where it is not empty."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        target.execute(text(f"SET LOCAL {limit} = 0"))
    found = sorted(inspect(target).get_table_names())
    if found:
        raise Refused(f"the new database is not empty, it has {found[0]}: make an empty one with createdb")
    schema.bring_up(target)
    for table in reversed(Base.metadata.sorted_tables):
        target.execute(table.delete())


def copy_rows(source: Session, target: Connection) -> None:
    """All tables, those that others refer to first. Raises MoveFailed with the table whose rows are not taken."""
    known = {*Base.metadata.tables, _REVISION}
    if strange := set(snapshots.counts(source)) - known:
        raise Refused(f"the database has tables that are not ours: {', '.join(sorted(strange))}; take them out first")
    for table in sorted(Base.metadata.sorted_tables, key=lambda table: table.name == KeptMonth.__tablename__):
        try:  # kept months come last: the database removes them as their cases come
            _copy_table(source, target, table)
            _set_sequence(target, table)
        except DBAPIError as error:
            diagnosis = getattr(error.orig, "diag", None)
            reason = getattr(diagnosis, "message_primary", None) or type(error.orig).__name__
            raise MoveFailed(f"a row of {table.name} is not taken: {reason}") from error


def compare(source: Session, target: Session) -> dict[str, int]:
    """How many rows each table has, the same in both; the first and last of each are equal. Raises MoveFailed."""
    counted, arrived = snapshots.counts(source), snapshots.counts(target)
    if counted != arrived:
        wrong = next(name for name in {**counted, **arrived} if counted.get(name) != arrived.get(name))
        raise MoveFailed(f"{wrong} had {counted.get(wrong)} rows, and {arrived.get(wrong)} came over")
    for table in Base.metadata.sorted_tables:
        for rows in _samples(source, table):
            if rows != _same_rows(target, table, rows):
                raise MoveFailed(f"a row of {table.name} is not what it was")
    return {name: count for name, count in counted.items() if name != _REVISION}


def _copy_table(source: Session, target: Connection, table: Table) -> None:
    """A row may refer to a later one of its own table: such columns are filled in once all rows are there."""
    later = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    wanted = select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_ONCE)
    for part in source.execute(wanted).mappings().partitions():
        target.execute(insert(table), [dict(row) | dict.fromkeys(later) for row in part])
    if not later:
        return
    (key,) = table.primary_key
    fill = update(table).where(key == bindparam("of")).values({name: bindparam(f"to_{name}") for name in later})
    referring = wanted.where(func.coalesce(*(table.c[name] for name in later)).is_not(None))
    for part in source.execute(referring).mappings().partitions():
        target.execute(
            fill,
            [{"of": row[key], **{f"to_{name}": row[name] for name in later}} for row in part],
        )


def _set_sequence(target: Connection, table: Table) -> None:
    """The next row of a table gets the number after the last one."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = target.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    if sequence is None:
        raise MoveFailed(f"{table.name} has no numbers of its own in the new database")
    newest = target.scalar(select(func.max(column)))
    target.execute(select(func.setval(sequence, newest or 1, newest is not None)))


def _samples(source: Session, table: Table) -> Iterator[dict[tuple[Any, ...], dict[str, Any]]]:
    key = list(table.primary_key)
    for order in (key, [column.desc() for column in key]):
        rows = source.execute(select(table).order_by(*order).limit(_SAMPLE)).mappings().all()
        if rows:
            yield {tuple(row[column] for column in key): dict(row) for row in rows}


def _same_rows(
    target: Session, table: Table, rows: dict[tuple[Any, ...], dict[str, Any]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    key = list(table.primary_key)
    found = target.execute(select(table).where(tuple_(*key).in_(list(rows)))).mappings().all()
    return {tuple(row[column] for column in key): dict(row) for row in found}
