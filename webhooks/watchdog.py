"""Feeds systemd's watchdog of the web server, unless a restart helps: where a write of ours hangs.

On SQLite nobody else can write meanwhile. That the database is down mends no restart: callers leave messages all the
same.
"""

from __future__ import annotations

from threading import Event, Thread

import structlog
from sdnotify import SystemdNotifier

from triage.services.desk import Desk
from triage.services.vital_signs import hung_write

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 10.0


class Watchdog:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._notifier = SystemdNotifier()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def look(self) -> bool:
        """Whether it was fed."""
        hung = hung_write(self._desk)
        if hung is not None:
            log.error("write_hangs", seen=hung)
            return False
        self._notifier.notify("WATCHDOG=1")
        return True

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.look()
            self._stopped.wait(_LOOK_EVERY_SECONDS)
