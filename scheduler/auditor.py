"""Looks for what should have happened and did not. Uses no APScheduler, and feeds the watchdog unless a restart helps.

What it finds goes to those who tell people of it, by ways of their own. Nothing here waits for the network, and for the
database only so long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic
from typing import Protocol

import structlog
from sdnotify import SystemdNotifier

from scheduler.rings import Rings
from scheduler.senders import Senders
from triage.bootstrap import Program
from triage.clock import Clock, SystemClock
from triage.errors import StoreUnavailable
from triage.policy.faults import Fault, Finding
from triage.policy.lengths import in_two_units
from triage.policy.limits import (
    ANSWER_MAY_TAKE,
    CLOCK_MAY_STEP,
    ERRAND_MAY_TAKE,
    SENDER_MAY_TAKE,
    SWEEP_MAY_TAKE,
)
from triage.services.findings import of_rows, refusal
from triage.services.patience import Question
from triage.services.vital_signs import due_soon, hung_write

log = structlog.get_logger()

AUDIT_EVERY_SECONDS = 10
_STEP_IS_NEWS_FOR_SECONDS = 60
_ARMED_WITHIN = timedelta(seconds=10)
_FOLLOW_FROM_NO_SWEEP = frozenset({Fault.SWEEP, Fault.WORK, Fault.SENDING, Fault.LETTERS})


class Hears(Protocol):
    """Whoever is told what each audit found, and must not keep the auditor waiting."""

    def take(self, found: Sequence[Finding]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What the auditor looks at in its own process. `hindrance` is why nothing can be swept, where that is known;
    `others` look at something themselves, and tell at once what they found last; `dead` names threads that ended."""

    last_sweep: Callable[[], float]
    hindrance: Callable[[], Finding | None]
    rings: Rings
    senders: Senders
    others: Sequence[Callable[[], list[Finding]]] = ()
    dead: Callable[[], Sequence[str]] = tuple


class Auditor:
    """A plain thread. It rings as well, so that sweeps go on even where APScheduler has died."""

    def __init__(
        self, program: Program, ring: Callable[[], None], engine: Engine, hears: Sequence[Hears] = (),
        machine: Clock | None = None,
    ) -> None:  # fmt: skip
        self._program = program
        self._ring = ring
        self._engine = engine
        self._hears = hears
        self._machine = machine or SystemClock()
        self._question = Question(self._ask)
        self._hindered_at = float("-inf")  # when it was last known why nothing is swept
        self._lacking: set[datetime] = set()
        self._looked_at = self._machine.now(), monotonic()
        self._step: tuple[Finding, float] | None = None
        self._logged: set[Fault] = set()
        self._notifier = SystemdNotifier()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="auditor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def audit(self) -> bool:
        """Look once, let it be told, and feed the watchdog; whether it was fed."""
        try:
            found = self.findings()
        except Exception as error:
            log.exception("audit_crashed")
            found = [Finding(Fault.AUDIT, f"it crashed: {type(error).__name__}")]
        is_restart_wanted = any(finding.meaning.restart_helps for finding in found)
        faults = {finding.fault for finding in found}
        if is_restart_wanted or faults - self._logged:
            log.error("audit_failed", findings=[finding.for_the_log for finding in found], feeds=not is_restart_wanted)
        self._logged = faults
        for each in self._hears:
            each.take(found)
        if not is_restart_wanted:
            self._notifier.notify("WATCHDOG=1")
        return not is_restart_wanted

    def findings(self) -> list[Finding]:
        """Everything that is wrong by now; empty where promises are kept."""
        found = [*self._clock_step(), *self._threads(), *(each for other in self._engine.others for each in other())]
        hindrance = self._engine.hindrance()
        try:
            rows, soon = self._question.answer(ANSWER_MAY_TAKE.total_seconds())
        except TimeoutError:
            hindrance = Finding(Fault.DATABASE, f"no answer for {ANSWER_MAY_TAKE.total_seconds():.0f} s")
        except StoreUnavailable as error:
            hindrance = refusal(error, "no answer")
        else:
            found += self._told_apart(rows)
            found += self._rings(soon)
        hindrance = self._hung_write() or hindrance
        if hindrance is not None:
            self._hindered_at = monotonic()
            return [hindrance, *(each for each in found if each.fault not in _FOLLOW_FROM_NO_SWEEP)]
        return [*self._sweep(), *found]

    def _ask(self) -> tuple[list[Finding], list[datetime]]:
        now = self._program.clock.watched()
        return of_rows(self._program.desk, now), due_soon(self._program.desk, self._program.now())

    def _sweep(self) -> Iterator[Finding]:
        age = monotonic() - max(self._engine.last_sweep(), self._hindered_at)
        if age > SWEEP_MAY_TAKE.total_seconds():
            yield Finding(Fault.SWEEP, f"no sweep has finished for {age:.0f} s")

    def _hung_write(self) -> Finding | None:
        """A thread of ours that hangs while it writes is why nothing is swept, and no fault of the database."""
        hung = hung_write(self._program.desk)
        return Finding(Fault.WRITE, hung) if hung is not None else None

    def _threads(self) -> Iterator[Finding]:
        if dead := self._engine.dead():
            yield Finding(Fault.THREADS, f"ended: {', '.join(dead)}")
        if not self._engine.rings.is_alive():
            yield Finding(Fault.BELL, "APScheduler's thread is dead")
        if (waits := self._engine.senders.waits_for()) > SENDER_MAY_TAKE.total_seconds():
            yield Finding(Fault.SENDERS, f"no thread that sends has taken work for {waits:.0f} s")
        if (longest := self._engine.senders.longest()) > ERRAND_MAY_TAKE.total_seconds():
            yield Finding(Fault.SENDER_BUSY, f"one errand has been under way for {longest / 60:.0f} min")

    def _told_apart(self, rows: Sequence[Finding]) -> Iterator[Finding]:
        """Deliveries wait because the phone system is slow, or because nobody sends; only then a restart helps."""
        is_idle = self._engine.senders.idle_for() > SENDER_MAY_TAKE.total_seconds()
        for finding in rows:
            nobody_sends = finding.fault is Fault.SENDING and is_idle
            yield Finding(Fault.WORK, finding.words) if nobody_sends else finding

    def _rings(self, soon: Sequence[datetime]) -> Iterator[Finding]:
        """What the bell lacked at two audits in a row: a sweep between them would have armed it."""
        now = self._program.now()
        lacking = self._engine.rings.lacks(at for at in soon if at - now > _ARMED_WITHIN)
        if found := lacking & self._lacking:
            yield Finding(Fault.RINGS, f"{len(found)} instants lack their ring, the first at {min(found).isoformat()}")
        self._lacking = lacking

    def _clock_step(self) -> Iterator[Finding]:
        """The machine's clock against the time that has really passed since the last audit."""
        now, passed = self._machine.now(), monotonic()
        step = (now - self._looked_at[0]) - timedelta(seconds=passed - self._looked_at[1])
        self._looked_at = now, passed
        if abs(step) > CLOCK_MAY_STEP:
            way = "ahead, or the machine slept so long" if step > timedelta(0) else "back"
            words = f"it was moved {in_two_units(abs(step))} {way}; it shows {now:%Y-%m-%d %H:%M:%S} UTC now"
            self._step = Finding(Fault.CLOCK_STEP, words), passed
        if self._step is not None and passed - self._step[1] < _STEP_IS_NEWS_FOR_SECONDS:
            yield self._step[0]

    def _run(self) -> None:
        while not self._stopped.wait(AUDIT_EVERY_SECONDS):
            self._ring()
            self.audit()
