"""Migrations: from nothing to what the models say and back, on both databases, by two processes at once."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from triage.store import cases, schema
from triage.store.base import Base
from triage.store.chain import GENESIS, head
from triage.store.engine import Store
from triage.store.marks import LISTS

MIGRATIONS = Path(schema.__file__).with_name("migrations")
TABLES = {*Base.metadata.tables, "alembic_version"}


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bare.db"
    server: str = request.getfixturevalue("postgres_server")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        admin.execute("CREATE DATABASE empty")
    return server.replace("/postgres?", "/empty?")


def tables(store: Store) -> set[str]:
    with store.connection() as connection:
        return set(inspect(connection).get_table_names())


def test_the_newest_revision_is_what_the_models_say(database_url: str) -> None:
    store = Store(database_url)

    with store.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        differences = compare_metadata(context, Base.metadata)
    store.close()

    assert differences == []


def test_an_empty_database_is_brought_to_the_newest_revision(bare_url: str) -> None:
    store = Store(bare_url)
    before = schema.revision(store)

    schema.upgrade(store)
    schema.upgrade(store)

    assert (before, schema.revision(store)) == (None, schema.newest())
    assert tables(store) == TABLES
    with store.read() as session:
        assert head(session) == (0, GENESIS)
    store.close()


@pytest.mark.thorough
def test_every_step_goes_back_again(bare_url: str) -> None:
    store = Store(bare_url)
    schema.upgrade(store)

    with store.connection() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    left = tables(store)
    schema.upgrade(store)

    assert left == {"alembic_version"}
    assert tables(store) == TABLES
    store.close()


def migrate(store: Store, revision: str) -> None:
    with store.connection() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_rows_of_the_first_release_come_over_whole(bare_url: str) -> None:
    store = Store(bare_url)
    migrate(store, "0001_cases")
    with store.connection() as connection:
        for number, repeat_of in ((1, None), (2, 1)):
            connection.execute(
                text(
                    "INSERT INTO deliveries (id, person_id, phone, channel, body, state, is_held, attempts, created_at,"
                    " repeat_of) VALUES (:number, 'lee', '+1', 'sms', 'x', 'sent', false, 1, '2026-11-01', :repeat_of)"
                ),
                {"number": number, "repeat_of": repeat_of},
            )

    schema.upgrade(store)

    with store.connection() as connection:
        found = connection.execute(text("SELECT id, person_id, repeat_of FROM deliveries ORDER BY id")).all()
    assert found == [(1, "lee", None), (2, "lee", 1)]
    store.close()


_OLD_CASE = """
    INSERT INTO cases (id, version, state, "window", support_day, product, is_emergency, flags, clauses, rate,
        is_billable, policy, answered_at, left_at, opened_at, ladder_base_at, ladder_step, ladder_round, ladder_passed)
    VALUES (1, 1, 'closed', 'evening', true, 'unknown', false, '[]', '[]', 'standard', true, 'v1', '2026-11-01',
        '2026-11-01', '2026-11-01', '2026-11-01', 0, 1, '[]')
"""
_OLD_VOICEMAIL = """
    INSERT INTO voicemails (id, case_id, recording_sid, call_sid, status, left_at, received_at)
    VALUES (:number, 1, :sid, 'CA1', :status, '2026-11-01', '2026-11-01')
"""


@pytest.mark.thorough
def test_recordings_of_the_first_release_are_fetched_too(bare_url: str) -> None:
    store = Store(bare_url)
    migrate(store, "0001_cases")
    with store.connection() as connection:
        connection.execute(
            text("INSERT INTO policy_versions (version, content, first_used_at) VALUES ('v1', '{}', '2026-11-01')")
        )
        connection.execute(text(_OLD_CASE))
        for number, status in ((1, "completed"), (2, "absent")):
            connection.execute(text(_OLD_VOICEMAIL), {"number": number, "sid": f"RE{number}", "status": status})

    schema.upgrade(store)

    with store.connection() as connection:
        found = connection.execute(text("SELECT voicemail_id, state, attempts FROM recording_copies")).all()
    assert found == [(1, "wanted", 0)]
    store.close()


@pytest.mark.thorough
def test_the_one_mark_of_all_lists_becomes_one_of_each(bare_url: str) -> None:
    store = Store(bare_url)
    migrate(store, "0002_phone")
    with store.connection() as connection:
        for name in ("canary", "traffic"):
            connection.execute(text("INSERT INTO marks VALUES (:name, '2026-11-01', '2026-11-02')"), {"name": name})

    schema.upgrade(store)

    with store.connection() as connection:
        found = connection.execute(text("SELECT name, at, held_since FROM marks")).all()
    assert {row[0] for row in found} == {"canary", *LISTS}
    assert len({row[1:] for row in found}) == 1
    store.close()


@pytest.mark.thorough
def test_a_migration_that_fails_leaves_nothing_behind(bare_url: str) -> None:
    store = Store(bare_url)

    with pytest.raises(ZeroDivisionError), store.connection() as connection:  # noqa: PT012 - the end raises
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _ = 1 / 0

    assert tables(store) == set()
    store.close()


@pytest.mark.thorough
def test_two_processes_may_migrate_at_once(bare_url: str) -> None:
    code = (
        "import sys; from triage.store import schema; from triage.store.engine import Store;"
        "schema.upgrade(Store(sys.argv[1]))"
    )

    racers = [
        subprocess.Popen([sys.executable, "-c", code, bare_url], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = [racer.communicate(timeout=60)[1] for racer in racers]

    assert [racer.returncode for racer in racers] == [0, 0, 0], told
    store = Store(bare_url)
    assert schema.revision(store) == schema.newest()
    store.close()


def test_revisions_are_numbered_in_a_row_and_named_in_words() -> None:
    found = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]

    for number, script in enumerate(found, start=1):
        assert re.fullmatch(rf"{number:04d}_[a-z]+(_[a-z]+)*", script.revision)
        assert Path(script.path).name == f"{script.revision}.py"
        assert script.doc.strip()


def test_nothing_is_kept_by_the_databases_own_clock() -> None:
    defaults = [column for table in Base.metadata.tables.values() for column in table.columns if column.server_default]

    assert defaults == []


def test_cases_are_found_by_indexes_however_many_were_closed(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/bare.db")
    schema.upgrade(store)
    asked: list[tuple[str, Any]] = []
    event.listen(store._reader, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with store.read() as session:
        cases.live(session)
        cases.awaiting_callback_of(session, "+16145550199")
        cases.last_closed_of(session, "+16145550199")
        cases.known_to(session, "dana", datetime(2026, 11, 20, tzinfo=UTC))
        plans = [
            "".join(row.detail for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values))
            for sql, values in [*asked]
        ]
    store.close()

    assert [re.findall("ix_cases_[a-z_]+", plan) for plan in plans] == [
        ["ix_cases_due_open"],
        ["ix_cases_caller_callback_made_at"],
        ["ix_cases_caller_callback_made_at", "ix_cases_callback_number"],
        ["ix_cases_due_open", "ix_cases_closed_at"],
    ]
    assert "SCAN alerts" not in plans[-1]
