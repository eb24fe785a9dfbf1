"""Tells administrators of what the auditor found, on a thread of its own: a mail server may take half a minute."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread
from time import monotonic

import structlog

from triage.bootstrap import Program
from triage.policy.faults import Fault, Finding
from triage.policy.limits import LETTERS_MAY_TAKE
from triage.services.alarms import AlarmBook, tell

log = structlog.get_logger()

_STOPS_WITHIN_SECONDS = 2.0


class AlarmTeller:
    """Goes by the newest audit alone: what an older one found is found again, or is over."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._book = AlarmBook()
        self._found: Sequence[Finding] = ()
        self._begun: float | None = None  # when what is being told was begun
        self._rung = Event()
        self._stopped = Event()
        self.thread = Thread(target=self._run, name="alarms", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._rung.set()
        if self.thread.is_alive():
            self.thread.join(_STOPS_WITHIN_SECONDS)

    def take(self, found: Sequence[Finding]) -> None:
        self._found = found
        self._rung.set()

    def findings(self) -> list[Finding]:
        """That this thread itself hangs: nobody else would tell of it."""
        begun = self._begun
        took = monotonic() - begun if begun is not None else 0.0
        if took <= LETTERS_MAY_TAKE.total_seconds():
            return []
        return [Finding(Fault.LETTERS, f"one has been under way for {took / 60:.0f} min")]

    def tell(self) -> None:
        """Tell of the newest audit; never raises."""
        program = self._program
        self._begun = monotonic()
        try:
            tell(self._book, program.desk, program.alarm_mail, self._found, program.clock.now)
        except Exception:  # one letter that cannot be written must not be the last
            log.exception("alarm_crashed")
        finally:
            self._begun = None

    def _run(self) -> None:
        while True:
            self._rung.wait()
            self._rung.clear()
            if self._stopped.is_set():
                return
            self.tell()
