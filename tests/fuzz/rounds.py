"""Many rounds at once: each in a process of its own, forked from one in which the ground was made a single time.

So every round finds the very same ground, whichever came before, and no round pays for making it.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import structlog
from freezegun.api import FrozenDateTimeFactory

from tests.fuzz.ground import Ground
from tests.fuzz.run import ROUND, Tally, one_round
from tests.support.databases import MEMORY
from triage.store import schema
from triage.store.engine import Store

_DATABASE = "afterhours.db"
_HERE = f"sqlite:////proc/self/cwd/{_DATABASE}"
"""The file in the folder in which a process stands: each round has a folder of its own."""


class Rounds:
    """A ground, and the processes that send requests to copies of it."""

    def __init__(self, clock: FrozenDateTimeFactory) -> None:
        self._clock = clock
        self._folder = Path(tempfile.mkdtemp(prefix="afterhours-fuzz-", dir=MEMORY))
        os.chdir(self._folder)
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # nobody reads how the ground is made
        store = Store(_HERE)
        schema.upgrade(store)
        store.close()
        self._ground = Ground(clock, _HERE)
        self._ground.world.store.close()  # no connection is forked
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        self._ground.close()
        os.chdir("/")
        shutil.rmtree(self._folder)

    def play(self, *, seed: int, first: int, requests: int, at_once: int) -> Iterator[Tally]:
        """What each round came to, as it ends. Whoever stops asking gets no more of them begun."""
        running: dict[Connection, BaseProcess] = {}
        number, end = first, first + requests
        try:
            while number < end or running:
                while number < end and len(running) < at_once:
                    many = min(ROUND - number % ROUND, end - number)
                    heard, process = self._begin(seed, number, many)
                    running[heard] = process
                    number += many
                ready = wait(list(running))
                for heard in [each for each in running if each in ready]:
                    yield _heard(heard, running.pop(heard))
        finally:
            for heard, process in running.items():
                _heard(heard, process)

    def _begin(self, seed: int, first: int, many: int) -> tuple[Connection, BaseProcess]:
        forking = multiprocessing.get_context("fork")
        heard, tells = forking.Pipe(duplex=False)
        process = forking.Process(target=self._round, args=(tells, seed, first, many))
        process.start()
        tells.close()
        return heard, process

    def _round(self, tells: Connection, seed: int, first: int, many: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the one that counts ends after its present rounds
        tally = Tally()
        with _own_folder(self._folder):
            one_round(self._ground, self._clock, seed=seed, first=first, many=many, tally=tally)
            self._ground.world.store.close()
        tells.send(tally)


def _heard(heard: Connection, process: BaseProcess) -> Tally:
    """Raises RuntimeError where a round ended without a word."""
    try:
        tally: Tally = heard.recv()
    except EOFError:
        raise RuntimeError(f"a round ended with {process.exitcode}: its own words stand above") from None
    finally:
        heard.close()
        process.join()
    return tally


@contextmanager
def _own_folder(folder: Path) -> Iterator[None]:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        shutil.copy(folder / _DATABASE, own)
        os.chdir(own)
        yield
        os.chdir(folder)
