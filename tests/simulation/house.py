"""The program and its machine, which die, hang, sleep and go wrong when they are told to."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.exc import OperationalError

from config.settings import SIMULATED_ACCOUNT, Settings
from scheduler.sweep import Errand, go_on
from tests.simulation.hung import Hung, Sender
from tests.simulation.seen import Seen
from tests.support.crashes import Crash, dying
from tests.support.databases import SharedStore
from triage.bootstrap import build
from triage.errors import StoreUnavailable
from triage.services import dispatch, reconciler
from triage.store import marks
from triage.store.models import Delivery
from webhooks.simulator.nights.clock import VirtualClock
from webhooks.simulator.nights.engine import NEVER, PAST, Nights

OUR_NUMBER = "+16145550100"
PUBLIC_URL = "https://afterhours.example"
TOKEN = "a token of no account, long enough to be looked for"
AT_MOST_LATE = timedelta(seconds=15)
LISTS_EVERY = timedelta(minutes=5)
NOTHING_NEW_FOR = timedelta(minutes=11)
"""Where nothing happened at the phone system for two looks, and our side works, a third finds what the second did."""
PAUSE_AFTER_FAILURE = timedelta(seconds=5)
_NO_LIMIT = 2**31 - 2
_LIMITED = "has no room"


class Broken(AssertionError):
    """Something that must always hold does not."""


class MachineClock(VirtualClock):
    """The machine's own clock: the world's, and by how much it is wrong."""

    def __init__(self, world: VirtualClock) -> None:
        self._world = world
        self.wrong_by = timedelta(0)

    def now(self) -> datetime:
        return self._world.now() + self.wrong_by

    def watched(self) -> datetime:
        return self.now()


class FaultyStore(SharedStore):
    """A database that is away, fails at a statement, or has no room left."""

    def __init__(self, url: str, statement_failed: Callable[[], None]) -> None:
        super().__init__(url)
        self.statement_failed = statement_failed
        self.is_away = self.is_full = False
        self.fails_in = 0
        self.has_failed = False
        self._scalars: dict[int, tuple[int, Any]] = {}
        for engine in (self._writer, self._reader):
            event.listen(engine, "begin", self._begin)
            event.listen(engine, "before_cursor_execute", self._execute)

    def scalar(self, statement: Executable) -> Any:
        """Asked again only where something was written: nobody else writes here."""
        if self.is_away or self.fails_in or self._scalars.get(id(statement), (-1,))[0] != self.writes:
            self._scalars[id(statement)] = (self.writes, super().scalar(statement))
        return self._scalars[id(statement)][1]

    def _begin(self, connection: Any) -> None:
        if self.is_away:
            self.has_failed = True
            raise OperationalError("BEGIN", None, Exception("simulated: the database does not answer"))
        info = connection.connection.info
        if self.is_full:
            raw = connection.connection.driver_connection
            info[_LIMITED] = True
            self.has_failed = True
            raw.execute(f"PRAGMA max_page_count={raw.execute('PRAGMA page_count').fetchone()[0]}")
        elif info.pop(_LIMITED, False):
            connection.connection.driver_connection.execute(f"PRAGMA max_page_count={_NO_LIMIT}")

    def _execute(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self.fails_in > 0:
            self.fails_in -= 1
            if self.fails_in == 0:
                self.has_failed = True
                self.statement_failed()
                raise OperationalError(statement, None, Exception("simulated: the statement failed"))


class House(Nights):
    """Simulated nights that end badly. `stopped_until` is the instant at which a dead or suspended machine is back."""

    def __init__(self, folder: Path, template: Path, roster: str, start: datetime, chance: Random, seen: Seen) -> None:
        database = folder / "afterhours.db"
        shutil.copy(template, database)
        (folder / "roster.toml").write_text(roster)
        self.settings = Settings(
            _env_file=None,
            database_url=f"sqlite:///{database}",
            roster_file=folder / "roster.toml",
            recordings_dir=folder / "recordings",
            twilio_account_sid=SIMULATED_ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_from=OUR_NUMBER,
            public_url=PUBLIC_URL,
        )
        self.seen = seen
        self.staff_phones: list[str] = []
        self.closures: frozenset[date] = frozenset()
        self.last_words: deque[str] = deque(maxlen=30)
        self.store = FaultyStore(self.settings.database_url, lambda: seen.note("fault: statement failed"))
        self.world_clock = VirtualClock(start)
        self.machine_clock = MachineClock(self.world_clock)
        self.stopped_until: datetime | None = None
        self.is_dead = False
        self.downtime = timedelta(0)
        self.points_left = 0
        self.kind_of_point = ""
        self.retry_at: datetime | None = None
        self.troubled_since: datetime | None = None
        self.steps = 0
        self.moved_at = start
        self.are_lists_at_rest = False
        self.ails = 0
        self.is_calm: Callable[[], bool] = lambda: True
        self.hung: list[Hung] = []
        self.hangs_next = ""
        self._hanging: Hung | None = None
        self._refused_because = ""
        super().__init__(
            lambda: build(self.settings, self.store, self.machine_clock),
            self.world_clock,
            sids=lambda prefix: f"{prefix}{chance.randbytes(16).hex()}",
        )
        transports = {
            channel: Sender(inner, self._call_point, self._taken)
            for channel, inner in self.phone_system.transports.items()
        }
        recordings = dying(self.phone_system.recordings, lambda _what: self._call_point())
        self.phone_system = replace(self.phone_system, transports=transports, recordings=recordings)

    def start(self) -> None:
        super().start()
        self.are_lists_at_rest = False
        self.store.point = lambda _when: self._commit_point()

    def settle(self) -> None:
        self.sweep()
        while self.phones.run_due(self.now):
            self.something_moves()
            self.sweep()
        is_well = not (self.ails or self.is_stopped or self.retry_at)
        if is_well and not self.are_lists_at_rest and self.now - self.moved_at > NOTHING_NEW_FOR:
            reconciler.put_off(self.program.desk, NEVER)
            self.are_lists_at_rest = True

    def something_moves(self) -> None:
        """From now on lists may hold something new: they are read again when they would have been, had none been left
        out."""
        if self.are_lists_at_rest:
            self.are_lists_at_rest = False
            with self.store.write() as tx:
                marks.look_at(tx.session, self.now + LISTS_EVERY - (self.now - self.moved_at) % LISTS_EVERY)
        self.moved_at = self.now

    @property
    def is_stopped(self) -> bool:
        return self.stopped_until is not None

    def sweep(self) -> None:
        """As the daemon's loop: what fails is tried again after a pause, and a process that died is started again."""
        self.steps += 1
        if not self._is_up() or (self.retry_at is not None and self.now < self.retry_at):
            return
        self.retry_at = None
        try:
            if self._refused_because:
                go_on(self.program, self._refused_because)
                self._refused_because = ""
            super().sweep()
        except Crash:
            self.die()
        except StoreUnavailable as error:
            self._refused_because = str(error)
            self._expect_failure("sweep_failed")
        except Exception as error:  # noqa: BLE001 - the daemon's loop catches it too
            self._expect_failure(f"a sweep crashed: {error!r}", error)

    def carry_out(self, errand: Errand) -> None:
        hung = Hung(errand)
        if self.hangs_next == "before a call" and hung.delivery is not None:
            self._hang(hung)
            return
        try:
            if self.hangs_next == "after a call" and hung.delivery is not None:
                self._hanging = hung
                if hung.start():
                    self._hang(hung)
            else:
                errand()
        except StoreUnavailable:
            self._expect_failure("an errand failed")
        except Exception as error:  # noqa: BLE001 - as the sender's thread does
            self._expect_failure(f"an errand crashed: {error!r}", error)

    def next_instant(self, until: datetime) -> datetime | None:
        own = self.stopped_until or self.retry_at
        if own is None:
            try:
                late = self.program.now() - self._ahead()
                if late > AT_MOST_LATE and self.is_calm():
                    raise Broken(f"I5: what was due {late} ago is not done")
                return super().next_instant(until)
            except StoreUnavailable:
                own = self.retry_at = self.now + PAUSE_AFTER_FAILURE
        soonest = (max(own, self.now), self.phones.next_instant())
        return min((at for at in soonest if at is not None and at <= until), default=None)

    def stop(self, span: timedelta, *, dies: bool) -> None:
        """Nothing runs for this long; afterwards the process goes on, or is a new one."""
        self.stopped_until, self.is_dead = self.now + span, dies

    def die(self) -> None:
        self.points_left = 0
        self.seen.note("fault: process died")
        self.seen.note(f"fault: died {self.kind_of_point}")
        self.stop(self.downtime, dies=True)

    def wake_hung(self) -> None:
        """A node that stopped in the middle goes on: by now its lease is over, and what it writes must not count."""
        hung, self.hung = self.hung, []
        for one in hung:
            assert one.delivery is not None
            before = self._row(one.delivery)
            is_fenced = before["claim"] != one.delivery.claim
            one.go_on()
            if is_fenced and self._row(one.delivery) != before:
                raise Broken(f"I10: a node whose lease was over wrote delivery {one.delivery.delivery_id}")
            if is_fenced:
                self.seen.note("fenced write")

    def mend(self) -> None:
        """The quiet time begins: what fails from now on is ours."""
        self.store.is_away = self.store.is_full = self.store.has_failed = False
        self.store.fails_in = self.points_left = 0
        self.hangs_next = ""
        self.machine_clock.wrong_by = timedelta(0)
        if self.stopped_until is not None:
            self.stopped_until = min(self.stopped_until, self.now)
        self.wake_hung()
        self.ails = 0
        self.moved_at = self.now

    def is_overdue(self) -> bool:
        """Whether a row is due that no sweep takes away."""
        return self._first_due(PAST) <= self.program.now()

    def _hang(self, hung: Hung) -> None:
        self.seen.note(f"fault: node hung {self.hangs_next}")
        self.hangs_next = ""
        self.hung.append(hung)

    def _taken(self) -> None:
        if self._hanging is not None:
            hanging, self._hanging = self._hanging, None
            hanging.pause()

    def _row(self, errand: dispatch.Errand) -> dict[str, Any]:
        with self.store.read() as session:
            row = session.get_one(Delivery, errand.delivery_id)
            return {name: getattr(row, name) for name in ("claim", "state", "provider_sid", "attempts", "reason")}

    def _is_up(self) -> bool:
        if self.stopped_until is None:
            return True
        if self.now < self.stopped_until:
            return False
        if self.is_dead:
            self._start_again()
            self._refused_because = ""
        self.stopped_until, self.is_dead = None, False
        self.moved_at = self.now
        return True

    def _start_again(self) -> None:
        self.program.close()
        self.start()

    def _expect_failure(self, what: str, error: Exception | None = None) -> None:
        """A failure is what a fault made, or one of ours."""
        if not (self.store.has_failed or self.store.is_away or self.store.is_full):
            raise Broken(what) from error
        self.retry_at = self.now + PAUSE_AFTER_FAILURE

    def _commit_point(self) -> None:
        self._point("before a commit or after it")

    def _call_point(self) -> None:
        self._point("at a provider call")

    def _point(self, kind: str) -> None:
        if self.points_left > 0:
            self.points_left -= 1
            if self.points_left == 0:
                self.kind_of_point = kind
                raise Crash

    def _post(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Any:
        if not self._is_up():
            raise ConnectionError(url)
        try:
            return super()._post(url, form, headers)
        except Crash:
            self.die()
            raise ConnectionError(url) from None
