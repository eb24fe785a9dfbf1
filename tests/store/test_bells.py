"""A bell wakes the other process; a lost one harms nobody."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from time import monotonic

import psycopg
import pytest

from tests.support.live import free_port
from triage.ports import Bell, HearsBell
from triage.store import bells
from triage.store.engine import Store

PATIENCE = 10.0
SOON = 0.05


@pytest.fixture
def bell(store: Store) -> Iterator[Bell]:
    made = bells.bell(store)
    yield made
    made.close()


@pytest.fixture
def hears(store: Store) -> Iterator[HearsBell]:
    made = bells.hears_bell(store)
    yield made
    made.close()


def settle(hears: HearsBell) -> None:
    """Hear whatever there is to hear at the start: PostgreSQL's listener looks once when it connects."""
    while hears.wait(SOON):
        pass


@pytest.mark.thorough
def test_a_ring_is_heard(bell: Bell, hears: HearsBell) -> None:
    settle(hears)

    bell.ring()

    assert hears.wait(PATIENCE)


def test_silence_is_silence(bell: Bell, hears: HearsBell) -> None:
    settle(hears)

    assert not hears.wait(SOON)


def test_a_ring_wakes_a_listener_that_waits(bell: Bell, hears: HearsBell) -> None:
    settle(hears)
    heard: list[bool] = []
    listener = Thread(target=lambda: heard.append(hears.wait(PATIENCE)))
    listener.start()

    bell.ring()
    listener.join(PATIENCE)

    assert heard == [True]


def test_a_ring_that_nobody_hears_harms_nobody(bell: Bell) -> None:
    for _ in range(100):
        bell.ring()


@pytest.mark.thorough
def test_a_listener_that_does_not_come_to_listen_holds_nobody_up(bell: Bell, hears: HearsBell) -> None:
    settle(hears)
    begun = monotonic()

    for _ in range(2_000):
        bell.ring()

    assert monotonic() - begun < PATIENCE
    assert hears.wait(PATIENCE)


def test_a_second_listener_on_one_file_hears_nothing_and_knows_it(sqlite_store: Store) -> None:
    first, second = bells.hears_bell(sqlite_store), bells.hears_bell(sqlite_store)
    ringer = bells.bell(sqlite_store)

    ringer.ring()

    assert (first.wait(PATIENCE), second.wait(SOON)) == (True, False)
    assert (first.is_taken, second.is_taken) == (False, True)
    for end in (ringer, first, second):
        end.close()


def test_each_database_file_has_a_bell_of_its_own(sqlite_store: Store, tmp_path: object) -> None:
    other = Store(f"sqlite:///{tmp_path}/other.db")
    hears, ringer = bells.hears_bell(other), bells.bell(sqlite_store)

    ringer.ring()

    assert not hears.wait(SOON)
    for end in (ringer, hears, other):
        end.close()


def test_the_same_file_by_another_path_is_the_same_bell(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    folder, _, name = path.rpartition("/")
    monkeypatch.chdir(folder)
    absolute, relative = Store(sqlite_url), Store(f"sqlite:///./{name}")
    hears, ringer = bells.hears_bell(absolute), bells.bell(relative)

    ringer.ring()

    assert hears.wait(PATIENCE)
    for end in (ringer, hears, absolute, relative):
        end.close()


def test_every_listener_of_postgresql_hears(postgres_store: Store) -> None:
    listeners = [bells.hears_bell(postgres_store) for _ in range(2)]
    for listener in listeners:
        settle(listener)

    bells.bell(postgres_store).ring()

    assert [listener.wait(PATIENCE) for listener in listeners] == [True, True]
    assert not any(each.is_taken for each in listeners)
    for listener in listeners:
        listener.close()


def test_a_listener_whose_connection_breaks_connects_again_and_looks_once(
    postgres_store: Store, postgres_url: str
) -> None:
    hears = bells.hears_bell(postgres_store)
    settle(hears)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")

    broke, again = hears.wait(SOON), hears.wait(PATIENCE)
    bells.bell(postgres_store).ring()

    assert (broke, again, hears.wait(PATIENCE)) == (False, True, True)
    hears.close()


def test_no_thread_waits_for_hours_for_a_postgresql_that_the_network_lost(postgres_store: Store) -> None:
    with postgres_store.read() as session:
        options = session.connection().connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]

    assert (options["keepalives_idle"], options["keepalives_count"]) == ("10", "2")
    assert options["tcp_user_timeout"] == "15000"


def test_a_postgresql_that_refuses_only_makes_the_listener_wait() -> None:
    store = Store(f"postgresql://nobody@127.0.0.1:{free_port()}/x")
    hears, ringer = bells.hears_bell(store), bells.bell(store)

    ringer.ring()

    assert not hears.wait(SOON)
    hears.close()
    store.close()
