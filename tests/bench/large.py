"""`make bench-large`: how long pages, reports, lists and checks take with two years of history, see seed.py.

A file of each size is seeded once, under /tmp, and used again; remove it to seed anew. `CASES=1000000` measures with
so many, `DATABASE=postgresql` the same rows there. What a command adds is the start of Python. The processor's time
hardly moves where other programs keep the machine busy, and the goals are held against it.
"""

from __future__ import annotations

import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import click

from config.settings import DEMO_ROSTER, Settings
from tests.bench import on_postgresql, pages
from tests.bench.seed import CASES, END, seed
from tests.bench.seed_more import copy_cases
from triage.bootstrap import Program, build
from triage.services import records
from triage.services.audit import verify_chain
from triage.services.desk import Desk
from triage.services.sla_report import Question, keep_a_month, references_behind, sla_report
from triage.services.vital_signs import what_is_due
from triage.store import cases
from triage.store.models.case import reference_of

PLACE = Path(tempfile.gettempdir()) / "afterhours-bench"
ROUNDS = 9
MONTH = Question(first=date(2026, 10, 1), last=date(2026, 10, 31))
YEARS = Question(first=date(2024, 11, 1), last=date(2026, 10, 31))
A_CALLER = "+16145550042"
Served = Callable[[], float]
"""Milliseconds that the processor worked so far for a server beside this process."""
GOALS = {"page": 100.0, "report": 1_000.0}
"""Milliseconds of the processor: for a page, unless it is a report of all the years, and for a report."""


@click.command()
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite")
@click.option("--cases", type=click.IntRange(min=CASES), default=CASES)
@click.option("--only-pages", is_flag=True, help="Without reports, commands and the audit.")
def main(database: str, cases: int, only_pages: bool) -> None:
    """Seed where nothing is seeded yet, and measure."""
    PLACE.mkdir(exist_ok=True)
    file = _seeded(PLACE / "two-years.db", seed)
    if cases > CASES:
        file = _seeded(PLACE / f"two-years-{cases}.db", lambda new: _seed_more(file, new, cases))
    if database == "sqlite":
        _measure(f"sqlite:///{file}", lambda: 0.0, only_pages=only_pages)
        return
    with on_postgresql.served(file) as address:
        _measure(address, lambda: on_postgresql.used_by(file), only_pages=only_pages)


def _seeded(file: Path, fill: Callable[[Path], None]) -> Path:
    if not file.exists():
        new, began, used = file.with_suffix(".new"), time.perf_counter(), time.process_time()
        fill(new)
        new.rename(file)
        took, used = time.perf_counter() - began, time.process_time() - used
        click.echo(f"seeded {file} in {took:.0f} s, {used:.0f} s of the processor")
    return file


def _seed_more(seeded: Path, new: Path, wanted: int) -> None:
    shutil.copy(seeded, new)
    copy_cases(new, wanted)


def _measure(address: str, served: Served, *, only_pages: bool) -> None:
    now = END - timedelta(minutes=1)
    program = build(Settings(database_url=address, public_url=pages.HOME, roster_file=DEMO_ROSTER))
    program.clock = _Stopped(now)
    program.prepare()
    while keep_a_month(program.desk, END):
        pass  # as the scheduler does, once a month is over
    click.echo(f"{'page: ms of the processor':<68} {'first':>8} {'median':>8}")
    missed = []
    for path, first, then in pages.measure(program, now, served):
        click.echo(f"{path:<68} {first:8.1f} {then:8.1f}")
        if max(first, then) > GOALS["report" if path == pages.LONG else "page"]:
            missed.append(path)
    click.echo(f"not among them: {', '.join(pages.left_out(program))}")
    if not only_pages:
        missed += _behind_commands(program, now, served)
    program.close()
    click.echo(
        f"over the goal of {GOALS['page']:.0f} ms a page, {GOALS['report']:.0f} a report: {', '.join(missed) or 'none'}"
    )


def _behind_commands(program: Program, now: datetime, served: Served) -> list[str]:
    """What is over its goal."""
    desk, draw, missed = program.desk, Random(1), []

    def show(what: str, ask: Callable[[], object], goal: float = math.inf) -> None:
        ask()  # once, so that statements are compiled, as they are in a daemon
        took, used = zip(*(timed(ask, served) for _ in range(ROUNDS)), strict=True)
        click.echo(f"{what:<58} {statistics.median(took):8.1f} {max(took):8.1f} {statistics.median(used):10.1f}")
        if statistics.median(used) > goal:
            missed.append(what)

    click.echo(f"{'ms':<58} {'median':>8} {'worst':>8} {'processor':>10}")
    show("report sla, a month", lambda: sla_report(desk, MONTH, now, most_stories=0))
    show("report sla, a month, with the stories of its breaches", lambda: sla_report(desk, MONTH, now))
    show("report sla, a month, the cases behind a figure", lambda: references_behind(desk, MONTH, "breached", now))
    show(
        "report sla, two years, all figures",
        lambda: sla_report(desk, YEARS, now, most_stories=0, most_breaches=0),
        GOALS["report"],
    )
    show("report sla, two years, with all breaches", lambda: sla_report(desk, YEARS, now, most_stories=0))
    show("report sla, two years, with the stories", lambda: sla_report(desk, YEARS, now))
    show("report sla, two years, one technician", lambda: sla_report(desk, of("technician", "dana"), now))
    show("report sla, two years, one caller", lambda: sla_report(desk, of("caller", A_CALLER), now))
    show("report billing, a month", lambda: records.billing_report(desk, MONTH.first, MONTH.last))
    show("case list --open", lambda: records.list_cases(desk, only_open=True))
    show("case show", lambda: records.show_case(desk, reference_of(draw.randrange(CASES) + 1)))
    show("what a sweep asks: is anything due", lambda: what_is_due(desk, END))
    show("whose case a technician's text means", lambda: known_to(desk))
    show("a caller's open case, and the last closed", lambda: of_caller(desk))
    began = time.perf_counter()
    verdict = verify_chain(desk)
    click.echo(f"{'audit verify, once':<58} {(time.perf_counter() - began) * 1000:8.1f}")
    click.echo(f"{verdict.entries} events, the first that does not fit: {verdict.first_bad}")
    return missed


class _Stopped:
    """The end of the two years: a board of today would find all of it overdue."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def watched(self) -> datetime:
        return self._at


def of(name: str, value: str) -> Question:
    return Question(first=YEARS.first, last=YEARS.last, **{name: value})  # type: ignore[arg-type] # two of its names


def known_to(desk: Desk) -> int:
    with desk.store.read() as session:
        return len(cases.known_to(session, "dana", END))


def of_caller(desk: Desk) -> object:
    with desk.store.read() as session:
        return cases.open_of_number(session, A_CALLER), cases.last_closed_of(session, A_CALLER)


def timed(ask: Callable[[], object], served: Served) -> tuple[float, float]:
    """Milliseconds that passed, and those that the processor worked for this process and the server."""
    began, used = time.perf_counter(), time.process_time() * 1000 + served()
    ask()
    return (time.perf_counter() - began) * 1000, time.process_time() * 1000 + served() - used


if __name__ == "__main__":
    main()
