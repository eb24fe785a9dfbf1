"""`make bench-large`: how long reports, lists and checks take with two years of history, see seed.py.

The file is seeded once, under /tmp, and used again; remove it to seed anew. Times are of the service behind a page or a
command, in this process, and of whole pages; what a command adds is the start of Python. The processor's time is what
this process used of it: it hardly moves where other programs keep the machine busy, and the goals are held against it.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from random import Random

import click

from config.settings import Settings
from tests.bench.seed import CASES, END, seed
from tests.bench.seed_dealers import code_of
from tests.support.visitor import PASSWORD, Visitor
from triage.bootstrap import Program, build
from triage.policy.access import Role
from triage.services import accounts, records
from triage.services.audit import verify_chain
from triage.services.desk import Desk
from triage.services.sla_report import Question, references_behind, sla_report
from triage.services.vital_signs import readings, what_is_due
from triage.store import cases, dealers
from triage.store.models.case import reference_of
from webhooks.app import create_app

PLACE = Path(tempfile.gettempdir()) / "afterhours-bench" / "two-years.db"
ROUNDS = 9
MONTH = Question(first=date(2026, 10, 1), last=date(2026, 10, 31))
YEARS = Question(first=date(2024, 11, 1), last=date(2026, 10, 31))
A_CALLER = "+16145550042"
A_DEALER = code_of(7)
HOME = "http://127.0.0.1:8000"
_MONTH, _YEARS = (f"first={span.first}&last={span.last}" for span in (MONTH, YEARS))
GOALS = {"page": 100.0, "report": 1_000.0}
"""Milliseconds of the processor: for a page, unless it is a report of all the years, and for a report."""

PAGES = {
    "board": "/",
    "case": "/cases/91000",
    "cases": "/cases",
    "cases, closed ones of a caller": "/cases?sought=%2B16145550042&state=closed",
    "people": "/people",
    "history": "/history",
    "history, words among its details": "/history?words=nothing",
    "history, its heads": "/history/chain",
    "on-call": "/on-call",
    "on-call, calendar": "/on-call/calendar",
    "policy": "/policy",
    "policy, versions": "/policy/versions",
    "system": "/system",
    "accounts": "/accounts",
    "reports, a month": f"/reports/sla?{_MONTH}",
    "reports, a month, the cases behind a figure": f"/reports/sla/cases?{_MONTH}&figure=breached",
    "billing, a month": f"/reports/billing?{_MONTH}",
    "cases, of a dealer": f"/cases?dealer={A_DEALER}",
    "reports, a month, of a dealer": f"/reports/sla?{_MONTH}&dealer={A_DEALER}",
    "dealers": "/dealers",
    "dealers, words": "/dealers?sought=dealer+007",
    "dealer": f"/dealers/{A_DEALER}",
    "dealer, ledger": f"/dealers/{A_DEALER}/ledger",
    "dealer, statement": f"/dealers/{A_DEALER}/statement/2026-Q3",
    "quarters": "/quarters",
    "work": "/sessions",
    "work, of a dealer": f"/sessions?dealer={A_DEALER}",
    "bookings": "/bookings",
    "invoices": "/invoices",
    "invoices, of a dealer": f"/invoices?dealer={A_DEALER}",
    "invoice": "/invoices/2026-0001",
    "invoice run": "/invoices/runs/1",
}
"""Each as the test client of Flask gets it: all of the server's work, without the network."""

LONG_PAGES = {"reports, two years": f"/reports/sla?{_YEARS}"}


def main() -> None:
    if not PLACE.exists():
        PLACE.parent.mkdir(exist_ok=True)
        began = time.perf_counter()
        seed(PLACE.with_suffix(".new"))
        PLACE.with_suffix(".new").rename(PLACE)
        click.echo(f"seeded {PLACE} in {time.perf_counter() - began:.0f} s")
    now = END - timedelta(minutes=1)
    program = build(Settings(database_url=f"sqlite:///{PLACE}", public_url=HOME))
    program.clock = _Stopped(now)
    program.prepare()
    desk, draw = program.desk, Random(1)

    missed = []

    def show(what: str, ask: Callable[[], object], goal: float = math.inf) -> None:
        ask()  # once, so that statements are compiled, as they are in a daemon
        took, used = zip(*(timed(ask) for _ in range(ROUNDS)), strict=True)
        click.echo(f"{what:<58} {statistics.median(took):8.1f} {max(took):8.1f} {statistics.median(used):10.1f}")
        if statistics.median(used) > goal:
            missed.append(what)

    click.echo(f"{'ms':<58} {'median':>8} {'worst':>8} {'processor':>10}")
    show("report sla, a month", lambda: sla_report(desk, MONTH, now, most_stories=0))
    show("report sla, a month, with the stories of its breaches", lambda: sla_report(desk, MONTH, now))
    show("report sla, a month, the cases behind a figure", lambda: references_behind(desk, MONTH, "breached", now))
    show("report sla, two years", lambda: sla_report(desk, YEARS, now, most_stories=0), GOALS["report"])
    show("report sla, two years, with the stories", lambda: sla_report(desk, YEARS, now))
    show("report sla, two years, one technician", lambda: sla_report(desk, of("technician", "dana"), now))
    show("report sla, two years, one caller", lambda: sla_report(desk, of("caller", A_CALLER), now))
    show("report billing, a month", lambda: records.billing_report(desk, MONTH.first, MONTH.last))
    show("case list --open", lambda: records.list_cases(desk, only_open=True))
    show("case show", lambda: records.show_case(desk, reference_of(draw.randrange(CASES) + 1)))
    show("what a sweep asks: is anything due", lambda: what_is_due(desk, END))
    show("whose case a technician's text means", lambda: known_to(desk))
    show("a caller's open case, and the last closed", lambda: of_caller(desk))
    show("/metrics", lambda: readings(desk, END))
    visitor = auditor(program, now)
    for what, path in {**PAGES, "case, of a dealer": f"/cases/{newest_of(desk, A_DEALER)}"}.items():
        show(f"page: {what}", partial(opened, visitor, path), GOALS["page"])
    for what, path in LONG_PAGES.items():
        show(f"page: {what}", partial(opened, visitor, path), GOALS["report"])
    began = time.perf_counter()
    verdict = verify_chain(desk)
    click.echo(f"{'audit verify, once':<58} {(time.perf_counter() - began) * 1000:8.1f}")
    click.echo(f"{verdict.entries} events, the first that does not fit: {verdict.first_bad}")
    click.echo(
        f"over the goal of {GOALS['page']:.0f} ms a page, {GOALS['report']:.0f} a report: {', '.join(missed) or 'none'}"
    )
    program.close()


class _Stopped:
    """The end of the two years: a board of today would find all of it overdue."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def watched(self) -> datetime:
        return self._at


def auditor(program: Program, now: datetime) -> Visitor:
    """Somebody signed in who may read every page; an account more in the file."""
    email = f"auditor-{time.time_ns()}@example.com"
    invited = accounts.invite(
        program.desk, email, name="Auditor", role=Role.AUDITOR, person_id=None, actor="bench", now=now
    )
    visitor = Visitor(create_app(program), base=HOME)
    visitor.get(invited.path)
    visitor.post(invited.path, password=PASSWORD, again=PASSWORD)
    return visitor


def opened(visitor: Visitor, path: str) -> None:
    status = visitor.get(path, follows=False).status_code
    if status != HTTPStatus.OK:
        raise click.ClickException(f"{path} was answered with {status}; remove {PLACE} to seed anew")


def newest_of(desk: Desk, code: str) -> str:
    """The reference of a dealer's newest case."""
    with desk.store.read() as session:
        return cases.newest(session, 1, dealer_id=dealers.known(session, code).id)[0].reference


def of(name: str, value: str) -> Question:
    return Question(first=YEARS.first, last=YEARS.last, **{name: value})  # type: ignore[arg-type] # two of its names


def known_to(desk: Desk) -> int:
    with desk.store.read() as session:
        return len(cases.known_to(session, "dana", END))


def of_caller(desk: Desk) -> object:
    with desk.store.read() as session:
        return cases.open_of_number(session, A_CALLER), cases.last_closed_of(session, A_CALLER)


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds that passed, and those that the processor worked for this process."""
    began, used = time.perf_counter(), time.process_time()
    ask()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000


if __name__ == "__main__":
    main()
