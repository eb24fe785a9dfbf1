"""One week of a seed from its beginning to what became of it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.simulation.house import Broken
from tests.simulation.quarter import quarter
from tests.simulation.quiet_log import listen
from tests.simulation.report import Outcome, failure_of
from tests.simulation.week import Week, week
from triage.store import schema
from triage.store.engine import Store


def make_template(folder: Path) -> Path:
    """A database that went through every migration once, to be copied for each week."""
    path = folder / "template.db"
    store = Store(f"sqlite:///{path}")
    schema.upgrade(store)
    store.close()
    return path


def simulate(seed: int, number: int, template: Path, nights: int | None = None, *, is_quarter: bool = False) -> Outcome:
    """One week or one quarter; whatever breaks in it is told in the outcome."""
    began = time.process_time()
    gc.set_threshold(100_000, 50, 100)  # a heap of compiled statements that stays
    span: Callable[..., AbstractContextManager[Week]] = quarter if is_quarter else week
    with span(seed, number, template) as simulated, listen() as told:
        failure = ""
        try:
            simulated.run(nights)
            _refuse(told)
        except Exception as error:  # noqa: BLE001 - whatever it is, seed and week belong to it
            failure = failure_of(simulated, seed, number, error)
    return Outcome(seed, number, simulated.tally, time.process_time() - began, failure)


def _refuse(told: list[str]) -> None:
    if told:
        raise Broken(f"I16: log lines hold what they must not: {sorted(set(told))}")


def simulate_one(seed: int, template: Path, nights: int | None, is_quarter: bool, number: int) -> Outcome:
    """For a worker's process."""
    return simulate(seed, number, template, nights, is_quarter=is_quarter)
