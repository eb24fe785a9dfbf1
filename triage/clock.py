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

    def watched(self) -> datetime:
        """The instant by which those who watch call things late: `now`, but for a clock that was just moved."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the one place

    def watched(self) -> datetime:
        return self.now()


_TO_CATCH_UP = timedelta(seconds=20)


class DemoClock:
    """The machine's clock moved by an offset that all processes of a demo read from one small file.

    Only the simulated phone system may use it: with real credentials the settings refuse it. The file has the offset in
    seconds; then what it was before it was moved last, and when that was, by the machine's clock in seconds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + self.offset()

    def watched(self) -> datetime:
        """As if the clock had not been moved, until the processes had the time to do what fell due by that."""
        machine = self._clock.now()
        return machine + self._watched_offset(machine)

    def offset(self) -> timedelta:
        """How far the demo is ahead of the machine; zero where the file is missing or empty."""
        return timedelta(seconds=self._read()[0])

    def _watched_offset(self, machine: datetime) -> timedelta:
        offset, before, moved_at = self._read()
        is_fresh = machine.timestamp() - moved_at < _TO_CATCH_UP.total_seconds()
        return timedelta(seconds=before if is_fresh else offset)

    def _read(self) -> tuple[float, float, float]:
        try:
            written = [float(word) for word in self._path.read_text().split()]
        except FileNotFoundError:
            written = []
        offset, before, moved_at = (*written, 0.0, 0.0, 0.0)[:3]
        return offset, before, moved_at

    def advance(self, span: timedelta) -> None:
        """Move every process of the demo forward. A demo never goes back: rows are stamped already."""
        if span < timedelta(0):
            raise ValueError("the demo clock only moves forward")
        machine = self._clock.now()
        before = self._watched_offset(machine)  # moved again at once: they still do what the first time made due
        fresh = self._path.with_suffix(".new")
        fresh.write_text(f"{(self.offset() + span).total_seconds()} {before.total_seconds()} {machine.timestamp()}")
        fresh.replace(self._path)  # a reader sees the old offset or the new one, never half a number
