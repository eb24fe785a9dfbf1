"""Status callbacks of calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Webhook
from webhooks.simulator.posting import Report
from webhooks.simulator.records import Call
from webhooks.simulator.wire_forms import call_report_form


def report_call(exchange: Exchange, sid: str, event: str, status: str, at: datetime) -> None:
    """Post this event of a call to whoever asked for it."""
    if report := next_report(exchange, sid, event, status, at):
        exchange.report(sid, report, is_last=event == "completed")


def next_report(exchange: Exchange, sid: str, event: str, status: str, at: datetime) -> Report | None:
    """The callback of this event, numbered; None where nobody asked for it."""
    with exchange.lock:
        call = exchange.calls[sid]
        if not call.status_callback or event not in call.events:
            return None
        exchange.calls[sid] = replace(call, reports=call.reports + 1)
    return Report(Webhook.CALL_STATUS, call.status_callback, call_report_form(exchange, call, status, at))


def end_call(exchange: Exchange, sid: str, status: str, at: datetime) -> Call:
    """Put a call that still runs into a final state and report that; a call that is over stays as it is."""
    with exchange.lock:
        call = exchange.calls[sid]
        if call.is_over:
            return call
        call = exchange.change_call(sid, status=status, ended_at=at)
    report_call(exchange, sid, "completed", status, at)
    exchange.tell(call)
    return call
