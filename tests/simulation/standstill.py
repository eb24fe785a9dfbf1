"""A node that stops in the middle of what it does, as by SIGSTOP, and later goes on as if nothing was."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread, current_thread
from typing import Any

from tests.support.crashes import Crash
from triage.bootstrap import Program
from triage.services import dispatch


class Standstill:
    """What `program` does next, on a thread of its own, up to where it stops.

    Nobody else does anything meanwhile: only one thread ever runs. `delivery` is what it is carrying out then, and
    `row` how that stood when the node woke up and its claim was another's; None where it still was its own.
    """

    def __init__(self, program: Program, deed: Callable[[], Any]) -> None:
        self.program = program
        self.delivery: dispatch.Errand | None = None
        self.row: dict[str, Any] | None = None
        self.is_standing = self._is_killed = False
        self._deed = deed
        self._result: Any = None
        self._error: BaseException | None = None
        self._reached, self._released = Event(), Event()
        self._thread = Thread(target=self._run, daemon=True)

    @property
    def is_mine(self) -> bool:
        """Whether this is the thread that does it."""
        return current_thread() is self._thread

    def start(self) -> Any:
        """Up to its end, or to where it stops: see `is_standing`. What it comes to; raises what it raises."""
        self._thread.start()
        self._reached.wait()
        return None if self.is_standing else self._outcome()

    def stop(self) -> None:
        """Called by its thread: here it stands still."""
        self.is_standing = True
        self._reached.set()
        self._released.wait()
        if self._is_killed:
            raise Crash

    def go_on(self) -> None:
        """Up to its end; raises what it raises."""
        self._released.set()
        self._thread.join()
        self.is_standing = False
        self._outcome()

    def kill(self) -> None:
        """Its machine died."""
        self._is_killed = True
        self._released.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._result = self._deed()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._error = error
        finally:
            self._reached.set()

    def _outcome(self) -> Any:
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._result
