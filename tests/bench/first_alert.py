"""From a voicemail to the request that sends its first alert, with nothing else to do and at half load.

Counted from when its webhook began to be taken, which is a little before its commit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import count, islice

from sqlalchemy import select

from tests.bench.due import MakeLive
from tests.bench.load import latencies, rate, request
from tests.bench.stand_in import StandIn
from tests.bench.table import Line
from tests.bench.webhook import form
from tests.support.live import Live
from triage.store.models import Case
from triage.store.models.case import reference_of

WARM, IDLE, IDLE_A_SECOND = 20, 100, 8
AT_ONCE, AT_HALF = 200, 300
_PATIENCE_SECONDS = 120.0


def measure(kind: str, make_live: MakeLive, phones: StandIn) -> Iterator[Line]:
    """On one database, which is empty. Half load is half of what webhooks and alerts together come to at the most."""
    numbers = count(1)
    with make_live() as live:
        _waits(live, phones, numbers, WARM, IDLE_A_SECOND)
        waits = _waits(live, phones, numbers, IDLE, IDLE_A_SECOND)
        yield Line(f"voicemail to its first request, {IDLE_A_SECOND} a second", kind, waits, 100)
        before, began = len(_alerts(phones)), time.monotonic()
        rate(live.web_port, _requests(live, numbers, AT_ONCE))
        _wait_for(phones, before + AT_ONCE)
        half = AT_ONCE / (time.monotonic() - began) / 2
        waits = _waits(live, phones, numbers, AT_HALF, half)
        yield Line(f"the same at half load, {half:.0f} a second", kind, waits, 100)


def _waits(live: Live, phones: StandIn, numbers: Iterator[int], many: int, per_second: float) -> list[float]:
    before = len(_alerts(phones))
    latencies(live.web_port, _requests(live, numbers, many), per_second)
    _wait_for(phones, before + many)
    with live.program.desk.store.read() as session:
        rows = session.execute(select(Case.id, Case.opened_at).order_by(Case.id.desc()).limit(many))
        began = {reference_of(number): at for number, at in rows}
    asked = {body.split()[0]: at for at, body in reversed(_alerts(phones)[before:])}
    return [(asked[reference] - at).total_seconds() * 1000 for reference, at in began.items()]


def _requests(live: Live, numbers: Iterator[int], many: int) -> list[bytes]:
    return [request(live.web_port, form(number)) for number in islice(numbers, many)]


def _wait_for(phones: StandIn, many: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while len(found := _alerts(phones)) < many:
        if time.monotonic() > end:
            raise TimeoutError(f"{len(found)} of {many} requests came")
        time.sleep(0.02)


def _alerts(phones: StandIn) -> list[tuple[datetime, str]]:
    """What begins with a case's reference; the rest is to administrators."""
    return [(at, body) for at, body in phones.taken() if body.split()[0].isdecimal()]
