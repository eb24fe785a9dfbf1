"""Watches the disks, on a thread of its own: it has to act when nothing can be written."""

from __future__ import annotations

import platform
from threading import Event, Thread

import structlog

from triage.bootstrap import Program
from triage.errors import StoreUnavailable
from triage.policy.faults import Fault, Finding
from triage.services import disks

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 5


class DiskWatch:
    """`findings` are those of the last look."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: list[str] = []
        self._given_up = 0
        self._known: disks.Known = {}
        self._stopped = Event()
        self.thread = Thread(target=self._run, name="disks", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def findings(self) -> list[Finding]:
        return [Finding(Fault.DISK, "; ".join(self._found))] if self._found else []

    def look(self) -> None:
        """Give the ballast up where the disk is full, before anything is written; then put on record what there is."""
        program, host = self._program, platform.node()
        try:
            rooms = disks.measure(program.places)
            self._found = disks.faults(rooms, host)
            if program.ballast is not None and (size := disks.give_up_ballast(program.ballast, rooms)):
                self._given_up = size
                rooms = disks.measure(program.places)
            if not program.is_prepared:  # the sweeper does that
                return
            if self._given_up:
                disks.note_given_up(program.desk, self._given_up, rooms, host, program.now())
                self._given_up = 0
            disks.watch(program.desk, rooms, self._known, host, program.now())
            if program.ballast is not None:
                disks.lay_ballast(program.desk, program.ballast, rooms, program.now())
        except StoreUnavailable as error:
            log.warning("disks_not_noted", reason=str(error))
        except Exception:  # one broken look must not be the last
            log.exception("disk_watch_crashed")

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.look()
            self._stopped.wait(LOOK_EVERY_SECONDS)
