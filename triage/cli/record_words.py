"""Cases and reports for a person at a terminal; times on the contract's wall clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from triage.policy.hours import local
from triage.policy.terms import Terms
from triage.policy.wording import WINDOW_WORDS
from triage.services.records import Record

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def case_sheet(case: Record, terms: Terms) -> Iterator[str]:
    """A case, its timeline and its sessions."""
    yield f"Case {case['ref']}: {case['state']}, {WINDOW_WORDS[case['window']]}, {case['rate']} rate"
    yield f"caller      {case['caller'] or 'withheld'} {_safe(case['caller_place'] or '')}".rstrip()
    for name in ("left_at", "callback_due", "acknowledged_at", "callback_made_at", "at_risk_at", "breached_at"):
        if case[name]:
            yield f"{name:<17} {clock(case[name], terms)}"
    yield f"owner       {case['owner'] or 'nobody'}"
    yield f"flags       {', '.join(case['flags']) or 'none'}"
    yield f"clauses     {', '.join(case['clauses'])}  (policy {case['policy']})"
    for voicemail in case["voicemails"]:
        yield f"recording   {voicemail['recording']} {voicemail['seconds'] or 0} s, {voicemail['status']}"
        if voicemail["transcript"]:
            yield f'            "{_safe(voicemail["transcript"])}"'
    for copy in case["recording_copies"]:
        about = f"{copy['size']} bytes, sha256 {copy['sha256']}" if copy["sha256"] else copy["reason"] or ""
        yield f"copy        {copy['recording']} {copy['state']} {_safe(about)}".rstrip()
    yield "timeline"
    for event in case["events"]:
        yield _line(event, terms)
    for bridge in case["bridges"]:
        length = f"{bridge['seconds']} s" if bridge["seconds"] is not None else "not talked"
        at = clock(bridge["answered_at"] or bridge["started_at"], terms)
        yield f"call        {at}  {bridge['technician']} to {bridge['number']}: {bridge['outcome'] or 'runs'}, {length}"
    for work in case["sessions"]:
        length = f"{work['minutes']} min, {_parts(work)}" if work["minutes"] is not None else "not closed"
        yield f"session     {work['technician']}, {length}. {_safe(work['note'] or '')}".rstrip()
        for line in work["lines"]:
            yield f"  {line['arithmetic']}  before tax, clauses {' '.join(line['clauses'])}"


def _parts(work: Record) -> str:
    """How the length of a session is known."""
    if not work["measured_s"]:
        return "typed"
    measured = f"{work['measured_s']} s measured"
    return f"{measured}, {work['stated_minutes']} min typed" if work["stated_minutes"] else measured


def case_row(case: Record, terms: Terms) -> Record:
    """A case as a line of a table."""
    shown = ("ref", "state", "window", "caller", "left_at", "callback_due", "owner", "flags")
    return {name: clock(value, terms) if isinstance(value := case[name], datetime) else value for name in shown}


def sla_sheet(report: Record, terms: Terms) -> Iterator[str]:
    """The SLA report as a table, each breach with its story."""
    yield f"Messages left {report['from']} to {report['to']}"
    heads = f"{'count':>6}{'met':>6}{'broken':>8}{'open':>6}{'none':>6}{'share':>8}"
    yield f"{'':<16}{heads}  MTTA med/p95    MTTC med/p95"
    yield _sla_line("all", report["totals"])
    for name, figures in (*report["windows"].items(), *report["technicians"].items()):
        yield _sla_line(name, figures)
    for breach in report["breaches"]:
        late = _minutes(breach["late_s"])
        yield f"\nBroken: {breach['ref']}, {late} late, due {clock(breach['callback_due'], terms)}"
        for event in breach["story"]:
            yield _line(event, terms)


def sla_rows(report: Record) -> list[Record]:
    """The SLA report as rows for a spreadsheet: totals, windows, technicians."""
    groups = [("total", "all", report["totals"])]
    groups += [("window", name, figures) for name, figures in report["windows"].items()]
    groups += [("technician", name, figures) for name, figures in report["technicians"].items()]
    return [{"group": group, "name": name, **figures} for group, name, figures in groups]


def clock(at: datetime, terms: Terms) -> str:
    """An instant on the contract's wall clock, with EDT or EST."""
    return f"{local(at, terms):%Y-%m-%d %H:%M:%S %Z}"


def _line(event: Record, terms: Terms) -> str:
    what = _details(event["details"], terms)
    return f"  {clock(event['at'], terms)}  {event['kind']:<18} {event['actor']:<14} {what}".rstrip()


def _sla_line(name: str, figures: Record) -> str:
    share = f"{figures['met_share']:.1%}" if figures["met_share"] is not None else "-"
    mtta = f"{_minutes(figures['mtta_median_s'])} / {_minutes(figures['mtta_p95_s'])}"
    mttc = f"{_minutes(figures['mttc_median_s'])} / {_minutes(figures['mttc_p95_s'])}"
    counts = f"{figures['count']:>6}{figures['met']:>6}{figures['breached']:>8}"
    counts += f"{figures['open']:>6}{figures['unpromised']:>6}"
    return f"{name:<16}{counts}{share:>8}  {mtta:<15} {mttc}"


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def _details(details: dict[str, Any], terms: Terms) -> str:
    shown = {name: value for name, value in details.items() if value not in (None, [], "")}
    return ", ".join(f"{name.replace('_', ' ')} {_value(value, terms)}" for name, value in shown.items())


def _value(value: Any, terms: Terms) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(_value(item, terms) for item in value)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return clock(datetime.fromisoformat(value), terms)
    return _safe(str(value))


def _safe(text: str) -> str:
    """Somebody else's words without what could move a terminal's cursor."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
