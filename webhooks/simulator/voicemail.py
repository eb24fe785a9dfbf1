"""Somebody calls our number and, if our TwiML lets them, leaves a voicemail: a whole call in no time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from webhooks.simulator.call_reports import next_report
from webhooks.simulator.dialing import dial
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Webhook
from webhooks.simulator.inbound import ring_us
from webhooks.simulator.person import Person
from webhooks.simulator.posting import Report
from webhooks.simulator.records import Call, InboundCall
from webhooks.simulator.taping import Tape
from webhooks.simulator.walk import Walk


def leave_voicemail(exchange: Exchange, from_: str, person: Person) -> InboundCall:
    """The whole call at once, so that it ends now: the action requests while it is walked, and after it the
    recording callback, the transcription callback and the number's own status callback."""
    began = exchange.clock.now()
    walk = Walk(exchange, ring_us(exchange, from_, began).sid, person, began, dial)
    tapes: list[Tape] = []
    walk.taped = tapes.append
    steps = walk.run(walk.fetch(exchange.ours.voice_url, {}))
    until = next(steps, None)
    while until is not None:  # nobody waits: the call ends now, however long it took
        try:
            until = steps.send(until)
        except StopIteration:
            until = None
    call = _end(walk)
    for report in _reports(walk, tapes, call):
        exchange.post(report)
    recording = next((tape.recording for tape in tapes if tape.recording.status == "completed"), None)
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


def _end(walk: Walk) -> Call:
    """Move the call, and the legs that it rang, to where they end now."""
    exchange = walk.exchange
    late = max(walk.at - walk.call.created_at, timedelta(seconds=1))
    with exchange.lock:
        status = walk.ends_as if walk.call.started_at or walk.ends_as != "completed" else "no-answer"
        ended_at = walk.call.created_at + late
        walk.note(status=status, ended_at=ended_at)
        for sid in (walk.sid, *walk.legs):
            call = exchange.calls[sid]
            exchange.calls[sid] = replace(
                call,
                created_at=call.created_at - late,
                started_at=call.started_at and call.started_at - late,
                ended_at=call.ended_at and call.ended_at - late,
            )
    return walk.call


def _reports(walk: Walk, tapes: list[Tape], call: Call) -> list[Report]:
    exchange = walk.exchange
    reports = [report for tape in tapes for report in tape.reports(exchange, call)]
    last = next_report(exchange, call.sid, "completed", call.status, exchange.clock.now())
    if last:
        reports.append(last)
    turned = any(exchange.faults.turns_round(kind) for kind in (Webhook.RECORDING, Webhook.CALL_STATUS))
    return reports[::-1] if turned else reports
