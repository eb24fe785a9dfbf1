"""Every page of the console that is read: how long it takes the first time in a process that just started, and then.

Milliseconds of the processor, of the web process and of the PostgreSQL that serves it.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import click
from flask import Flask
from werkzeug.exceptions import NotFound

from tests.bench.seed_dealers import code_of
from tests.support.visitor import PASSWORD, Visitor, app_of
from triage.bootstrap import Program
from triage.policy.access import Role
from triage.services import accounts
from webhooks.app import create_app, get_pages_ready

HOME = "http://127.0.0.1:8000"
_ROUNDS = 7
_DEALER = code_of(7)
_OF_DEALER = f"/dealers/{_DEALER}"
_MONTH, _YEARS = "first=2026-10-01&last=2026-10-31", "first=2024-11-01&last=2026-10-31"
LONG = f"/reports/sla?{_YEARS}"
PAGES = (
    "/", "/account", "/account/second-factor", "/account/second-factor/qr.svg", "/accounts", "/accounts/1",
    "/accounts/invite", "/bookings", "/bookings/1", "/bookings/new", "/cases", f"/cases?dealer={_DEALER}",
    "/cases?sought=%2B16145550042&state=closed", "/cases/91000", "/dealers", "/dealers?sought=dealer+007", _OF_DEALER,
    *(f"{_OF_DEALER}/{page}" for page in (
        "change", "ledger", "ledger/borrow", "ledger/correct", "purchases/new", "shared-numbers", "sites/13",
        "sites/new", "statement/2026-Q3", "technicians/new",
    )),
    "/dealers/import", "/dealers/new", "/history", "/history?words=nothing", "/history/chain", "/invoices",
    f"/invoices?dealer={_DEALER}", "/invoices/2026-0001", "/invoices/runs/1", "/new-person", "/on-call",
    "/on-call/calendar", "/on-call/closures", "/on-call/feeds", "/on-call/import", "/on-call/new-rotation",
    "/on-call/overrides", "/on-call/swap", "/people", "/policy", "/policy/versions", "/quarters",
    f"/reports/billing?{_MONTH}", f"/reports/sla?{_MONTH}", f"/reports/sla?{_MONTH}&dealer={_DEALER}",
    LONG, f"/reports/sla/cases?{_MONTH}&figure=breached", "/sessions", f"/sessions?dealer={_DEALER}",
    "/sessions/99700", "/sessions/new", "/system", "/metrics",
)  # fmt: skip


def measure(program: Program, now: datetime, served: Callable[[], float]) -> list[tuple[str, float, float]]:
    """Path, the first time and the median of the others; the worst first. `served` is what the server used so far."""
    app = create_app(program)
    get_pages_ready(app)  # as a daemon does for the first visitor
    cookie = _forked(program, lambda: _signed_in(app, program, now))
    found = [(path, *_forked(program, partial(_opened, app, cookie, path, served))) for path in PAGES]
    return sorted(found, key=lambda line: -max(line[1:]))


def left_out(program: Program) -> list[str]:
    """The pages of the console that none of these paths opens: they need what the seeded rows do not have."""
    app = create_app(program)
    routes = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "GET" in (rule.methods or ())
    }
    opened, addresses = set(), app.url_map.bind("127.0.0.1:8000")
    for path in PAGES:
        try:
            rule, _ = addresses.match(path.split("?")[0], return_rule=True)
        except NotFound:
            raise click.ClickException(f"{path} is no page") from None
        opened.add(rule.rule)
    return sorted(routes - opened)


def _forked(program: Program, ask: Callable[[], object]) -> Any:
    """What a process says that starts here: all is imported, as in a daemon, and nothing was asked yet."""
    program.desk.store.close()  # no connection may be in two processes
    read, write = os.pipe()
    if not (child := os.fork()):
        answer: object = None
        try:
            answer = ask()
        finally:
            os.write(write, json.dumps(answer).encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = json.loads(pipe.read())
    os.waitpid(child, 0)
    if said is None:
        raise click.ClickException("a page could not be measured, see above")
    return said


def _signed_in(app: Flask, program: Program, now: datetime) -> str | None:
    """The cookie of an administrator; an account more in the database."""
    address = f"bench-{time.time_ns()}@example.com"
    invited = accounts.invite(
        program.desk, address, name="Bench", role=Role.ADMINISTRATOR, person_id=None, actor="bench", now=now
    )
    visitor = Visitor(app, base=HOME)
    visitor.get(invited.path)
    page = visitor.post(invited.path, password=PASSWORD, again=PASSWORD)
    visitor.post("/account/second-factor", code=app_of(page).now())
    return visitor.cookie("afterhours")


def _opened(app: Flask, cookie: str, path: str, served: Callable[[], float]) -> tuple[float, float]:
    visitor = Visitor(app, base=HOME)
    visitor.client.set_cookie("afterhours", cookie, domain="127.0.0.1")

    def once() -> float:
        used = time.process_time() * 1000 + served()
        status = visitor.get(path, follows=False).status_code
        if status != HTTPStatus.OK:
            click.echo(f"{path} was answered with {status}", err=True)
            return math.inf
        return time.process_time() * 1000 + served() - used

    return once(), statistics.median(once() for _ in range(_ROUNDS))
