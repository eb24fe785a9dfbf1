"""A world that dies at a chosen point and is started again: before or after any commit or call of a provider."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from tests.support.deaths import Deaths
from tests.support.world import World
from triage.policy.monthly_report import Letter
from triage.store.recording_folder import RecordingFolder

NEVER = 0


READS = {"call", "calls", "check", "legs", "recording", "recordings", "sent_to", "texts"}
"""Calls of a provider that change nothing there."""


class Crash(BaseException):
    """The process is dead: nothing of ours may catch it."""


def dying(inner: Any, point: Callable[[str], None]) -> Any:
    """The same transport, with a point before and after each of its calls, those that only read among them."""

    def call(name: str, *given: Any) -> Any:
        point(f"before {name} of {type(inner).__name__}")
        answer = getattr(inner, name)(*given)
        point(f"after {'reading ' if name in READS else ''}{name} of {type(inner).__name__}")
        return answer

    names = [name for name, _ in inspect.getmembers(inner, inspect.ismethod) if not name.startswith("_")]
    calls = {name: staticmethod(partial(call, name)) for name in names}
    return type("Dying", (), {"__getattr__": lambda _, name: getattr(inner, name), **calls})()


class Mailbox:
    """A mail server that takes every letter. Of those that say they are the same it shows one, as mail programs do."""

    where = "a mailbox"

    def __init__(self) -> None:
        self.letters: dict[str, str] = {}

    def send(self, letter: Letter) -> None:
        self.letters[letter.message_id] = letter.to

    def check(self) -> None:
        """It is always there."""


class CrashingFolder(RecordingFolder):
    """Dies when a file was renamed or taken away and the disk does not know it for good yet."""

    point: Callable[[str], None]

    def _make_durable(self) -> None:
        self.point("before a recording's name is on the disk")
        super()._make_durable()


class CrashingWorld(World):
    """Dies once, at its `crash_at`-th moment, and goes on with a new process over the same database. At the moments of
    `deaths` a copy of it does that.

    A point is before or after a commit or a call of a provider. Points between which nothing happened that outlives a
    process (the end of one commit and the begin of the next, the begin and the end of a question) are one moment: to
    die there is the same death.

    Where `loses_webhooks`, the webhook that it died over is not tried again in time: the phone system goes on without
    an answer. Otherwise it is, as Twilio does where a connection breaks.
    """

    def __init__(
        self,
        *args: Any,
        crash_at: int = NEVER,
        deaths: Deaths | None = None,
        loses_webhooks: bool = False,
        **settings: Any,
    ) -> None:
        self.crash_at = crash_at
        self.deaths = deaths or Deaths()
        self.points = self.moments = 0
        self.died: str | None = None
        self._loses_webhooks = loses_webhooks
        self._lost: set[str] = set()
        self.unanswered: list[tuple[str, str]] = []
        """The webhooks that were lost for good: their path, and whose number they were about."""
        self._effects = self._posts = 0
        self._outside: tuple[int, int] | None = None
        self._is_safe = True
        self.mail = Mailbox()
        super().__init__(*args, **settings)
        point, system = self.point, self.phone_system
        self.phone_system = replace(
            system,
            transports={channel: dying(inner, point) for channel, inner in system.transports.items()},
            calls=dying(system.calls, point),
            traffic=dying(system.traffic, point),
            recordings=dying(system.recordings, point),
            canary=dying(system.canary, point) if system.canary else None,
        )
        self._is_safe = False

    @contextmanager
    def safe(self) -> Iterator[None]:
        """What happens in here is no part of the story: it has no points."""
        was, self._is_safe = self._is_safe, True
        try:
            yield
        finally:
            self._is_safe = was

    def start(self) -> None:
        self.store.point = self.point
        try:
            super().start()
        except Crash:
            super().start()
        self.store.point = self.point  # who stopped before took it away
        self.program.recordings.__class__ = CrashingFolder
        cast("CrashingFolder", self.program.recordings).point = self.point
        if self.program.post is not None:
            self.program.post = replace(self.program.post, mail=dying(self.mail, self.point))

    def sweep(self) -> None:
        try:
            super().sweep()
        except Crash:
            self.start_again()
            super().sweep()

    def by_hand(self, act: Callable[[], Any], is_done: Callable[[], bool] = lambda: False) -> Any:
        """Somebody does something in another process than the scheduler's. Where it dies they look, and repeat it."""
        self._posts += 1
        try:
            return act()
        except Crash:
            self.start_again()
            return None if is_done() else act()
        finally:
            self._posts += 1

    def start_again(self) -> None:
        """A new process, which knows what is in the database and no more."""
        self.close()
        self.house_kept_at = None
        self.start()

    def _post(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Any:
        attempt_of = headers["I-Twilio-Idempotency-Token"]
        if attempt_of in self._lost:
            raise ConnectionError(url)
        self._posts += 1
        try:
            return super()._post(url, form, headers)
        except Crash:
            if self._loses_webhooks:
                self._lost.add(attempt_of)
                self.unanswered.append((urlsplit(url).path, (form or {}).get("From", "")))
            self.start_again()
            raise ConnectionError(url) from None
        finally:
            self._posts += 1

    def point(self, what: str) -> None:
        """Die here, if this is the moment. `what` begins with "before", "after" or "after reading"."""
        if self._is_safe:
            return
        self.points += 1
        if what.startswith("after") and not what.startswith("after reading"):
            self._effects += 1
        outside = (self._effects, self._posts)
        if outside == self._outside:
            return
        self.moments += 1
        self._outside = outside
        if self.died is None and (self.moments == self.crash_at or self.deaths.dies(self.moments)):
            self.died = f"{what}, in {_where()}"
            raise Crash(self.died)


def _where() -> str:
    """Who was at work, for whoever reads that a story ended otherwise."""
    ours = ("triage.services", "scheduler", "webhooks.twilio", "webhooks.console")
    frame = sys._getframe()
    while frame.f_back and not str(frame.f_globals.get("__name__")).startswith(ours):
        frame = frame.f_back
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}" if frame.f_back else "a test"
