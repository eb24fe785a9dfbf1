"""Round after round: a fresh ground, then so many requests, each judged; at the end the chain of events is checked."""

from __future__ import annotations

import io
import logging
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from freezegun.api import FrozenDateTimeFactory

from config.logging import set_up_logging
from tests.fuzz.ground import Ground
from tests.fuzz.judging import faults
from tests.fuzz.requests import Request, draw
from tests.fuzz.sending import send
from triage.services.audit import verify_chain

ROUND = 2000
"""Requests to one ground: what they change lets the next ones go further, until too much is gone."""
_SECONDS_APART = 2
_MOST_FAULTS = 30
_MOST_SECONDS = 5.0
"""Of processor time for one answer: whatever was sent, the same process takes voicemails."""


@dataclass(slots=True)
class Found:
    """A fault, and the request that showed it."""

    request: Request
    words: str


@dataclass(slots=True)
class Tally:
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    found: list[Found] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.requests += other.requests
        self.statuses += other.statuses
        self.routes += other.routes
        self.accepted |= other.accepted
        self.found += other.found


def routes_of(ground: Ground) -> list[tuple[str, str]]:
    """Every method and route of the map, in a fixed order."""
    rules = ground.world.app.url_map.iter_rules()
    return sorted((method, rule.rule) for rule in rules for method in rule.methods or () if method in {"GET", "POST"})


def one_round(ground: Ground, clock: FrozenDateTimeFactory, *, seed: int, first: int, many: int, tally: Tally) -> None:
    """Requests `first` and following, onto one ground."""
    with _own_log() as log, _alarm():
        routes = routes_of(ground)
        for number in range(first, first + many):
            clock.tick(_SECONDS_APART)
            request = draw(ground, routes, seed, number)
            tally.found += [Found(request, words) for words in _one(ground, request, log, tally)]
            if len(tally.found) >= _MOST_FAULTS:
                return
        bad = verify_chain(ground.world.program.desk).first_bad
        if bad is not None:
            tally.found.append(Found(request, f"the chain of events breaks at {bad}"))


def _one(ground: Ground, request: Request, log: io.StringIO, tally: Tally) -> Iterator[str]:
    log.seek(0)
    log.truncate()
    tally.requests += 1
    signal.setitimer(signal.ITIMER_PROF, _MOST_SECONDS)
    try:
        answer = send(ground, request)
    except Exception as error:  # noqa: BLE001 - that is what is sought
        yield f"{type(error).__name__} escaped: {error}"[:2000]
        return
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    tally.statuses[answer.status] += 1
    route = f"{request.method} {request.rule}"
    tally.routes[route] += 1
    if answer.status < 400:
        tally.accepted.add(route)
    if request.method == "POST" and request.rule.startswith("/accounts"):
        ground.read_roles()
    yield from faults(ground, request, answer, log.getvalue())


@contextmanager
def _alarm() -> Iterator[None]:
    """An answer that takes too long ends in an exception, which is a fault."""

    def ring(*_: object) -> None:
        raise TimeoutError("this answer takes too long")

    before = signal.signal(signal.SIGPROF, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _own_log() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    set_up_logging("json")
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
