"""Threads that talk to the phone system, so that a slow answer holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import structlog

log = structlog.get_logger()


class Senders:
    """A fixed number of threads; work is claimed from the database only when one is free."""

    def __init__(self, threads: int, when_done: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sender")
        self._free = threads
        self._lock = Lock()
        self._when_done = when_done

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

    def _carry_out(self, errand: Callable[[], None]) -> None:
        try:
            errand()
        except Exception:  # the row's lease ends and the sweep takes it up again
            log.exception("errand_failed")
        finally:
            with self._lock:
                self._free += 1
            self._when_done()
