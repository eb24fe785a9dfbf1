"""Engines and transactions for SQLite and PostgreSQL, with the same promises on both.

A write transaction is alone: SQLite by BEGIN IMMEDIATE, PostgreSQL by locking the head of the event chain first.
What it reads cannot change beneath it, and its history gets the next numbers without a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from triage.errors import ConfigurationError, StaleRow, StoreLocked, StoreUnavailable
from triage.store.chain import Entry, append, lock_head
from triage.store.models import Case
from triage.store.sqlite import READS, WRITES, OpenedFile, is_locked, is_read_only, sqlite_engine
from triage.store.under_way import UnderWay

BUSY_SECONDS = 5
"""How long a writer waits for another; well inside the 15 s that Twilio waits for us."""

MODE = "mode"
"""The option of an engine, and the name under which the pool knows, what a connection is used for."""

POOLED = "is_pooled"
"""The name under which the pool knows of a connection whether a pooler stands before the server."""

_UNDEFINED_TABLE = "42P01"
_READ_ONLY_TRANSACTION = "25006"
_LOCK_NOT_AVAILABLE = "55P03"


class Mode(Enum):
    """What a connection to a server is used for."""

    WRITES = 1
    READS = 2  # sees one state of the database, and writes nothing
    SAYS = 3  # one statement, outside any transaction


class Transaction:
    """One write: a session, and the history that is appended when it commits.

    `account` is the account of the console through which people act in it: then the history names it as the actor of
    what they do, `account:7` and not `person:lee`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.entries: list[Entry] = []
        self.account: str | None = None

    def record(
        self,
        kind: str,
        *,
        at: datetime,
        actor: str,
        case_id: int | None = None,
        policy: str | None = None,
        **details: Any,
    ) -> None:
        """Append to the history: who did what when, in the transaction that does it."""
        if self.account is not None and actor.startswith("person:"):
            actor = self.account
        self.entries.append(Entry(kind=kind, at=at, actor=actor, case_id=case_id, policy=policy, details=details))

    def record_of(self, case: Case, kind: str, *, at: datetime, actor: str, **details: Any) -> None:
        """Append to the history of a case, under the policy that it keeps."""
        self.record(kind, at=at, actor=actor, case_id=case.id, policy=case.policy, **details)


class Store:
    """The database. Raises StoreUnavailable where it does not answer, StoreLocked where somebody else writes for too
    long, and StaleRow where a write lost a race.

    `writes` is how many transactions were committed here: where it stands, nothing of ours has changed. `under_way` are
    those that are not over.

    `direct_url` is the address of the server itself, where `url` is that of a connection pooler: for what needs a
    session of its own.
    """

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS, direct_url: str | None = None) -> None:
        self.url = _checked(url)
        self.writes = 0
        self.under_way = UnderWay()
        self.direct_url = _checked(direct_url) if direct_url else self.url
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = OpenedFile(Path(self.url.database or ""))
        if self.is_sqlite:
            self._writer = sqlite_engine(self.url, busy_seconds, WRITES, self._file)
            self._reader = sqlite_engine(self.url, busy_seconds, READS, self._file)
        else:
            from triage.store.postgres import postgres_engine  # noqa: PLC0415 - large, and SQLite needs none of it

            self._writer = postgres_engine(self.url, busy_seconds)
            self._reader = self._writer.execution_options(**{MODE: Mode.READS})
        self._asker = self._reader if self.is_sqlite else self._writer.execution_options(**{MODE: Mode.SAYS})
        self._turn = _Turn(busy_seconds) if self.is_sqlite else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that commits at its end, history included, or leaves nothing."""
        with (
            self._turn,
            self.under_way.write(),
            self._answers(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            head = None if self.is_sqlite else lock_head(session)
            transaction = Transaction(session)
            yield transaction
            session.flush()
            append(session, transaction.entries, head)
            self._file.check()
        self.writes += 1

    @contextmanager
    def rehearse(self) -> Iterator[Transaction]:
        """A write of which nothing stays, to see what it would come to."""
        with self._turn, self._answers(), Session(self._writer) as session:
            if not self.is_sqlite:
                lock_head(session)
            yield Transaction(session)
            session.rollback()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the database and writes nothing."""
        with self._answers(is_to_write=False), Session(self._reader) as session:
            yield session
            if self.is_sqlite:
                session.rollback()
            else:
                session.expunge_all()  # what was changed is not written
                session.commit()  # a rollback makes the driver forget what it has prepared

    def scalar(self, statement: Executable) -> Any:
        """One value as of now, without the cost of a session: for what every request asks."""
        with self.glance() as connection:
            return connection.scalar(statement)

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A bare connection, to read as of now without the cost of a session: for what is asked all the time."""
        with self._answers(is_to_write=False), self._asker.connect() as connection:
            yield connection

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A bare connection in a transaction of its own, for the schema."""
        with self._answers(), self._writer.begin() as connection:
            yield connection
        self.writes += 1

    def is_pooled(self) -> bool:
        """Whether a connection pooler stands between us and PostgreSQL."""
        if self.is_sqlite:
            return False
        with self.glance() as connection:
            return bool(connection.info[POOLED])

    def notify(self, channel: str) -> None:
        """PostgreSQL's NOTIFY, outside any transaction."""
        with self._answers(), self._asker.connect() as connection:
            connection.exec_driver_sql(f"NOTIFY {channel}")

    def close(self) -> None:
        self._drop_connections()
        self._file.forget()

    @contextmanager
    def _answers(self, *, is_to_write: bool = True) -> Iterator[None]:
        self._file.check()
        try:
            yield
        except StaleDataError:
            raise StaleRow("somebody else changed it first; look again") from None
        except PoolTimeoutError as error:
            raise StoreUnavailable(str(error)) from error
        except DBAPIError as error:
            if is_to_write and _cannot_write(error):
                self._drop_connections()
            elif not isinstance(error, OperationalError) and not (
                error.connection_invalidated or _is_no_database(error)
            ):
                raise
            raise (StoreLocked if _is_locked(error) else StoreUnavailable)(str(error.orig)) from error

    def _drop_connections(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


class _Turn:
    """One thread of a process writes at a time. SQLite alone would let them look for the lock at random moments: under
    load some never find it free."""

    def __init__(self, most_seconds: float) -> None:
        self._lock = Lock()
        self._most_seconds = most_seconds

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._most_seconds):
            raise StoreLocked(f"no turn to write within {self._most_seconds:.0f} s")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(f"AFTERHOURS_DATABASE_URL is not a database address: {error}") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigurationError(
            "AFTERHOURS_DATABASE_URL: write sqlite:///file.db or postgresql+psycopg://user@host/name"
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError("AFTERHOURS_DATABASE_URL: a promise needs a file, not a database in memory")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def _is_no_database(error: DBAPIError) -> bool:
    """Whether what answers is no database of ours: a damaged file, or one that was never migrated."""
    return type(error) is DatabaseError or getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE


def _is_locked(error: DBAPIError) -> bool:
    return is_locked(error) or getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def _cannot_write(error: DBAPIError) -> bool:
    """Whether this connection cannot write, while a new one may: the disk, or what was a standby, can by then."""
    return is_read_only(error) or getattr(error.orig, "sqlstate", None) == _READ_ONLY_TRANSACTION
