"""The heartbeat to an address outside: sent each minute, and only where the newest audit passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from time import monotonic

import structlog

from scheduler.auditor import AUDIT_EVERY_SECONDS
from triage.bootstrap import Program
from triage.clock import SystemClock
from triage.errors import StoreUnavailable, TransportError
from triage.policy.faults import NO_WRITING, Fault, Finding
from triage.policy.lengths import in_two_units
from triage.policy.limits import CLOCK_MAY_STEP, HEARTBEAT_MAY_FAIL
from triage.services.vital_signs import heart_beat

log = structlog.get_logger()

BEAT_EVERY_SECONDS = 60.0
_STOPS_WITHIN_SECONDS = 2.0
_VERDICT_HOLDS_SECONDS = 3 * AUDIT_EVERY_SECONDS
_FAILING_FOR_SECONDS = 2 * AUDIT_EVERY_SECONDS
_ITS_OWN = frozenset({Fault.HEARTBEAT})


class Pulse:
    """A thread of its own: an address that hangs holds up neither audit nor watchdog. Does nothing without one."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._lock = Lock()
        self._wrong: list[Finding] = []
        self._audited_at: float | None = None
        self._failing_since: float | None = None
        self._reached_at = monotonic()
        self._why = "no answer yet"
        self._clock: Finding | None = None
        self._audited = Event()
        self._stopped = Event()
        self.thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        if self._program.heartbeat is not None:
            self._reached_at = monotonic()
            self.thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._audited.set()
        if self.thread.is_alive():
            self.thread.join(_STOPS_WITHIN_SECONDS)

    def take(self, found: Sequence[Finding]) -> None:
        """What the newest audit found. What has happened and is over is no fault, nor is the heartbeat's own."""
        wrong = [each for each in found if not each.meaning.is_news and each.fault not in _ITS_OWN]
        with self._lock:
            self._wrong, self._audited_at = wrong, monotonic()
            self._failing_since = (self._failing_since or self._audited_at) if wrong else None
        self._audited.set()

    def findings(self) -> list[Finding]:
        """What the heartbeat itself shows: that it does not arrive, and that our clock is not that of its address."""
        if self._program.heartbeat is None:
            return []
        found = [self._clock] if self._clock is not None else []
        silent = monotonic() - self._reached_at
        if silent > HEARTBEAT_MAY_FAIL.total_seconds():
            found.append(Finding(Fault.HEARTBEAT, f"not taken for {silent / 60:.0f} min: {self._why}"))
        return found

    def beat(self) -> None:
        """Send what the newest audit came to, if it is fresh and no mere moment; never raises."""
        heartbeat = self._program.heartbeat
        with self._lock:
            wrong, audited_at, since = self._wrong, self._audited_at, self._failing_since
        if heartbeat is None or audited_at is None or monotonic() - audited_at > _VERDICT_HOLDS_SECONDS:
            return
        if since is not None and monotonic() - since < _FAILING_FOR_SECONDS:
            return
        try:
            told_at = heartbeat.failed(len(wrong)) if wrong else heartbeat.passed()
        except TransportError as error:
            self._why = error.reason
            log.warning("heartbeat_failed", host=heartbeat.where, reason=error.reason)
            return
        except Exception:
            self._why = "see the log"
            log.exception("heartbeat_crashed")
            return
        self._reached_at = monotonic()
        self._compare_clocks(told_at)
        if all(each.fault not in NO_WRITING for each in wrong):
            self._note()

    def _compare_clocks(self, told_at: datetime | None) -> None:
        off = told_at - SystemClock().now() if told_at is not None else timedelta(0)
        self._clock = None
        if told_at is not None and abs(off) > CLOCK_MAY_STEP:
            way = "behind" if off > timedelta(0) else "ahead"
            words = f"it is {in_two_units(abs(off))} {way}: the heartbeat's address has {told_at:%Y-%m-%d %H:%M:%S} UTC"
            self._clock = Finding(Fault.CLOCK_OFF, words)

    def _note(self) -> None:
        try:
            heart_beat(self._program.desk, self._program.now())
        except StoreUnavailable as error:
            log.warning("heartbeat_not_noted", reason=str(error))

    def _run(self) -> None:
        self._audited.wait()
        while not self._stopped.is_set():
            self.beat()
            self._stopped.wait(BEAT_EVERY_SECONDS)
