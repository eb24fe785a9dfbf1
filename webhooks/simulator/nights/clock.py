"""The clock of simulated nights: it stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from triage.clock import Clock


class MovableClock(Clock, Protocol):
    """A clock that somebody moves."""

    def move_to(self, instant: datetime) -> None:
        """From now on it is this instant, which must be aware; it may lie in the past."""
        ...


class VirtualClock:
    """Starts at an aware instant, and is moved from there."""

    def __init__(self, instant: datetime) -> None:
        self.move_to(instant)

    def now(self) -> datetime:
        return self._now

    def watched(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        self._now = instant.astimezone(UTC)
