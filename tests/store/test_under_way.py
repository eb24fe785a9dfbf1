"""A write that hangs is told from a database that does not answer, by what its thread is doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from sqlalchemy import text

from triage.errors import StoreLocked
from triage.store import schema
from triage.store.engine import Store

PATIENCE = 10.0
LONG_QUESTION = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT max(i) FROM n"


@contextmanager
def elsewhere(name: str, work: Callable[[Event], None]) -> Iterator[None]:
    """Work on a thread of its own, which says when it has come to where it stays."""
    there = Event()
    thread = Thread(target=work, args=(there,), name=name)
    thread.start()
    assert there.wait(PATIENCE)
    yield
    thread.join(PATIENCE)


@pytest.mark.on_both
def test_a_thread_that_hangs_in_our_own_code_is_found_by_name(store: Store) -> None:
    go_on = Event()

    def hang(there: Event) -> None:
        with store.write():
            there.set()
            go_on.wait(PATIENCE)

    with elsewhere("sender_3", hang):
        found, young = store.under_way.hung(0.0), store.under_way.hung(60.0)
        go_on.set()

    assert (found and found.thread, young) == ("sender_3", None)
    assert store.under_way.hung(0.0) is None  # it is over


def test_a_thread_that_waits_for_the_database_is_not_taken_for_one(sqlite_store: Store) -> None:
    def ask(there: Event) -> None:
        with sqlite_store.write() as tx:
            there.set()
            tx.session.execute(text(LONG_QUESTION))

    schema.upgrade(sqlite_store)
    with elsewhere("sweeper", ask):
        pause = Event()
        found = []
        for _ in range(20):
            pause.wait(0.005)
            found.append(sqlite_store.under_way.hung(0.0))

    assert None in found[5:]


def test_whoever_finds_the_database_held_by_another_says_so(sqlite_url: str) -> None:
    mine, other = Store(sqlite_url, busy_seconds=0.01), Store(sqlite_url)
    schema.upgrade(mine)
    with other.write() as tx:
        tx.session.execute(text("SELECT 1"))
        with pytest.raises(StoreLocked, match="database is locked"), mine.write() as late:
            late.session.execute(text("SELECT 1"))
    mine.close()
    other.close()
