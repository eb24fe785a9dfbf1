"""Deadlines: how late each is alerted, and how fast very many are decided and sent that fall due together.

Real processes beside a hundred thousand open cases, and a phone system that takes 50 ms for each request. What is
decided is committed: the timers that are still due are counted all the time, by another connection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count, islice

from sqlalchemy import func, select, update

from tests.bench.load import latencies, request
from tests.bench.open_cases import add_open_cases, break_promises
from tests.bench.stand_in import StandIn
from tests.bench.table import Line
from tests.bench.webhook import form
from tests.support.live import Live
from triage.bootstrap import Program
from triage.clock import SystemClock
from triage.store.models import Delivery, Timer
from triage.store.models.case import reference_of

OPEN = 100_000
STARTS = 3
SPREAD, SPREAD_SECONDS = 100, 20
AT_ONCE, ROUNDS = 1_000, 3
VERY_MANY, VERY_MANY_ROUNDS = 10_000, 2
MEANWHILE, MEANWHILE_A_SECOND = 100, 50
_AHEAD = timedelta(seconds=2)
_LOOK_EVERY_SECONDS = 0.002
_PATIENCE_SECONDS = 120.0
_now = SystemClock().now
MakeLive = Callable[[], Live]


def measure(kind: str, make_live: MakeLive, phones: StandIn) -> Iterator[Line]:
    """Everything about deadlines on one database, which is empty; each Live is of the same one."""
    first, fresh = make_live(), count(1)
    first.program.prepare()
    add_open_cases(first.program, OPEN, _now(), _now() + timedelta(hours=2))
    first.__exit__()
    yield from _starts(kind, make_live, phones, fresh)
    with make_live() as live:
        yield _spread_out(kind, live.program, phones, fresh)
        rounds = [_at_once(live.program, phones, AT_ONCE, fresh, is_sent=True) for _ in range(ROUNDS)]
        yield Line(f"{AT_ONCE:,} deadlines at one instant: decided", kind, [ms for one, _ in rounds for ms in one], 200)
        yield Line("the same: requested", kind, [ms for _, sent in rounds for ms in sent], 3_000)
        decided = []
        for _ in range(VERY_MANY_ROUNDS):
            decided += _at_once(live.program, phones, VERY_MANY, fresh, is_sent=False)[0]
            _forget_what_is_to_send(live)
        yield Line(f"{VERY_MANY:,} deadlines at one instant: decided", kind, decided, 600)
        with ThreadPoolExecutor(1) as pool:
            asked = [request(live.web_port, form(number)) for number in range(MEANWHILE)]
            due = _now() + _AHEAD
            break_promises(live.program, list(islice(fresh, VERY_MANY)), [due] * VERY_MANY)
            time.sleep(max(0.0, (due - _now()).total_seconds() - 0.2))
            answered = pool.submit(latencies, live.web_port, asked, MEANWHILE_A_SECOND).result()
        _forget_what_is_to_send(live)
        yield Line("voicemail webhooks meanwhile", kind, answered.every)


def _starts(kind: str, make_live: MakeLive, phones: StandIn, fresh: Iterator[int]) -> Iterator[Line]:
    ready, first_sent = [], []
    for _ in range(STARTS):
        live, before, late = make_live(), len(phones.taken()), next(fresh)
        break_promises(live.program, [late], [_now()])
        began = _now()
        with live:
            ready.append(_ms_since(began, _now()))
            first_sent.append(_ms_since(began, _requests(phones, before, [late])[0]))
    yield Line(f"start beside {OPEN:,} open cases: ready", kind, ready, 2_000)
    yield Line("the same: request for a deadline that was over", kind, first_sent, 2_000)


def _spread_out(kind: str, program: Program, phones: StandIn, fresh: Iterator[int]) -> Line:
    due = [_now() + _AHEAD + timedelta(seconds=SPREAD_SECONDS / SPREAD * place) for place in range(SPREAD)]
    before, ids = len(phones.taken()), list(islice(fresh, SPREAD))
    break_promises(program, ids, due)
    late = [_ms_since(at, asked_at) for at, asked_at in zip(due, _requests(phones, before, ids), strict=True)]
    return Line(f"deadline to its request, {SPREAD} within {SPREAD_SECONDS} s", kind, late, 100)


def _at_once(
    program: Program, phones: StandIn, many: int, fresh: Iterator[int], *, is_sent: bool
) -> tuple[list[float], list[float]]:
    """Milliseconds from the deadline until each was decided, and until the request for each came."""
    due, before, ids = _now() + _AHEAD, len(phones.taken()), list(islice(fresh, many))
    break_promises(program, ids, [due] * many)
    decided: list[float] = []
    undecided = select(func.count()).select_from(Timer).where(Timer.due_at <= due)
    while len(decided) < many:
        left, at = program.desk.store.scalar(undecided), _now()
        decided += [_ms_since(due, at)] * (many - left - len(decided))
        time.sleep(_LOOK_EVERY_SECONDS)
    asked = _requests(phones, before, ids) if is_sent else []
    return decided, [_ms_since(due, at) for at in asked]


def _forget_what_is_to_send(live: Live) -> None:
    """Ten thousand texts would take half a minute: they are not sent."""
    live.kill("scheduler")
    with live.program.desk.store.write() as tx:
        tx.session.execute(update(Delivery).values(state="dropped", next_attempt_at=None, claim=None))
    live.start("scheduler")
    live.until(lambda: live.has_started("scheduler"))


def _requests(phones: StandIn, before: int, ids: Sequence[int]) -> list[datetime]:
    """When the alerts came that these cases are overdue, waited for until all have."""
    wanted, end = [reference_of(number) for number in ids], time.monotonic() + _PATIENCE_SECONDS
    while True:
        found: dict[str, datetime] = {}
        for at, body in phones.taken()[before:]:
            if body.startswith("OVERDUE "):
                found.setdefault(body.split()[1], at)
        if found.keys() >= set(wanted):
            return [found[reference] for reference in wanted]
        if time.monotonic() > end:
            raise TimeoutError(f"{len(found)} of {len(ids)} requests came")
        time.sleep(0.05)


def _ms_since(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() * 1000
