"""What the program runs on, as it goes wrong: the clock, the database, the way to the provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.exc import OperationalError

from tests.support.databases import SharedStore
from triage.errors import StoreUnavailable
from triage.ports import Accepted, Outgoing, Sends
from triage.store.engine import Transaction
from webhooks.simulator.nights.clock import VirtualClock

_NO_LIMIT = 2**31 - 2
_LIMITED = "has no room"

Point = Callable[[str], None]
"""Told where a process is: it may die there, or stand still."""


class MachineClock(VirtualClock):
    """The machine's own clock: the world's, and by how much it is wrong."""

    def __init__(self, world: VirtualClock) -> None:
        self._world = world
        self.wrong_by = timedelta(0)

    def now(self) -> datetime:
        return self._world.now() + self.wrong_by

    def watched(self) -> datetime:
        return self.now()


@dataclass(slots=True)
class Database:
    """One database, whoever uses it. It may be away, fail at a statement, or have no room left."""

    statement_failed: Callable[[], None]
    is_away: bool = False
    is_full: bool = False
    fails_in: int = 0
    has_failed: bool = False
    writes: int = 0

    @contextmanager
    def looked_into(self) -> Iterator[None]:
        """What the test reads for itself it reads in an outage as well, and no statement that is to fail is its own."""
        was = self.is_away, self.fails_in
        self.is_away, self.fails_in = False, 0
        try:
            yield
        finally:
            self.is_away, self.fails_in = was


class CutOff(Exception):
    """A node stood still in a transaction: it has to be ended, else nobody else could write."""


class FaultyStore(SharedStore):
    """A node's way to the database. `stands_still` is asked at each point, and `stop` called where it says so."""

    def __init__(self, url: str, database: Database) -> None:
        self.database = database
        self.stands_still: Callable[[str], bool] = lambda _where: False
        self.stop: Callable[[], None] = lambda: None
        super().__init__(url)
        self._scalars: dict[int, tuple[int, Any]] = {}
        for engine in (self._writer, self._reader):
            event.listen(engine, "begin", self._begin)
            event.listen(engine, "before_cursor_execute", self._execute)

    @property
    def writes(self) -> int:
        """Of all who use the database."""
        return self.database.writes

    @writes.setter
    def writes(self, count: int) -> None:
        self.database.writes = max(self.database.writes, count)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Who stands still before a commit is cut off by the server, and learns it when it goes on."""
        try:
            with super().write() as tx:
                yield tx
                self._may_be_cut_off()
        except CutOff:
            self.stop()
            self.database.has_failed = True
            raise StoreUnavailable("simulated: the transaction was idle for too long") from None
        if self.stands_still("after a commit"):
            self.stop()

    def _may_be_cut_off(self) -> None:
        if self.stands_still("before a commit"):
            raise CutOff

    def scalar(self, statement: Executable) -> Any:
        """Asked again only where something was written: nobody else writes here."""
        base = self.database
        if base.is_away or base.fails_in or self._scalars.get(id(statement), (-1,))[0] != base.writes:
            self._scalars[id(statement)] = (base.writes, super().scalar(statement))
        return self._scalars[id(statement)][1]

    def _begin(self, connection: Any) -> None:
        base = self.database
        if base.is_away:
            base.has_failed = True
            raise OperationalError("BEGIN", None, Exception("simulated: the database does not answer"))
        info = connection.connection.info
        if base.is_full:
            raw = connection.connection.driver_connection
            info[_LIMITED] = True
            base.has_failed = True
            raw.execute(f"PRAGMA max_page_count={raw.execute('PRAGMA page_count').fetchone()[0]}")
        elif info.pop(_LIMITED, False):
            connection.connection.driver_connection.execute(f"PRAGMA max_page_count={_NO_LIMIT}")

    def _execute(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        base = self.database
        if base.fails_in > 0:
            base.fails_in -= 1
            if base.fails_in == 0:
                base.has_failed = True
                base.statement_failed()
                raise OperationalError(statement, None, Exception("simulated: the statement failed"))


class Sender:
    """A transport around whose calls the process may die or stand still."""

    def __init__(self, inner: Sends, point: Point) -> None:
        self._inner = inner
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, outgoing: Outgoing) -> Accepted:
        self._point("before a call")
        accepted = self._inner.send(outgoing)
        self._point("after a call")
        return accepted
