"""Two nodes of the program on one database. They die, stand still, sleep and go wrong when they are told to."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from config.settings import SHIPPED_POLICY, SIMULATED_ACCOUNT, Settings
from scheduler.sweep import Errand, go_on
from tests.simulation.machine import Database, FaultyStore, MachineClock, Sender
from tests.simulation.seen import Seen
from tests.simulation.standstill import Standstill
from tests.support.crashes import Crash, dying
from triage.bootstrap import Program, build
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
AT_A_COMMIT, AT_A_CALL = "before a commit or after it", "at a provider call"
"""Where a process may die."""


class Broken(AssertionError):
    """Something that must always hold does not."""


class House(Nights):
    """Simulated nights that end badly. `stopped_until` is the instant at which a dead or suspended machine is back.

    Of the two nodes one does all the work, until it stands still: then the other takes over, and is the one from then
    on. What the first had begun it ends when it goes on.
    """

    def __init__(
        self,
        folder: Path,
        template: Path,
        roster: str,
        start: datetime,
        chance: Random,
        seen: Seen,
        policy_file: Path = SHIPPED_POLICY,
    ) -> None:
        database = folder / "afterhours.db"
        shutil.copy(template, database)
        (folder / "roster.toml").write_text(roster)
        self.settings = Settings(
            _env_file=None,
            database_url=f"sqlite:///{database}",
            roster_file=folder / "roster.toml",
            policy_file=policy_file,
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
        self._recent_calls: deque[str] = deque(maxlen=4)
        self.database = Database(lambda: seen.note("fault: statement failed"))
        self.stores = [self._store(), self._store()]
        self.standby: Program | None = None
        self.world_clock = VirtualClock(start)
        self.machine_clock = MachineClock(self.world_clock)
        self.stopped_until: datetime | None = None
        self.is_dead = False
        self.downtime = timedelta(0)
        self.dies, self.points_left = AT_A_COMMIT, 0
        self.retry_at: datetime | None = None
        self.troubled_since: datetime | None = None
        self.steps = 0
        self.moved_at = start
        self.are_lists_at_rest = False
        self.ails = 0
        self.is_calm: Callable[[], bool] = lambda: True
        self.hangs_next = ""
        self.standing: list[Standstill] = []
        self._deed: Standstill | None = None
        self._refused_because = ""
        super().__init__(
            lambda: build(self.settings, self.stores[0], self.machine_clock),
            self.world_clock,
            sids=lambda prefix: f"{prefix}{chance.randbytes(16).hex()}",
        )
        transports = {
            channel: Sender(inner, self._call_point) for channel, inner in self.phone_system.transports.items()
        }
        recordings = dying(self.phone_system.recordings, lambda _what: self._point(AT_A_CALL))
        self.phone_system = replace(self.phone_system, transports=transports, recordings=recordings)

    def start(self) -> None:
        """Start the first node; the other when it is wanted."""
        super().start()
        self.standby = None
        self.are_lists_at_rest = False
        for store in self.stores:
            store.point = lambda _when: self._point(AT_A_COMMIT)

    def close(self) -> None:
        """Both nodes end, wherever they stand."""
        self.kill_standing()
        super().close()
        if self.standby is not None:
            self.standby.close()

    @property
    def store(self) -> FaultyStore:
        """The way to the database of the node that works."""
        return next(store for store in self.stores if store is self.program.desk.store)

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
            self.may_stand_still(super().sweep)
        except Crash:
            self.die()
        except StoreUnavailable as error:
            self._refused_because = str(error)
            self._expect_failure("sweep_failed")
        except Exception as error:  # noqa: BLE001 - the daemon's loop catches it too
            self._expect_failure(f"a sweep crashed: {error!r}", error)

    def carry_out(self, errand: Errand) -> None:
        """As a sender's thread does. Where its node stands still in it for too long, it must not settle it."""
        deed = next((one for one in (*self.standing, self._deed) if one is not None and one.is_mine), None)
        of = getattr(errand, "args", (None,))[0]
        delivery = of if isinstance(of, dispatch.Errand) else None
        if deed is not None:
            deed.delivery, deed.row = delivery, None
        try:
            errand()
        except StoreUnavailable:
            self._expect_failure("an errand failed")
        except Exception as error:  # noqa: BLE001 - as the sender's thread does
            self._expect_failure(f"an errand crashed: {error!r}", error)
        if deed is not None and deed.row is not None and delivery is not None:
            if self._row(delivery) != deed.row:
                raise Broken(f"I10: a node whose lease was over wrote delivery {delivery.delivery_id}")
            self.seen.note("fenced write")

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
        """Both nodes: they are on one machine."""
        self.points_left = 0
        self.kill_standing()
        self.seen.note(f"fault: died {self.dies}")
        self.stop(self.downtime, dies=True)

    def wake_hung(self) -> None:
        """A node that stood still goes on: by now its lease may be over, and what it writes then must not count."""
        self.hangs_next = ""
        while self.standing and not (self.stopped_until and self.now < self.stopped_until):
            deed = self.standing.pop()
            if deed.delivery is not None:
                row = self._row(deed.delivery)
                deed.row = row if row["claim"] != deed.delivery.claim else None
            self._deed, self.app.extensions["program"] = deed, deed.program
            try:
                deed.go_on()
            except StoreUnavailable:
                self._expect_failure("a node that went on failed")
            except Crash:
                self.die()
            finally:
                self._deed = None

    def kill_standing(self) -> None:
        """Who stands still dies with its machine."""
        standing, self.standing = self.standing, []
        for deed in standing:
            deed.kill()

    def mend(self) -> None:
        """The quiet time begins: what fails from now on is ours."""
        base = self.database
        base.is_away = base.is_full = False
        base.fails_in = self.points_left = 0
        self.machine_clock.wrong_by = timedelta(0)
        if self.stopped_until is not None:
            self.stopped_until = min(self.stopped_until, self.now)
        self.wake_hung()
        base.has_failed = False
        self.ails = 0
        self.moved_at = self.now

    def is_overdue(self) -> bool:
        """Whether a row is due that no sweep takes away."""
        return self._first_due(PAST) <= self.program.now()

    def _store(self) -> FaultyStore:
        store = FaultyStore(self.settings.database_url, self.database)
        store.stands_still, store.stop = self._stands_still, self._stand_still
        return store

    def may_stand_still(self, deed: Callable[[], Any]) -> Any:
        """Do it, on a thread of its own where it is to stand still in the middle. Then the other node takes over."""
        if not self.hangs_next or self.standing:
            return deed()
        self._deed = Standstill(self.program, deed)
        try:
            came_to = self._deed.start()
            if self._deed.is_standing:
                self.standing.append(self._deed)
                self._take_over()
        finally:
            self._deed = None
        return came_to

    def _stands_still(self, where: str) -> bool:
        return self.hangs_next == where and self._deed is not None and self._deed.is_mine

    def _stand_still(self) -> None:
        self.seen.note(f"fault: node hung {self.hangs_next}")
        self.hangs_next = ""
        assert self._deed is not None
        self._deed.stop()

    def _take_over(self) -> None:
        """The other node, which knows what it knew when it last worked, does everything from now on."""
        other = self.standby
        if other is None:
            spare = self.stores[1] if self.store is self.stores[0] else self.stores[0]
            other = build(self.settings, spare, self.machine_clock)
        self.program, self.standby = other, self.program
        self._known_writes = -1
        self.house_kept_at = None

    def _row(self, errand: dispatch.Errand) -> dict[str, Any]:
        with self.database.looked_into(), self.store.read() as session:
            row = session.get_one(Delivery, errand.delivery_id)
            return {name: getattr(row, name) for name in ("claim", "state", "provider_sid", "attempts", "reason")}

    def _is_up(self) -> bool:
        return self._is_running() and (self.program.is_prepared or self._prepares())

    def _prepares(self) -> bool:
        """Whether a node that takes over reaches the database."""
        try:
            self.program.prepare()
        except StoreUnavailable:
            self.retry_at = self.now + PAUSE_AFTER_FAILURE
        return self.program.is_prepared

    def _is_running(self) -> bool:
        if self.stopped_until is None:
            return True
        if self.now < self.stopped_until:
            return False
        if self.is_dead:
            try:
                self._start_again()
            except StoreUnavailable:
                self.stopped_until = self.now + PAUSE_AFTER_FAILURE
                return False
            self._refused_because = ""
        self.stopped_until, self.is_dead = None, False
        self.moved_at = self.now
        return True

    def _start_again(self) -> None:
        self.close()
        self.start()

    def _expect_failure(self, what: str, error: Exception | None = None) -> None:
        """A failure is what a fault made, or one of ours."""
        if not (self.database.has_failed or self.database.is_away or self.database.is_full):
            raise Broken(what) from error
        self.retry_at = self.now + PAUSE_AFTER_FAILURE

    def _call_point(self, where: str) -> None:
        self._point(AT_A_CALL)
        if self._stands_still(where):
            self._stand_still()

    def _point(self, where: str) -> None:
        if self.points_left > 0 and where == self.dies:
            self.points_left -= 1
            if self.points_left == 0:
                raise Crash

    def _post(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Any:
        if not self._is_up():
            raise ConnectionError(url)
        self._note_mingled((form or {}).get("CallSid"))
        try:
            answer = self.may_stand_still(partial(super()._post, url, form, headers))
        except Crash:
            self.die()
            raise ConnectionError(url) from None
        if answer is None:
            raise TimeoutError(url)
        return answer

    def _note_mingled(self, call_sid: str | None) -> None:
        """Whether webhooks of another call came between two of this one."""
        if call_sid is None:
            return
        recent = self._recent_calls
        if call_sid in recent and recent[-1] != call_sid:
            self.seen.note("webhooks of calls mingled")
        recent.append(call_sid)
