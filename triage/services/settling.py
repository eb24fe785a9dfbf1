"""What became of many errands, written together: each in a transaction of its own would cost more than the sending."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

import structlog

from triage.errors import StoreUnavailable
from triage.store import deliveries
from triage.store.engine import Store, Transaction

log = structlog.get_logger()

Outcome = Callable[[Transaction], None]
_Brought = tuple[Outcome, int | None]


class Settling:
    """Whoever brings an outcome while none is being written writes all that are there; the others go on sending.

    Nothing is lost where it cannot be written: the lease of the errand ends, and what became of it is looked for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._brought: deque[_Brought] = deque()
        self._is_writing = Lock()

    def settle(self, outcome: Outcome, delivery_id: int | None = None) -> None:
        """`delivery_id` is the delivery that the outcome is about: those of all written together are read together.

        Raises StoreUnavailable where this very call writes and cannot.
        """
        self._brought.append((outcome, delivery_id))
        while self._brought and self._is_writing.acquire(blocking=False):  # asked anew once nobody writes
            try:
                self._write([self._brought.popleft() for _ in range(len(self._brought))])
            finally:
                self._is_writing.release()

    def _write(self, brought: Sequence[_Brought]) -> None:
        try:
            with self._store.write() as tx:
                ids = [one for _, one in brought if one is not None]
                _held = deliveries.with_ids(tx.session, ids)  # the session forgets rows that nobody holds
                for outcome, _ in brought:
                    outcome(tx)
        except StoreUnavailable:
            raise
        except Exception:
            if len(brought) == 1:
                raise
            log.warning("settling_one_by_one", outcomes=len(brought))
            self._write_one_by_one(brought)

    def _write_one_by_one(self, brought: Sequence[_Brought]) -> None:
        for one in brought:
            try:
                self._write([one])
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("outcome_not_written")
