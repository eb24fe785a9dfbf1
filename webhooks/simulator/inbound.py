"""Somebody calls our number, as time passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from webhooks.simulator.call_reports import end_call
from webhooks.simulator.dialing import dial
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.pace import Pace, Steps
from webhooks.simulator.person import Live, Person
from webhooks.simulator.records import Call
from webhooks.simulator.taping import report_tape
from webhooks.simulator.walk import Walk

ALL_EVENTS = frozenset({"completed"})


def call_us(
    exchange: Exchange,
    from_: str,
    person: Person,
    at: datetime,
    ended: Callable[[Call], None] = lambda _call: None,
) -> str:
    """The SID of a call that begins at `at` and goes on as time passes; `ended` is told when it is over."""
    sid = ring_us(exchange, from_, at).sid
    if isinstance(person, Live):
        exchange.live[sid] = person
    exchange.at(at, lambda _at: Pace(exchange, sid, _run(exchange, sid, person, at, ended)).begin())
    return sid


def ring_us(exchange: Exchange, from_: str, at: datetime) -> Call:
    """A call to our number that nothing was answered to yet."""
    call = Call(
        sid=exchange.new_sid("CA"),
        from_=from_,
        to=exchange.ours.number,
        direction="inbound",
        status="ringing",
        created_at=at,
        status_callback=exchange.ours.status_callback or None,
        events=ALL_EVENTS,
    )
    with exchange.lock:
        exchange.calls[call.sid] = call
    return call


def _run(exchange: Exchange, sid: str, person: Person, at: datetime, ended: Callable[[Call], None]) -> Steps[None]:
    walk = Walk(exchange, sid, person, at, dial)
    walk.taped = report_tape(exchange, walk)
    yield from walk.run(walk.fetch(exchange.ours.voice_url, {}))
    ended(finish(walk))


def finish(walk: Walk) -> Call:
    """The end of a call to us; one that was never picked up has no length."""
    status = walk.ends_as if walk.call.started_at or walk.ends_as != "completed" else "no-answer"
    return end_call(walk.exchange, walk.sid, status, walk.at)
