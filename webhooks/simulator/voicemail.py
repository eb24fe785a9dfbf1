"""Somebody calls our number and, if our TwiML lets them, leaves a voicemail."""

from __future__ import annotations

from datetime import timedelta

from webhooks.simulator.call_reports import next_report
from webhooks.simulator.dialing import dial
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.records import Call, InboundCall, Person, new_sid
from webhooks.simulator.walk import Walk

ALL_EVENTS = frozenset({"completed"})


def call_in(exchange: Exchange, from_: str, person: Person) -> InboundCall:
    """The whole call at once, so that it ends now: the action requests while it is walked, and after it the
    recording callback, the transcription callback and the number's own status callback."""
    walk = Walk(exchange, _ring(exchange, from_).sid, person, exchange.clock.now(), dial)
    document = walk.fetch(exchange.ours.voice_url, {})
    with exchange.lock:
        if not walk.call.is_over:
            exchange.change_call(walk.sid, status="in-progress")
    for _ in walk.run(document):
        pass  # nobody waits: the call ends now, however long it took
    call = _hang_up(walk)
    for url, form in _reports(exchange, walk, call):
        exchange.poster.post(url, form)
    recording = next((tape.recording for tape in walk.tapes if tape.recording.status == "completed"), None)
    return InboundCall(
        sid=call.sid,
        from_=call.from_,
        heard=call.heard,
        pressed=call.pressed,
        recording_sid=recording.sid if recording else None,
        seconds=call.seconds or 0,
        failed_because=call.failed_because,
        warnings=call.warnings,
    )


def _ring(exchange: Exchange, from_: str) -> Call:
    call = Call(
        sid=new_sid("CA"),
        from_=from_,
        to=exchange.ours.number,
        direction="inbound",
        status="ringing",
        created_at=exchange.clock.now(),
        status_callback=exchange.ours.status_callback or None,
        events=ALL_EVENTS,
    )
    with exchange.lock:
        exchange.calls[call.sid] = call
    return call


def _hang_up(walk: Walk) -> Call:
    exchange = walk.exchange
    ended_at = exchange.clock.now()
    length = max(walk.at - walk.call.created_at, timedelta(seconds=1))
    with exchange.lock:
        return exchange.change_call(
            walk.sid,
            status="completed",
            created_at=ended_at - length,
            started_at=ended_at - length,
            ended_at=ended_at,
        )


def _reports(exchange: Exchange, walk: Walk, call: Call) -> list[tuple[str, dict[str, str]]]:
    reports = [report for tape in walk.tapes for report in tape.reports(exchange, call)]
    last = next_report(exchange, call.sid, "completed", "completed", exchange.clock.now())
    if last and not exchange.faults.drop_reports:
        reports.append(last)
    return reports[::-1] if exchange.faults.reverse_reports else reports
