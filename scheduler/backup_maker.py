"""Makes the backup of the day, on a thread of its own: it may take minutes, and no sweep waits for it."""

from __future__ import annotations

from threading import Event, Thread

import structlog

from triage.bootstrap import Program
from triage.errors import StoreUnavailable
from triage.services.backups import make_if_due

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 30


class BackupMaker:
    """Does nothing where the settings name no folder. One that is cut off is cleared away by the next."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._stopped = Event()
        self.thread = Thread(target=self._run, name="backups", daemon=True)

    def start(self) -> None:
        if self._program.backups is not None:
            self.thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def look(self) -> bool:
        """Make one where one is due; whether one was made."""
        program, plan = self._program, self._program.backups
        try:
            return plan is not None and make_if_due(program.desk, program.recordings, plan, program.clock.now)
        except StoreUnavailable as error:
            log.warning("backup_not_looked_at", reason=str(error))
        except Exception:  # one broken look must not be the last
            log.exception("backup_crashed")
        return False

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_SECONDS):
            self.look()
