"""What tests of the store get: a store on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from triage.store.engine import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store(database_url)
    yield made
    made.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    made = Store(sqlite_url)
    yield made
    made.close()


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    made = Store(postgres_url)
    yield made
    made.close()
