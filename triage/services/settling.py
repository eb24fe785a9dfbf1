"""What became of many errands, written together: each in a transaction of its own would cost more than the sending."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

import structlog

from triage.errors import StoreUnavailable
from triage.store.engine import Store, Transaction

log = structlog.get_logger()

Outcome = Callable[[Transaction], None]


class Settling:
    """Whoever brings an outcome while none is being written writes all that are there; the others go on sending.

    Nothing is lost where it cannot be written: the lease of the errand ends, and what became of it is looked for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._brought: deque[Outcome] = deque()
        self._is_writing = Lock()

    def settle(self, outcome: Outcome) -> None:
        """Raises StoreUnavailable where this very call writes and cannot."""
        self._brought.append(outcome)
        while self._brought and self._is_writing.acquire(blocking=False):  # asked anew once nobody writes
            try:
                self._write([self._brought.popleft() for _ in range(len(self._brought))])
            finally:
                self._is_writing.release()

    def _write(self, outcomes: Sequence[Outcome]) -> None:
        try:
            with self._store.write() as tx:
                for outcome in outcomes:
                    outcome(tx)
        except StoreUnavailable:
            raise
        except Exception:
            if len(outcomes) == 1:
                raise
            log.warning("settling_one_by_one", outcomes=len(outcomes))
            self._write_one_by_one(outcomes)

    def _write_one_by_one(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            try:
                self._write([outcome])
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("outcome_not_written")
