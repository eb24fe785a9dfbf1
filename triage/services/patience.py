"""Asking what may never answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Question(Generic[Answer]):
    """Asks on a thread of its own, one at a time: what hangs holds up nobody who waits for its answer. Whoever asks
    meanwhile, on whatever thread, gets the same answer."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._under_way: Future[Answer] | None = None
        self._lock = Lock()

    def answer(self, within: float) -> Answer:
        """The answer, or what asking raised. Raises TimeoutError after so many seconds; the next call waits on."""
        with self._lock:
            if self._under_way is None:
                self._under_way = Future()
                Thread(target=self._run, args=(self._under_way,), name="question", daemon=True).start()
            found = self._under_way
        try:
            return found.result(within)
        finally:
            with self._lock:
                if found.done() and self._under_way is found:
                    self._under_way = None

    def _run(self, asked: Future[Answer]) -> None:
        try:
            asked.set_result(self._ask())
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked
            asked.set_exception(error)
