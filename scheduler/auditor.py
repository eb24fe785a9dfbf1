"""Looks for what should have happened and did not. Uses no APScheduler, and feeds the watchdog only if all is well."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import structlog
from sdnotify import SystemdNotifier

from triage.bootstrap import Program
from triage.errors import StoreUnavailable
from triage.policy.limits import SWEEP_MAY_TAKE
from triage.services.vital_signs import what_is_late

log = structlog.get_logger()

AUDIT_EVERY_SECONDS = 10


class Auditor:
    """A plain thread. It rings as well, so that sweeps go on even where APScheduler has died."""

    def __init__(
        self,
        program: Program,
        ring: Callable[[], None],
        last_sweep: Callable[[], float],
        bell_is_alive: Callable[[], bool],
    ) -> None:
        self._program = program
        self._ring = ring
        self._last_sweep = last_sweep
        self._bell_is_alive = bell_is_alive
        self._notifier = SystemdNotifier()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="auditor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def findings(self) -> list[str]:
        """Everything that is wrong by now; empty where promises are kept."""
        found = []
        if monotonic() - self._last_sweep() > SWEEP_MAY_TAKE.total_seconds():
            found.append("no sweep has finished for 30 s")
        if not self._bell_is_alive():
            found.append("APScheduler's thread is dead")
        try:
            found += what_is_late(self._program.desk, self._program.clock.watched())
        except StoreUnavailable as error:
            found.append(f"the database does not answer: {error}")
        return found

    def _run(self) -> None:
        while not self._stopped.wait(AUDIT_EVERY_SECONDS):
            self._ring()
            try:
                found = self.findings()
            except Exception:
                log.exception("audit_crashed")
                continue
            if found:
                log.error("audit_failed", findings=found)
            else:
                self._notifier.notify("WATCHDOG=1")
