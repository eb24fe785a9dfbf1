"""Threads that talk to the phone system, so that a slow answer holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, get_ident
from time import monotonic

import structlog

log = structlog.get_logger()


class Senders:
    """A fixed number of threads; work is claimed from the database only when one is free."""

    def __init__(self, threads: int, when_done: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sender")
        self._free = threads
        self._lock = Lock()
        self._when_done = when_done
        self._begun: dict[int, float] = {}  # by thread, when its errand began
        self._asked_at: float | None = None  # when the no-op that nobody took yet was handed in
        self._ended_at = monotonic()

    def free(self) -> int:
        with self._lock:
            return self._free

    def run(self, errand: Callable[[], None]) -> None:
        with self._lock:
            self._free -= 1
        self._pool.submit(self._carry_out, errand)

    def stop(self) -> None:
        """Finish what is under way; what is not begun stays in the database."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def waits_for(self) -> float:
        """For how many seconds an errand that does nothing has waited for a thread; hands in the next one."""
        with self._lock:
            if self._asked_at is not None:
                return monotonic() - self._asked_at
            self._asked_at = monotonic()
        self._pool.submit(self._taken)
        return 0.0

    def longest(self) -> float:
        """For how many seconds the longest errand has been under way."""
        with self._lock:
            return max((monotonic() - begun for begun in self._begun.values()), default=0.0)

    def idle_for(self) -> float:
        """How many seconds ago the last errand came to its end, or the senders began."""
        with self._lock:
            return monotonic() - self._ended_at

    def _taken(self) -> None:
        with self._lock:
            self._asked_at = None

    def _carry_out(self, errand: Callable[[], None]) -> None:
        with self._lock:
            self._begun[get_ident()] = monotonic()
        try:
            errand()
        except Exception:  # the row's lease ends and the sweep takes it up again
            log.exception("errand_failed")
        finally:
            with self._lock:
                self._free += 1
                self._begun.pop(get_ident(), None)
                self._ended_at = monotonic()
            self._when_done()
