"""A node that stops in the middle of an errand, for longer than its lease, and then goes on as if nothing was."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from scheduler.sweep import Errand
from triage.ports import Accepted, Outgoing, Sends
from triage.services import dispatch


class Hung:
    """One errand. `delivery` is what it is to deliver; None for an errand of another kind."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        args = getattr(errand, "args", ())
        self.delivery: dispatch.Errand | None = args[0] if args and isinstance(args[0], dispatch.Errand) else None
        self._reached, self._released = Event(), Event()
        self._thread: Thread | None = None
        self._error: BaseException | None = None
        self.is_paused = False

    def start(self) -> bool:
        """Carry it out up to where `pause` is called, on a thread of its own; whether it got there."""
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        self._reached.wait()
        self._raise()
        return self.is_paused

    def pause(self) -> None:
        """Called by the errand's thread: it stops here."""
        self.is_paused = True
        self._reached.set()
        self._released.wait()

    def go_on(self) -> None:
        if self._thread is None:
            self._errand()
            return
        self._released.set()
        self._thread.join()
        self._raise()

    def _run(self) -> None:
        try:
            self._errand()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._error = error
        finally:
            self._reached.set()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error


class Sender:
    """A transport at which the process may die, or hang once the provider took a message."""

    def __init__(self, inner: Sends, point: Callable[[], None], taken: Callable[[], None]) -> None:
        self._inner = inner
        self._point = point
        self._taken = taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, outgoing: Outgoing) -> Accepted:
        self._point()
        accepted = self._inner.send(outgoing)
        self._point()
        self._taken()
        return accepted
