"""The disk fails under the database: nothing is half there, nothing is lost, and it goes on when it can."""

# ruff: noqa: PT012 - what raises is the end of a transaction

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests.support.disks import SmallDisk, failing_writes, small_disk
from tests.support.rows import NOW
from triage.errors import StoreUnavailable
from triage.store import chain, sqlite
from triage.store.engine import Store
from triage.store.models import Heartbeat


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 8) as made:
        yield made


@pytest.fixture
def on_disk(disk: SmallDisk, sqlite_template: Path) -> Iterator[Store]:
    yield from store_in(disk.path, sqlite_template)


@pytest.fixture
def in_folder(tmp_path: Path, sqlite_template: Path) -> Iterator[Store]:
    yield from store_in(tmp_path, sqlite_template)


def store_in(folder: Path, template: Path) -> Iterator[Store]:
    shutil.copy(template, folder / "afterhours.db")
    store = Store(f"sqlite:///{folder}/afterhours.db", busy_seconds=0.5)
    yield store
    store.close()


def note(store: Store, name: str) -> None:
    with store.write() as tx:
        tx.session.add(Heartbeat(name=name, at=NOW))
        tx.record("noted", at=NOW, actor="system", words=name * 20)


def noted(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Heartbeat.name).order_by(Heartbeat.name)))


def is_sound(store: Store) -> bool:
    with store.read() as session:
        return session.scalar(text("PRAGMA integrity_check")) == "ok" and chain.verify(session).first_bad is None


@contextmanager
def full(disk: SmallDisk) -> Iterator[None]:
    disk.fill()
    yield
    disk.free()


def fill_until_refused(store: Store) -> int:
    """The journal has some room left of its own when the disk is full; how many writes fit into it."""
    for number in range(10_000):
        try:
            note(store, f"fits-{number}")
        except StoreUnavailable:
            return number
    raise AssertionError("the disk never refused")


def test_a_full_disk_refuses_writes_whole_and_takes_them_again_when_there_is_room(
    on_disk: Store, disk: SmallDisk
) -> None:
    note(on_disk, "before")
    with full(disk):
        fitted = fill_until_refused(on_disk)
        with pytest.raises(StoreUnavailable, match="full"):
            note(on_disk, "refused")
        assert len(noted(on_disk)) == fitted + 1
    note(on_disk, "after")

    assert {"before", "after"} <= set(noted(on_disk))
    assert "refused" not in noted(on_disk)
    assert is_sound(on_disk)


def test_a_database_that_is_first_opened_on_a_full_disk_is_refused_and_opened_later(
    on_disk: Store, disk: SmallDisk
) -> None:
    with full(disk), pytest.raises(StoreUnavailable):
        note(on_disk, "refused")
    note(on_disk, "after")

    assert noted(on_disk) == ["after"]
    assert is_sound(on_disk)


def test_a_disk_that_fails_in_writing_refuses_writes_whole_and_may_be_read(in_folder: Store) -> None:
    note(in_folder, "before")
    with failing_writes():
        with pytest.raises(StoreUnavailable, match="disk I/O error"):
            note(in_folder, "refused")
        assert noted(in_folder) == ["before"]
    note(in_folder, "after")

    assert noted(in_folder) == ["after", "before"]
    assert is_sound(in_folder)


@pytest.mark.parametrize("is_open", [False, True], ids=["first opened then", "open before"])
def test_connections_made_while_the_disk_was_read_only_are_not_used_once_it_can_be_written(
    on_disk: Store, disk: SmallDisk, *, is_open: bool
) -> None:
    keeper = Store(on_disk.url.render_as_string())  # else no journal is there, and nothing can be opened at all
    note(keeper, "before")
    if is_open:
        note(on_disk, "while it could")
    with disk.read_only():
        on_disk._drop_connections()
        with pytest.raises(StoreUnavailable, match="readonly"):
            note(on_disk, "refused")
        assert "before" in noted(on_disk)
    note(on_disk, "after")

    assert "after" in noted(on_disk)
    assert is_sound(on_disk)
    keeper.close()


def test_a_file_that_was_moved_away_is_not_written_and_not_made_anew(in_folder: Store) -> None:
    note(in_folder, "before")
    path = Path(in_folder.url.database or "")
    path.rename(path.with_name("away.db"))
    for use in (lambda: note(in_folder, "lost"), lambda: noted(in_folder)):
        with pytest.raises(StoreUnavailable, match="moved or deleted while it was open: put it back"):
            use()
    assert not path.exists()
    path.with_name("away.db").rename(path)
    note(in_folder, "after")

    assert noted(in_folder) == ["after", "before"]
    assert is_sound(in_folder)


def test_another_file_in_its_place_is_not_written(in_folder: Store, sqlite_template: Path) -> None:
    note(in_folder, "before")
    path = Path(in_folder.url.database or "")
    path.rename(path.with_name("away.db"))
    shutil.copy(sqlite_template, path)
    untouched = path.read_bytes()

    with pytest.raises(StoreUnavailable, match="another file was put at"):
        note(in_folder, "lost")

    assert path.read_bytes() == untouched
    in_folder.close()
    for left in path.parent.glob("afterhours.db-*"):
        left.unlink()
    assert noted(in_folder) == []


def test_what_is_under_way_when_the_file_is_taken_away_is_not_said_to_be_kept(in_folder: Store) -> None:
    note(in_folder, "before")
    path = Path(in_folder.url.database or "")

    with pytest.raises(StoreUnavailable), in_folder.write() as tx:
        tx.session.add(Heartbeat(name="lost", at=NOW))
        path.rename(path.with_name("away.db"))

    path.with_name("away.db").rename(path)
    assert noted(in_folder) == ["before"]


@pytest.mark.parametrize(
    ("version", "is_sound"),
    [
        ((3, 6, 23), False), ((3, 7, 0), False), ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True),
        ((3, 45, 9), False), ((3, 50, 6), False), ((3, 50, 7), True), ((3, 51, 2), False), ((3, 51, 3), True),
        ((3, 53, 4), True), ((4, 0, 0), True),
    ],
)  # fmt: skip
def test_the_log_is_used_with_libraries_that_reset_it_safely(version: tuple[int, ...], *, is_sound: bool) -> None:
    assert sqlite.is_wal_sound(version) is is_sound


def test_the_library_that_is_installed_is_sound() -> None:
    assert sqlite.is_wal_sound(sqlite.sqlite_library().sqlite_version_info)


def test_an_unsound_library_keeps_the_journal_that_cannot_damage_the_file(
    in_folder: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(in_folder, "before")
    in_folder.close()
    monkeypatch.setattr(sqlite.sqlite_library(), "sqlite_version_info", (3, 40, 1))
    store = Store(in_folder.url.render_as_string())

    note(store, "after")
    with store.read() as session:
        found = [session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]

    assert found == ["delete", 3]
    assert noted(store) == ["after", "before"]
    store.close()


@contextmanager
def standby(url: str) -> Iterator[None]:
    """The server takes no writes, as one does that follows another."""
    with psycopg.connect(url, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = %s",
            [name],
        )
    try:
        yield
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())


@contextmanager
def full_server(url: str) -> Iterator[None]:
    """The server says that its disk is full, in its own words and with its own number."""
    refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '53100'; END $$"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(refuse.encode())
        admin.execute("CREATE TRIGGER refuse BEFORE INSERT ON heartbeats EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("DROP FUNCTION refuse CASCADE")


@pytest.mark.parametrize("refusing", [standby, full_server], ids=lambda made: made.__name__)
def test_postgresql_that_cannot_write_is_unavailable_and_used_again_when_it_can(
    postgres_url: str, refusing: Callable[[str], AbstractContextManager[None]]
) -> None:
    store = Store(postgres_url)
    note(store, "before")
    with refusing(postgres_url):
        assert noted(store) == ["before"]
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                note(store, "refused")
    note(store, "after")

    assert noted(store) == ["after", "before"]
    store.close()


def test_a_row_that_breaks_a_rule_is_no_outage(in_folder: Store) -> None:
    note(in_folder, "before")
    with pytest.raises(IntegrityError), in_folder.write() as tx:
        tx.session.add(Heartbeat(name="before", at=NOW))
        assert tx.session.scalar(select(func.count()).select_from(Heartbeat)) == 1
