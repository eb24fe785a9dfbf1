"""The scheduler process: a bell rings, a sweep looks, senders send, an auditor watches."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import structlog
from sdnotify import SystemdNotifier

from scheduler.alarm_teller import AlarmTeller
from scheduler.auditor import Auditor, Engine
from scheduler.backup_maker import BackupMaker
from scheduler.disk_watch import DiskWatch
from scheduler.pulse import Pulse
from scheduler.rings import Rings
from scheduler.senders import Senders
from scheduler.sweep import begin, go_on, keep_house, sweep
from triage.bootstrap import PhoneSystem, Program
from triage.errors import ConfigurationError, StoreUnavailable
from triage.policy.faults import Fault, Finding
from triage.policy.lengths import in_two_units
from triage.policy.limits import CLOCK_IS_AWAITED_FOR
from triage.ports import HearsBell
from triage.services.findings import clock_behind, refusal
from triage.services.vital_signs import due_soon

log = structlog.get_logger()

_LISTEN_SECONDS = 1.0
_HOUSE_EVERY_SECONDS = 2.0
_HINDERED_FOR_SECONDS = 60.0  # a sweep fails within half of it where the database is slow to refuse
_PAUSE_AFTER_FAILURE_SECONDS = 0.5


class Daemon:
    """`ring` may come from any thread at any time; one thread sweeps.

    Raises ConfigurationError where another one of this machine runs on the same SQLite file: each would take what the
    other is sending for what a dead one left.
    """

    def __init__(self, program: Program, phone_system: PhoneSystem) -> None:
        self._program = program
        self._phone_system = phone_system
        self._has_begun = False
        self._refused_because: str | None = None
        self._made_at = monotonic()
        self._rung = Event()
        self._stopped = Event()
        self._last_sweep = monotonic()
        self._last_house = -_HOUSE_EVERY_SECONDS
        self._hears = _sole_listener(program)
        self._senders = Senders(program.settings.sender_threads, self.ring)
        self._rings = Rings(self.ring)
        self._hindered: tuple[Finding, float] | None = None
        self._failed_chores: dict[str, str] = {}
        self._disk_watch = DiskWatch(program)
        self._pulse = Pulse(program)
        self._alarms = AlarmTeller(program)
        engine = Engine(
            last_sweep=lambda: self._last_sweep,
            hindrance=self._hindrance,
            rings=self._rings,
            senders=self._senders,
            others=(self._pulse.findings, self._disk_watch.findings, self._chores, self._alarms.findings),
            dead=self._dead,
        )
        self._auditor = Auditor(program, self.ring, engine, (self._alarms, self._pulse))
        self._backup_maker = BackupMaker(program)
        self._listener = Thread(target=self._listen, name="bell", daemon=True)
        self._sweeper = Thread(target=self._sweep_when_rung, name="sweeper", daemon=True)

    def ring(self) -> None:
        """Look now."""
        self._rung.set()

    def start(self) -> None:
        """Sweep once for all that fell due while nobody looked, then run.

        Raises ConfigurationError where the database is of a newer program.
        """
        try:
            self._sweep()
        except ConfigurationError:
            self._hears.close()
            raise
        self._rings.start()
        self._listener.start()
        self._sweeper.start()
        self._alarms.start()
        self._pulse.start()
        self._auditor.start()
        self._backup_maker.start()
        self._disk_watch.start()
        SystemdNotifier().notify("READY=1")

    def stop(self) -> None:
        """Stop claiming, finish what is under way. What is not finished is in the database."""
        SystemdNotifier().notify("STOPPING=1")
        self._stopped.set()
        self._rung.set()
        self._auditor.stop()
        self._pulse.stop()
        self._alarms.stop()
        self._backup_maker.stop()
        self._disk_watch.stop()
        self._sweeper.join(timeout=15)  # before the rings, which it arms
        self._rings.stop()
        self._senders.stop()
        self._listener.join(timeout=2)
        self._hears.close()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            if self._hears.wait(_LISTEN_SECONDS):
                self.ring()

    def _sweep_when_rung(self) -> None:
        while not self._stopped.is_set():
            self._rung.wait()
            self._rung.clear()
            if not self._stopped.is_set():
                self._sweep()

    def _sweep(self) -> None:
        try:
            if not self._has_begun:
                if (behind := self._behind()) is not None:
                    self._hinder(Finding(Fault.CLOCK, f"it is {in_two_units(behind)} behind what is on record"))
                    return
                begin(self._program)
                self._has_begun = True
            elif self._refused_because is not None:
                go_on(self._program, self._refused_because)
            self._refused_because = None
            end = monotonic() + _HOUSE_EVERY_SECONDS
            free, goes_on = self._senders.free, lambda: monotonic() < end
            if not sweep(self._program, self._phone_system, self._senders.run, free, goes_on):
                self.ring()
            if monotonic() - self._last_house >= _HOUSE_EVERY_SECONDS:
                failed: dict[str, str] = {}
                keep_house(self._program, lambda chore, error: failed.update({chore: type(error).__name__}))
                self._failed_chores = failed
                self._last_house = monotonic()
            now = self._program.now()
            self._rings.arm(due_soon(self._program.desk, now), now)
            self._last_sweep = monotonic()
            self._hindered = None
        except StoreUnavailable as error:
            self._refused_because = str(error)
            self._hinder(refusal(error, "a sweep could not be finished"))
            log.warning("sweep_failed", reason=str(error))
            self._stopped.wait(_PAUSE_AFTER_FAILURE_SECONDS)
        except ConfigurationError:  # it stays so: who starts us is told, or the watchdog starves
            raise
        except Exception:  # one broken sweep must not be the last
            self._hindered = None
            log.exception("sweep_crashed")
            self._stopped.wait(_PAUSE_AFTER_FAILURE_SECONDS)

    def _chores(self) -> list[Finding]:
        failed = ", ".join(f"{chore} ({error})" for chore, error in self._failed_chores.items())
        return [Finding(Fault.CHORES, f"failed: {failed}")] if failed else []

    def _dead(self) -> list[str]:
        """Which threads ended that were started; of the others the auditor sees more than that."""
        workers = (self._alarms, self._pulse, self._disk_watch, self._backup_maker)
        every = (self._listener, *(worker.thread for worker in workers))
        return [thread.name for thread in every if thread.ident is not None and not thread.is_alive()]

    def _hinder(self, finding: Finding) -> None:
        self._hindered = finding, monotonic()

    def _hindrance(self) -> Finding | None:
        """Why the last sweep did nothing; a while without a further sweep has other reasons."""
        if self._hindered is None or monotonic() - self._hindered[1] > _HINDERED_FOR_SECONDS:
            return None
        return self._hindered[0]

    def _behind(self) -> timedelta | None:
        """How far the clock is behind what is on record, while it is still waited for to come right.

        At the start of a machine the clock may be wrong until it is synchronised. What has waited long enough is taken
        for right: then it was ahead before, and what it wrote is brought in line.
        """
        if monotonic() - self._made_at > CLOCK_IS_AWAITED_FOR.total_seconds():
            return None
        behind = clock_behind(self._program.desk, self._program.now())
        if behind is not None:
            log.warning("clock_is_behind", seconds=round(behind.total_seconds()))
        return behind


def _sole_listener(program: Program) -> HearsBell:
    hears = program.hears_bell()
    if hears.is_taken:
        hears.close()
        raise ConfigurationError(f"another scheduler runs on {program.desk.store.url.database}: stop that one first")
    return hears
