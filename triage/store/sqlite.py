"""What SQLite needs that a server does not: a sound library, a connection as promised, and the file that was opened."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from triage.errors import StoreUnavailable

_WAL_WAS_MENDED = (3, 51, 3)
_MENDED_BEFORE = {(3, 44): 6, (3, 50): 7}
"""Earlier lines that got the mend too, from this patch of theirs on."""
_FIRST_WITH_WAL = (3, 7, 0)
_BUSY, _READ_ONLY = 5, 8  # SQLITE_BUSY and SQLITE_READONLY, the lowest byte of its extended codes
WRITES, READS = "BEGIN IMMEDIATE", "BEGIN"
"""How a transaction begins."""

_LOOKS_FOR_LOCK_MS = 4
"""SQLite looks for the lock less and less often, at last every 100 ms: a process whose threads hand it to one another
would hold up the other one for a second. It looks anew after so long, which is each millisecond or two."""


def sqlite_library() -> Any:
    """The wheel's: Debian 12 ships one in which the write-ahead log can damage the file."""
    import pysqlite3.dbapi2 as library  # noqa: PLC0415 - Linux only, and not needed on PostgreSQL

    return library


def version() -> tuple[int, ...]:
    """Of the library that is used."""
    found: tuple[int, ...] = sqlite_library().sqlite_version_info
    return found


def is_wal_sound(library: tuple[int, ...]) -> bool:
    """Whether this library never damages a file by starting its write-ahead log anew (sqlite.org/wal.html, 2026-03)."""
    if library < _FIRST_WITH_WAL:
        return False
    mended_at = _MENDED_BEFORE.get((library[0], library[1]))
    return library >= _WAL_WAS_MENDED or (mended_at is not None and library[2] >= mended_at)


def is_locked(error: DBAPIError) -> bool:
    """Whether another connection writes, of whatever program."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == _BUSY


def is_read_only(error: DBAPIError) -> bool:
    """Whether the connection cannot write: it was opened while its disk could not be written, and stays as it is."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == _READ_ONLY


class OpenedFile:
    """Which file was opened. Another at its path, or none, means that what we write is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[int, int] | None = None

    def note(self) -> None:
        """A connection was made: from now on it is this file."""
        if self._opened is None:
            self._opened = self._there()

    def forget(self) -> None:
        """All connections are closed."""
        self._opened = None

    def check(self) -> None:
        """Raises StoreUnavailable where the path does not lead to the file any more. One that is put back will do."""
        if self._opened is None or self._there() == self._opened:
            return
        if self._path.exists():
            raise StoreUnavailable(
                f"another file was put at {self._path} while it was open: put the former one back, or restart"
                " afterhours to go on with this one"
            )
        raise StoreUnavailable(
            f"{self._path} was moved or deleted while it was open: put it back, or stop afterhours and restore a backup"
        )

    def _there(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def sqlite_engine(url: URL, busy_seconds: float, begin: str, file: OpenedFile) -> Engine:
    library = sqlite_library()
    engine = create_engine(
        url,
        module=library,
        hide_parameters=True,  # they hold numbers and words of people, and errors are logged
        pool_use_lifo=True,  # what another connection writes empties the page cache of this one
        pool_size=8,
        max_overflow=8,
        pool_timeout=busy_seconds,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        for pragma in (
            *_journal(version()),
            "foreign_keys=ON",
            f"busy_timeout={busy_seconds * 1000:.0f}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        file.note()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Straight to the library: every transaction has one, and most are a question or two long.
        driver: Any = connection.connection.driver_connection
        try:
            if begin == WRITES:
                _take_lock(driver, busy_seconds)
            else:
                driver.execute(begin)
        except library.Error as error:
            raise DBAPIError.instance(begin, None, error, library.Error) from error

    return engine


def _take_lock(driver: Any, busy_seconds: float) -> None:
    """Begin to write, once nobody else does."""
    end = monotonic() + busy_seconds
    driver.execute(f"PRAGMA busy_timeout={_LOOKS_FOR_LOCK_MS}")
    try:
        while True:
            try:
                driver.execute(WRITES)
            except sqlite_library().OperationalError as error:
                if error.sqlite_errorcode & 0xFF != _BUSY or monotonic() > end:
                    raise
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout={busy_seconds * 1000:.0f}")


def _journal(library: tuple[int, ...]) -> tuple[str, str]:
    """What was answered 200 survives a power cut. Readers do not wait for the writer where that is safe."""
    if is_wal_sound(library):
        return "journal_mode=WAL", "synchronous=FULL"
    return "journal_mode=DELETE", "synchronous=EXTRA"
