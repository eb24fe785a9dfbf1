"""A world that dies at a chosen point and is started again: before or after any commit or provider call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from tests.support.world import World
from triage.ports import Accepted, Found, KeepsRecordings, Outgoing, Sends, TakesBytes
from triage.store.recording_folder import RecordingFolder


class Crash(BaseException):
    """The process is dead: nothing of ours may catch it."""


class CrashingSends:
    """Dies before or after the provider took a message."""

    def __init__(self, inner: Sends, point: Callable[[], None]) -> None:
        self._inner = inner
        self._point = point

    def send(self, outgoing: Outgoing) -> Accepted:
        self._point()
        accepted = self._inner.send(outgoing)
        self._point()
        return accepted

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:
        return self._inner.sent_to(phone, since)


class CrashingFolder(RecordingFolder):
    """Dies when a file was renamed or taken away and the disk does not know it for good yet."""

    point: Callable[[], None]

    def _make_durable(self) -> None:
        self.point()
        super()._make_durable()


class CrashingRecordings:
    """Dies before the provider gives or deletes a recording, or after."""

    def __init__(self, inner: KeepsRecordings, point: Callable[[], None]) -> None:
        self._inner = inner
        self._point = point

    def fetch(self, recording_sid: str, into: TakesBytes) -> bool:
        self._point()
        found = self._inner.fetch(recording_sid, into)
        self._point()
        return found

    def delete(self, recording_sid: str) -> None:
        self._point()
        self._inner.delete(recording_sid)
        self._point()


class CrashingWorld(World):
    """Dies once, at its `crash_at`-th point, and goes on with a new process over the same database."""

    def __init__(self, *args: Any, crash_at: int, **settings: Any) -> None:
        self.crash_at = crash_at
        self.points = 0
        self.has_crashed = False
        super().__init__(*args, **settings)
        transports = {channel: CrashingSends(inner, self._point) for channel, inner in self._transports()}
        recordings = CrashingRecordings(self.phone_system.recordings, self._point)
        self.phone_system = replace(self.phone_system, transports=transports, recordings=recordings)

    def start(self) -> None:
        super().start()
        self.store.point = self._point
        self.program.recordings.__class__ = CrashingFolder
        cast("CrashingFolder", self.program.recordings).point = self._point

    def sweep(self) -> None:
        try:
            super().sweep()
        except Crash:
            self._start_again()
            super().sweep()

    def _post(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Any:
        try:
            return super()._post(url, form, headers)
        except Crash:
            self._start_again()
            raise ConnectionError(url) from None

    def _start_again(self) -> None:
        self.has_crashed = True
        self.close()
        self.start()

    def _point(self) -> None:
        self.points += 1
        if self.points == self.crash_at:
            raise Crash

    def _transports(self) -> list[tuple[Any, Sends]]:
        return list(self.phone_system.transports.items())


def some_always(points: range) -> list[Any]:
    """Every tenth of these points in any run, the others where everything is tested."""
    return [
        pytest.param(point, marks=[pytest.mark.thorough] if place % 10 else []) for place, point in enumerate(points)
    ]
