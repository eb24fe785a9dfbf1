"""The only reader of the clock. Everything else takes `now` as a parameter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What tells the time at the edges: once per request or sweep."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the one place


class DemoClock:
    """The machine's clock moved by an offset that all processes of a demo read from one small file.

    Only the simulated phone system may use it: with real credentials the settings refuse it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + self.offset()

    def offset(self) -> timedelta:
        """How far the demo is ahead of the machine; zero where the file is missing or empty."""
        try:
            return timedelta(seconds=float(self._path.read_text() or 0))
        except FileNotFoundError:
            return timedelta(0)

    def advance(self, span: timedelta) -> None:
        """Move every process of the demo forward. A demo never goes back: rows are stamped already."""
        if span < timedelta(0):
            raise ValueError("the demo clock only moves forward")
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str((self.offset() + span).total_seconds()))
        fresh.replace(self._path)  # a reader sees the old offset or the new one, never half a number
