"""Engines and transactions for SQLite and PostgreSQL, with the same promises on both.

A write transaction is alone: SQLite by BEGIN IMMEDIATE, PostgreSQL by locking the head of the event chain first.
What it reads cannot change beneath it, and its history gets the next numbers without a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from triage.errors import ConfigurationError, StaleRow, StoreUnavailable
from triage.store.chain import Entry, append
from triage.store.models import Case, ChainHead

BUSY_SECONDS = 5
"""How long a writer waits for another; well inside the 15 s that Twilio waits for us."""

DEAD_NETWORK: dict[str, Any] = {
    "connect_timeout": BUSY_SECONDS,
    "tcp_user_timeout": 15_000,  # milliseconds until what was sent must have arrived
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
"""For PostgreSQL. The server's own time limits do not help a thread that waits for an answer which the network lost:
without these it would wait for hours. So it learns of it in 20 s at the latest, and the sweep goes on."""

_UNDEFINED_TABLE = "42P01"


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
    """The database. Raises StoreUnavailable where it does not answer and StaleRow where a write lost a race.

    `writes` is how many transactions were committed here: where it stands, nothing of ours has changed.
    """

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = _checked(url)
        self.writes = 0
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, busy_seconds, "BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(self.url, busy_seconds, "BEGIN")
        else:
            self._writer = self._reader = _postgres_engine(self.url, busy_seconds)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that commits at its end, history included, or leaves nothing."""
        with _our_errors(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            if not self.is_sqlite:
                session.execute(select(ChainHead.number).with_for_update())
            transaction = Transaction(session)
            yield transaction
            session.flush()
            append(session, transaction.entries)
        self.writes += 1

    @contextmanager
    def rehearse(self) -> Iterator[Transaction]:
        """A write of which nothing stays, to see what it would come to."""
        with _our_errors(), Session(self._writer) as session:
            if not self.is_sqlite:
                session.execute(select(ChainHead.number).with_for_update())
            yield Transaction(session)
            session.rollback()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the database and writes nothing."""
        with _our_errors(), Session(self._reader) as session:
            if not self.is_sqlite:
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield session
            session.rollback()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A bare connection in a transaction of its own, for the schema."""
        with _our_errors(), self._writer.begin() as connection:
            yield connection
        self.writes += 1

    def notify(self, channel: str) -> None:
        """PostgreSQL's NOTIFY, outside any transaction."""
        with _our_errors(), self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"NOTIFY {channel}"))

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


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


def _sqlite_engine(url: URL, busy_seconds: float, begin: str) -> Engine:
    library = sqlite_library()
    engine = create_engine(
        url,
        module=library,
        hide_parameters=True,  # they hold numbers and words of people, and errors are logged
        pool_size=8,
        max_overflow=8,
        pool_timeout=busy_seconds,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        for pragma in (
            "journal_mode=WAL",  # readers do not wait for the writer
            "synchronous=FULL",  # what was answered 200 survives a power cut
            "foreign_keys=ON",
            f"busy_timeout={busy_seconds * 1000:.0f}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Straight to the library: every transaction has one, and most are a question or two long.
        try:
            connection.connection.driver_connection.execute(begin)  # type: ignore[union-attr] # it is connected
        except library.Error as error:
            raise DBAPIError.instance(begin, None, error, library.Error) from error

    return engine


def _postgres_engine(url: URL, busy_seconds: float) -> Engine:
    # A node that hangs in the middle of a transaction must not hold the others up for ever.
    waits = f"-c lock_timeout={busy_seconds * 1000:.0f}"
    limits = f"{waits} -c idle_in_transaction_session_timeout=10s -c statement_timeout=30s"
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=busy_seconds,
        connect_args={"options": limits, **DEAD_NETWORK},
    )


def sqlite_library() -> Any:
    """A SQLite without the WAL-reset corruption: the wheel's, since Debian 12 ships an older one."""
    import pysqlite3.dbapi2 as library  # noqa: PLC0415 - Linux only, and not needed on PostgreSQL

    return library


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except StaleDataError:
        raise StaleRow("somebody else changed it first; look again") from None
    except PoolTimeoutError as error:
        raise StoreUnavailable(str(error)) from error
    except DBAPIError as error:
        if isinstance(error, OperationalError) or error.connection_invalidated or _is_no_database(error):
            raise StoreUnavailable(str(error.orig)) from error
        raise


def _is_no_database(error: DBAPIError) -> bool:
    """Whether what answers is no database of ours: a damaged file, or one that was never migrated."""
    return type(error) is DatabaseError or getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE
