"""What only PostgreSQL has: its engine, and the end of the bell that hears its notifications."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from typing import Any

import psycopg
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError

from triage.store.base import Base
from triage.store.engine import BUSY_SECONDS, MODE, POOLED, Mode

log = structlog.get_logger()

DEAD_NETWORK: dict[str, Any] = {
    "connect_timeout": BUSY_SECONDS,
    "tcp_user_timeout": 15_000,  # milliseconds until what was sent must have arrived
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
"""The server's own time limits do not help a thread that waits for an answer which the network lost:
without these it would wait for hours. So it learns of it in 20 s at the latest, and the sweep goes on."""

_SECONDS_TO_RECONNECT = 1.0
_USED_AT = "used_at"
_LIVES_FOR_SECONDS = 0.1
"""A connection that was used so short a time ago is not asked whether it lives, unless the server says something of its
own accord: that it ends it."""


def is_behind_pooler(connection: psycopg.Connection[Any]) -> bool:
    """Whether a pooler stands before the server: it gives its clients a process number that it made up."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is None or row[0] != connection.info.backend_pid


def _mark_partial_indexes() -> None:
    """As on SQLite. The models do not say so themselves: the dialect would be loaded where nothing else needs it."""
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


def postgres_engine(url: URL, busy_seconds: float) -> Engine:
    """The limits are the session's. A pooler in transaction mode gives each transaction another session: there they are
    the transaction's, and no statement is prepared, which only one of the sessions would know."""
    _mark_partial_indexes()
    # A node that hangs in the middle of a transaction must not hold the others up for ever. One that reads holds nobody
    # up, and a report of years counts for long between two statements; one that writes has less time, see chain.py.
    limits = {
        "lock_timeout": f"{busy_seconds * 1000:.0f}",
        "idle_in_transaction_session_timeout": "60s",
        "statement_timeout": "30s",
    }
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_use_lifo=True,  # the one used last has the most prepared
        pool_size=8,
        max_overflow=8,
        pool_timeout=busy_seconds,
        connect_args=DEAD_NETWORK,
    )
    _hand_out_what_lives(engine)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        record.info[POOLED] = is_behind_pooler(connection)
        if record.info[POOLED]:
            connection.prepare_threshold = None
        else:
            connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in limits.items()))
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        mode = connection.get_execution_options().get(MODE, Mode.WRITES)
        if connection.info.get(MODE) is not mode:
            _set_mode(driver, mode)
            connection.info[MODE] = mode
        if connection.info[POOLED] and mode is not Mode.SAYS:
            try:
                driver.execute("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in limits.items()))
            except psycopg.Error as error:
                raise DBAPIError.instance("SET LOCAL", None, error, psycopg.Error) from error

    return engine


def _set_mode(driver: Any, mode: Mode) -> None:
    """No exchange with the server: it is told so with the next BEGIN, if any."""
    driver.autocommit = mode is Mode.SAYS
    driver.read_only = True if mode is Mode.READS else None
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if mode is Mode.READS else None


def _hand_out_what_lives(engine: Engine) -> None:
    """SQLAlchemy's own way, `pool_pre_ping`, is an exchange with the server each time."""

    @event.listens_for(engine, "checkin")
    def _note_use(_connection: Any, record: Any) -> None:
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, _: Any) -> None:
        used_at = record.info.get(_USED_AT)
        is_fresh = used_at is not None and time.monotonic() - used_at < _LIVES_FOR_SECONDS
        try:
            if not is_fresh or _says_something(connection):
                engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise DisconnectionError(str(error)) from error  # the pool makes another


def _says_something(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has sent what nobody asked for."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


class HearsNotifications:
    """A connection of its own that listens; made anew where it breaks.

    Through a pooler nothing can be heard: where the store has no other address, every wait ends with a look.
    """

    is_taken = False

    def __init__(self, url: URL, channel: str) -> None:
        self._channel = channel
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._is_deaf = False

    def wait(self, timeout: float) -> bool:
        if self._is_deaf:
            threading.Event().wait(timeout)
            return True
        try:
            if self._connection is None:
                self._connect()
                return True  # whatever was rung before is not heard: look once
            return any(True for _ in self._connection.notifies(timeout=timeout, stop_after=1))
        except psycopg.Error:
            self.close()
            threading.Event().wait(min(timeout, _SECONDS_TO_RECONNECT))
            return False

    def _connect(self) -> None:
        self._connection = psycopg.connect(self._address, autocommit=True, **DEAD_NETWORK)
        if is_behind_pooler(self._connection):
            self._is_deaf = True
            self.close()
            log.warning("bell_not_heard", reason="a pooler is between us and the database: set its direct address")
        else:
            self._connection.execute(f"LISTEN {self._channel}")

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
