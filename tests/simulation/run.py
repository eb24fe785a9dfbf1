"""One week, quarter or year of a seed from its beginning to what became of it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from tests.simulation.house import Broken
from tests.simulation.quarter import quarter
from tests.simulation.quiet_log import listen
from tests.simulation.report import Outcome, failure_of
from tests.simulation.week import Week, week
from tests.simulation.year import year
from triage.store import schema
from triage.store.engine import Store

Span = Literal["week", "quarter", "year"]
_SPANS: dict[Span, Callable[[int, int, Path], AbstractContextManager[Week]]] = {
    "week": week,
    "quarter": quarter,
    "year": year,
}


def make_template(folder: Path) -> Path:
    """A database that went through every migration once, to be copied for each week."""
    path = folder / "template.db"
    store = Store(f"sqlite:///{path}")
    schema.upgrade(store)
    store.close()
    return path


def simulate(seed: int, number: int, template: Path, nights: int | None = None, *, span: Span = "week") -> Outcome:
    """One week, quarter or sparse year; whatever breaks in it is told in the outcome."""
    began = time.process_time()
    gc.set_threshold(100_000, 50, 100)  # a heap of compiled statements that stays
    with _SPANS[span](seed, number, template) as simulated, listen() as told:
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


def simulate_one(seed: int, template: Path, nights: int | None, span: Span, number: int) -> Outcome:
    """For a worker's process."""
    return simulate(seed, number, template, nights, span=span)
