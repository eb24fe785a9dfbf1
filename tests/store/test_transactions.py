"""A write is alone, whole, and loses a race aloud; a read sees one state and writes nothing."""

# ruff: noqa: PT012 - what raises is the end of a transaction

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from time import monotonic

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.support.rows import NOW, add_case
from triage.errors import ConfigurationError, StaleRow, StoreUnavailable
from triage.store import chain
from triage.store.chain import HANGING_SECONDS
from triage.store.engine import BUSY_SECONDS, Store
from triage.store.models import Case, Heartbeat
from triage.store.models import Event as HistoryEntry


def test_the_second_of_two_sessions_that_change_one_case_gets_stale_row(store: Store) -> None:
    with store.write() as tx:
        add_case(tx)
    with store.read() as session:
        seen = session.get_one(Case, 1)
        session.expunge(seen)
    with store.write() as tx:
        tx.session.get_one(Case, 1).owner = "dana"

    with pytest.raises(StaleRow, match="somebody else changed it first"), store.write() as tx:
        tx.session.add(seen)
        seen.owner = "lee"

    with store.read() as session:
        assert session.get_one(Case, 1).owner == "dana"


def test_a_write_that_fails_leaves_neither_rows_nor_history(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        add_case(tx)
        tx.record("case_opened", at=NOW, actor="caller")
        _ = 1 / 0

    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0
        assert chain.head(session) == (0, chain.GENESIS)


def test_history_that_cannot_be_written_takes_the_rows_with_it(store: Store) -> None:
    with pytest.raises(TypeError), store.write() as tx:
        add_case(tx)
        tx.record("odd", at=NOW, actor="caller", details={("a", "tuple"): 1})

    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_history_of_a_row_that_breaks_a_rule_is_not_written(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.record("beat", at=NOW, actor="system")
        tx.session.add_all([Heartbeat(name="x", at=NOW), Heartbeat(name="x", at=NOW)])

    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(HistoryEntry)) == 0


def test_writes_are_serial_and_history_has_no_gap(store: Store) -> None:
    start = Barrier(8)

    def write(number: int) -> None:
        start.wait(timeout=10)
        for turn in range(5):
            with store.write() as tx:
                count = tx.session.scalar(select(func.count()).select_from(Heartbeat)) or 0
                tx.session.add(Heartbeat(name=f"{count}", at=NOW))  # twice the same where two writes overlap
                tx.record("beat", at=NOW, actor=f"person:{number}", turn=turn)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    with store.read() as session:
        verdict = chain.verify(session)
    assert (verdict.entries, verdict.first_bad) == (40, None)


def test_a_read_sees_one_state_whatever_is_written_meanwhile(store: Store) -> None:
    with store.read() as session:
        before = session.scalar(select(func.count()).select_from(Heartbeat))
        with store.write() as tx:
            tx.session.add(Heartbeat(name="x", at=NOW))
            tx.record("beat", at=NOW, actor="system")
        after = session.scalar(select(func.count()).select_from(Heartbeat))
        head = chain.head(session)

    assert (before, after, head[0]) == (0, 0, 0)


def test_the_chain_can_be_verified_while_others_write(store: Store) -> None:
    done = Event()

    def write() -> None:
        while not done.is_set():
            with store.write() as tx:
                tx.record("beat", at=NOW, actor="system")

    writer = Thread(target=write)
    writer.start()
    verdicts = []
    for _ in range(20):
        with store.read() as session:
            verdicts.append(chain.verify(session))
    done.set()
    writer.join()

    assert {verdict.first_bad for verdict in verdicts} == {None}


def test_what_a_read_changes_is_not_kept(store: Store) -> None:
    with store.write() as tx:
        add_case(tx)

    with store.read() as session:
        session.get_one(Case, 1).owner = "nobody"

    with store.read() as session:
        assert session.get_one(Case, 1).owner is None


def test_postgresql_refuses_to_write_in_a_read(postgres_store: Store) -> None:
    with pytest.raises(DBAPIError, match="read-only"), postgres_store.read() as session:
        session.add(Heartbeat(name="x", at=NOW))
        session.flush()


@pytest.mark.parametrize("holder_is", ["a thread of this process", "another process"])
def test_a_writer_waits_for_another_only_so_long(sqlite_url: str, postgres_url: str, holder_is: str) -> None:
    def refused(url: str) -> float:
        store, elsewhere = Store(url, busy_seconds=0.5), Store(url)
        held, free = Event(), Event()

        def hold() -> None:
            with (elsewhere if holder_is == "another process" else store).write() as tx:
                tx.session.scalar(select(func.count()).select_from(Heartbeat))
                held.set()
                free.wait(timeout=10)

        holder = Thread(target=hold)
        holder.start()
        held.wait(timeout=10)
        begun = monotonic()
        try:
            with pytest.raises(StoreUnavailable), store.write() as tx:
                tx.session.add(Heartbeat(name="x", at=NOW))
            return monotonic() - begun
        finally:
            free.set()
            holder.join()
            store.close()
            elsewhere.close()

    with ThreadPoolExecutor(2) as pool:
        assert all(0.4 < seconds < 5 for seconds in pool.map(refused, [sqlite_url, postgres_url]))


def test_sqlite_is_set_as_promised_on_every_connection(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_SECONDS * 1000}
    found = []
    for enter in (sqlite_store.read, sqlite_store.connection):
        with enter() as session:
            found.append({name: session.execute(text(f"PRAGMA {name}")).scalar() for name in wanted})

    assert found == [wanted, wanted]


def test_postgresql_is_set_as_promised_on_every_connection(postgres_store: Store) -> None:
    wanted = {
        "lock_timeout": f"{BUSY_SECONDS}s",
        "idle_in_transaction_session_timeout": "1min",
        "statement_timeout": "30s",
    }
    with postgres_store.read() as session:
        found = {name: session.scalar(text(f"SHOW {name}")) for name in wanted}

    assert found == wanted


def test_on_postgresql_who_hangs_while_it_writes_is_cut_off_before_the_others_give_up(postgres_store: Store) -> None:
    show = text("SHOW idle_in_transaction_session_timeout")
    with postgres_store.write() as tx:
        while_writing = tx.session.scalar(show)
    with postgres_store.read() as session:
        afterwards = session.scalar(show)

    assert (while_writing, afterwards) == (f"{HANGING_SECONDS}s", "1min")
    assert HANGING_SECONDS < BUSY_SECONDS


def test_sqlite_is_a_version_without_the_wal_reset_fault(sqlite_store: Store) -> None:
    with sqlite_store.read() as session:
        number = tuple(int(part) for part in str(session.scalar(text("SELECT sqlite_version()"))).split("."))

    assert number >= (3, 51, 3)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite://", "a promise needs a file"),
        ("sqlite:///:memory:", "a promise needs a file"),
        ("mysql://root@localhost/x", "write sqlite:///file.db or postgresql"),
        ("afterhours.db", "is not a database address"),
        ("postgresql://host:port/x", "is not a database address"),
        ("", "is not a database address"),
    ],
)
def test_an_address_that_is_no_database_of_ours_is_refused_with_its_mend(url: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Store(url)


def test_words_of_people_are_not_in_the_text_of_an_error(store: Store) -> None:
    with pytest.raises(IntegrityError) as caught, store.write() as tx:
        add_case(tx, id=1, caller_place="my secret town")
        tx.session.execute(text("INSERT INTO blocked_phones (phone, channel) VALUES (:phone, 'x')"), {"phone": "+1614"})

    assert "secret" not in str(caught.value)


def test_threads_of_one_process_write_by_turns(sqlite_url: str) -> None:
    """SQLite lets them try for its lock at random moments: under load some would never find it free."""
    store = Store(sqlite_url, busy_seconds=0.1)

    def write() -> None:
        with store.write():
            pass

    with ThreadPoolExecutor(1) as other:
        with store.write(), pytest.raises(StoreUnavailable, match="no turn to write"):
            other.submit(write).result()
        other.submit(write).result()
    store.close()
