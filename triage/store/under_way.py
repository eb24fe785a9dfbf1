"""The write transactions that are under way in this process, and where one hangs: in our own code, or in the database.

Told apart by the stack of its thread: whoever waits for the database is in its library. Nothing is asked of either.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import enumerate as threads
from threading import get_ident
from time import monotonic
from types import FrameType

_DATABASE = ("sqlalchemy", "psycopg", "pysqlite3", "sqlite3", "triage.store.engine", "triage.store.sqlite")
_OURS = ("triage", "scheduler", "webhooks", "config")


@dataclass(frozen=True, slots=True)
class Hung:
    """A write that should long be over: of which thread, for how many seconds, and where in our code."""

    thread: str
    seconds: float
    where: str

    @property
    def words(self) -> str:
        return f"thread {self.thread} has written for {self.seconds:.0f} s, and hangs in {self.where}"


class UnderWay:
    def __init__(self) -> None:
        self._begun: dict[int, float] = {}  # by thread

    @contextmanager
    def write(self) -> Iterator[None]:
        thread = get_ident()
        self._begun[thread] = monotonic()
        try:
            yield
        finally:
            del self._begun[thread]

    def hung(self, after_seconds: float) -> Hung | None:
        """The longest write of ours that takes longer than this, and does not wait for the database."""
        frames, names = sys._current_frames(), {thread.ident: thread.name for thread in threads()}  # noqa: SLF001 - the one way to see them
        found = [
            Hung(names.get(thread, "?"), seconds, _where(frames[thread]))
            for thread, begun in list(self._begun.items())
            if (seconds := monotonic() - begun) > after_seconds
            and thread in frames
            and not _waits_for_the_database(frames[thread])
        ]
        return max(found, key=lambda each: each.seconds, default=None)


def _waits_for_the_database(innermost: FrameType) -> bool:
    names = (_module(frame) for frame in _outwards(innermost))
    return next((_is_of(name, _DATABASE) for name in names if _is_of(name, _DATABASE + _OURS)), False)


def _where(innermost: FrameType) -> str:
    frame = next((each for each in _outwards(innermost) if _is_of(_module(each), _OURS)), innermost)
    return f"{_module(frame)}.{frame.f_code.co_name}, line {frame.f_lineno}"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))


def _is_of(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in packages)
