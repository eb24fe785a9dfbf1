"""What makes time pass in the simulator as a process."""

from __future__ import annotations

from threading import Event, Thread

import structlog

from webhooks.simulator.phone_system import PhoneSystem

log = structlog.get_logger(__name__)

EVERY = 0.05  # seconds


class Ticker(Thread):
    """Lets happen what is due, twenty times a second, whatever goes wrong in between."""

    def __init__(self, phone_system: PhoneSystem, every: float = EVERY) -> None:
        super().__init__(name="ticker", daemon=True)
        self._phone_system = phone_system
        self._every = every
        self._stopped = Event()

    def run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._phone_system.run_due(self._phone_system.now)
            except Exception:  # one event that fails must not stop time
                log.exception("simulated_event_failed")

    def stop(self) -> None:
        """No further event begins; one that is under way is waited for."""
        self._stopped.set()
        self.join(timeout=5)
