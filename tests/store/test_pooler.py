"""PgBouncer in transaction mode: each transaction may get another session, and nothing may hang on that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import text

from config.settings import Settings
from tests.stories.test_backups import POSTGRES
from tests.support.pooler import pooler
from triage.cli import doctor
from triage.errors import BackupFailed, StoreUnavailable
from triage.store import bells, chain, schema, snapshots
from triage.store.engine import Store

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SOON = 0.05


@pytest.fixture
def pooled_url(postgres_url: str) -> Iterator[str]:
    with pooler(Path(parse_qs(urlsplit(postgres_url).query)["host"][0])) as url:
        yield url


@pytest.fixture
def pooled(pooled_url: str) -> Iterator[Store]:
    store = Store(pooled_url)
    yield store
    store.close()


def test_transactions_that_share_a_few_sessions_do_what_they_do_on_sessions_of_their_own(
    pooled: Store, postgres_store: Store
) -> None:
    def record(number: int) -> None:
        with pooled.write() as tx:
            tx.record("test", at=NOW, actor="system", number=number)

    with ThreadPoolExecutor(
        8
    ) as pool:  # so often that psycopg would prepare statements, which a rollback makes it forget
        list(pool.map(record, range(100)))

    with pooled.read() as session:
        assert chain.verify(session).entries == 100
    assert (pooled.is_pooled(), postgres_store.is_pooled()) == (True, False)


def test_each_transaction_has_its_limits_and_leaves_none_behind(pooled: Store, pooled_url: str) -> None:
    ask = text("SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout')")

    with pooled.write() as tx:
        written = tx.session.scalar(ask)
    with pooled.read() as session:
        read = session.scalar(ask)

    assert written == read == "5s 30s"
    with psycopg.connect(pooled_url, prepare_threshold=None) as another:
        assert another.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_who_waits_for_a_lock_through_a_pooler_gives_up(pooled: Store, postgres_store: Store, pooled_url: str) -> None:
    hasty = Store(pooled_url, busy_seconds=0.05)

    with postgres_store.write(), pytest.raises(StoreUnavailable), hasty.write():
        pass

    hasty.close()


def test_without_a_direct_address_every_wait_for_the_bell_ends_with_a_look(pooled: Store) -> None:
    hears = bells.hears_bell(pooled)
    hears.wait(SOON)
    begun = monotonic()

    assert [hears.wait(SOON) for _ in range(2)] == [True, True]
    assert monotonic() - begun >= 2 * SOON
    hears.close()


def test_a_ring_through_a_pooler_is_heard_at_the_direct_address(pooled_url: str, postgres_url: str) -> None:
    store = Store(pooled_url, direct_url=postgres_url)
    hears = bells.hears_bell(store)
    assert hears.wait(SOON), "it looks once when it connects"
    assert not hears.wait(SOON)

    bells.bell(store).ring()

    assert hears.wait(10)
    hears.close()
    store.close()


def test_a_backup_goes_by_the_direct_address_or_says_that_it_needs_one(
    pooled: Store, pooled_url: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{POSTGRES}:{os.environ['PATH']}")
    direct = Store(pooled_url, direct_url=postgres_url)

    with snapshots.copy_into(direct, tmp_path / "x.dump") as session:
        assert snapshots.revision(session) == schema.newest()
    refused = pytest.raises(BackupFailed, match="AFTERHOURS_DATABASE_DIRECT_URL")
    with refused, snapshots.copy_into(pooled, tmp_path / "y.dump"):
        pass

    direct.close()


@pytest.mark.thorough
def test_a_database_is_migrated_through_a_pooler(pooled_url: str, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE through_a_pooler")
    store = Store(pooled_url.removesuffix("postgres") + "through_a_pooler")

    schema.upgrade(store)

    assert schema.revision(store) == schema.newest()
    store.close()


def test_the_doctor_says_what_a_pooler_takes_away(pooled_url: str, postgres_url: str) -> None:
    def told(direct: str | None) -> list[str]:
        settings = Settings(_env_file=None, database_url=pooled_url, database_direct_url=direct)
        return [str(finding) for finding in doctor.examine(settings) if finding.check == "pooler"]

    [without], [through], [with_one] = told(None), told(pooled_url), told(postgres_url)

    assert without.startswith("WRONG pooler")
    assert "schedulers hear no bell" in without
    assert through.startswith("WRONG pooler")
    assert with_one.startswith("ok    pooler")
