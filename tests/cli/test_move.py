"""`afterhours move`: every row of every table, or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Table,
    insert,
    inspect,
    select,
    update,
)

from tests.cli.conftest import Run, document
from triage.store.base import Base, Dollars, UtcDateTime
from triage.store.engine import Store
from triage.store.models import Delivery, KeptMonth, RosterVersion

TABLES = Base.metadata.sorted_tables
AN_INSTANT = datetime(2026, 11, 1, 5, 30, 0, 7, tzinfo=UTC)
VALUES: dict[type, Any] = {
    UtcDateTime: AN_INSTANT,
    Dollars: Decimal("1234.50"),
    Date: date(2026, 11, 1),
    Boolean: True,
    Integer: 7,
    JSON: {"words": ["é", None, 1]},
    LargeBinary: b"\x00\xff",
}


@pytest.fixture
def empty_url(postgres_server: str) -> str:
    """The address of a PostgreSQL with nothing in it."""
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS moved WITH (FORCE)")
        admin.execute("CREATE DATABASE moved")
    return postgres_server.replace("/postgres?", "/moved?")


def value_for(connection: Connection, column: Column[Any]) -> Any:
    """Something that the column takes; of a column that refers to another row, a row that there is."""
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).limit(1))
    return next((value for kind, value in VALUES.items() if isinstance(column.type, kind)), "ü")


def fill_every_table(store: Store) -> None:
    """What the story left empty gets a row; a delivery speaks of a later one."""
    with store.connection() as connection:
        for table in TABLES:
            if connection.execute(select(table).limit(1)).first() is None:
                connection.execute(insert(table).values({c.name: value_for(connection, c) for c in table.columns}))
        first, *_, last = connection.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        connection.execute(update(Delivery).where(Delivery.id == first).values(bundled_in=last))
        years = timedelta(days=3650)  # a kept month that the cases fall into: it goes as one of them comes
        connection.execute(update(KeptMonth).values(starts_at=AN_INSTANT - years, ends_at=AN_INSTANT + years))


def rows_of(store: Store) -> dict[str, list[Any]]:
    def rows(connection: Connection, table: Table) -> list[Any]:
        found = connection.execute(select(table)).mappings().all()
        return sorted(map(dict, found), key=lambda row: [str(row[column.name]) for column in table.primary_key])

    with store.connection() as connection:
        return {table.name: rows(connection, table) for table in TABLES}


@pytest.mark.thorough
def test_every_row_of_every_table_comes_over_and_work_goes_on_there(at_night: Run, night: str, empty_url: str) -> None:
    old, new = Store(night), Store(empty_url)
    fill_every_table(old)
    before = rows_of(old)
    cases, verdict = (document(at_night(*words, "--json")) for words in (("case", "list"), ("audit", "verify")))

    moved = document(at_night("move", "--to", empty_url, "--json"))
    again = at_night("move", "--to", empty_url)

    assert all(before.values())
    assert moved["rows"] == {name: len(rows) for name, rows in before.items()}
    assert (moved["entries"], moved["head"]) == (verdict["entries"], verdict["head"])
    after = rows_of(new)
    assert [row for row in after["events"] if row["number"] <= moved["entries"]] == before["events"]
    unlike = [name for name in before if name not in {"events", "chain_head"} and before[name] != after[name]]
    assert unlike == []
    assert rows_of(old) == before
    there = {"database_url": empty_url}
    assert document(at_night("case", "list", "--json", **there)) == cases
    assert document(at_night("audit", "verify", "--json", **there))["ok"]
    with new.write() as tx:
        newest = tx.session.scalars(select(RosterVersion.id).order_by(RosterVersion.id.desc())).first()
        row = RosterVersion(version="v", source="s", content="{}", loaded_at=AN_INSTANT)
        tx.session.add(row)
        tx.session.flush()
        assert row.id == (newest or 0) + 1
    assert again.exit_code == 2
    assert "the new database is not empty" in again.stderr
    old.close()
    new.close()


def test_a_row_that_is_not_taken_leaves_the_new_database_empty(at_night: Run, night: str, empty_url: str) -> None:
    old, new = Store(night), Store(empty_url)
    with old.connection() as connection:
        connection.exec_driver_sql("UPDATE voicemails SET recording_sid = 'RE' || hex(zeroblob(50)) WHERE id = 1")

    refused = at_night("move", "--to", empty_url)

    assert refused.exit_code == 1
    assert "afterhours: a row of voicemails is not taken: value too long" in refused.stderr
    with new.connection() as connection:
        assert inspect(connection).get_table_names() == []
    old.close()
    new.close()
