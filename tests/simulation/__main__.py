"""Simulate years: `python -m tests.simulation --years 1 --seed 1`, or one week of
them again with `--week`, or thirteen on one database with `--quarter`.

With `--record` the weeks that the file holds are left out, unless they broke, those that are run are added to it, and
the table is of all that it holds. With `--sparse` the years have few nights and every holiday; one of them again with
`--year`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.simulation import record
from tests.simulation.report import Outcome, commit, table
from tests.simulation.run import Span, make_template, simulate_one
from tests.simulation.seen import Seen, missing
from tests.support.databases import MEMORY

WEEKS_A_YEAR = 52
YEARS_TO_SEE_ALL = 1
"""From so many years on a run fails where a fault or a rare branch was never seen."""


def main() -> int:
    """0 where everything held; 1 where an invariant broke, or a long run never saw something."""
    asked = _arguments()
    alone = next((one for one in (asked.year, asked.quarter, asked.week) if one is not None), None)
    is_sparse = asked.sparse or asked.year is not None
    span: Span = "year" if is_sparse else "week" if asked.quarter is None else "quarter"
    numbers = list(range(round(asked.years * (1 if is_sparse else WEEKS_A_YEAR)))) if alone is None else [alone]
    kept = record.read(asked.record) if asked.record else {}
    numbers = [number for number in numbers if (asked.seed, number) not in kept or kept[asked.seed, number].failure]
    outcomes = []
    for outcome in _simulated(asked, span, numbers) if numbers else ():
        outcomes.append(outcome)
        if asked.record:
            record.add(asked.record, replace(outcome, commit=commit()))
    if asked.record:
        outcomes = list(record.read(asked.record).values())
    print(table(outcomes))  # noqa: T201 - that is what it is for
    seen = Seen()
    for outcome in outcomes:
        seen.update(outcome.tally.seen)
    is_long = len(outcomes) >= YEARS_TO_SEE_ALL * WEEKS_A_YEAR and span == "week"
    return int(any(outcome.failure for outcome in outcomes) or (is_long and bool(missing(seen))))


def _simulated(asked: argparse.Namespace, span: Span, numbers: list[int]) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(prefix="afterhours-template-", dir=MEMORY) as folder:
        template = make_template(Path(folder))
        yield from _run(partial(simulate_one, asked.seed, template, asked.nights, span), numbers, asked.workers)


def _run(work: Callable[[int], Outcome], numbers: list[int], workers: int) -> Iterator[Outcome]:
    if workers < 2 or len(numbers) < 2:
        for place, number in enumerate(numbers, start=1):
            yield _told(work(number), place, len(numbers))
        return
    with get_context("spawn").Pool(workers) as pool:
        for place, outcome in enumerate(pool.imap_unordered(work, numbers), start=1):
            yield _told(outcome, place, len(numbers))


def _told(outcome: Outcome, place: int, of: int) -> Outcome:
    if outcome.failure:
        print(outcome.failure, flush=True)  # noqa: T201
    elif place % 13 == 0 or place == of:
        print(f"{place} of {of}", file=sys.stderr, flush=True)  # noqa: T201
    return outcome


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--years", type=float, default=1.0, help="of 52 weeks, from January 2027 on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--week", type=int, help="only this week of the seed")
    parser.add_argument(
        "--quarter", type=int, help="thirteen weeks of the seed on one database, from late January 2027 on"
    )
    parser.add_argument("--sparse", action="store_true", help="years of few nights, seconds each")
    parser.add_argument("--year", type=int, help="only this sparse year of the seed")
    parser.add_argument("--nights", type=int, help="of each week, quarter or sparse year; all")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--record", type=Path, help="a file that holds what became of each week")
    asked = parser.parse_args()
    if asked.record and (asked.sparse or asked.year is not None or asked.quarter is not None):
        parser.error("--record is for weeks")
    return asked


if __name__ == "__main__":
    sys.exit(main())
