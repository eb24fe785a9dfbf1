"""Cases for a person at a terminal; times on the contract's wall clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from triage.policy.case_words import ATTESTED, LANGUAGES, clock, length_in_parts, safe
from triage.policy.entry_words import entry_in_words
from triage.policy.event_words import event_in_words
from triage.policy.lengths import exactly
from triage.policy.story_scene import Scene
from triage.policy.term_words import PRODUCT_WORDS, WINDOW_WORDS
from triage.policy.terms import Terms
from triage.policy.wording import NO_NUMBER
from triage.services.records import Record


def case_sheet(case: Record, terms: Terms, names: Mapping[str, str]) -> Iterator[str]:
    """A case, its timeline and its sessions; `names` are of people and accounts, as the history has them."""
    scene = Scene(case, terms, names, {})
    yield from _head(case, terms)
    for voicemail in case["voicemails"]:
        yield f"recording   {voicemail['recording']} {exactly(voicemail['seconds'] or 0)}, {voicemail['status']}"
        if voicemail["transcript"]:
            yield f'            "{safe(voicemail["transcript"])}"'
    for copy in case["recording_copies"]:
        about = f"{copy['size']} bytes, sha256 {copy['sha256']}" if copy["sha256"] else copy["reason"] or ""
        yield f"copy        {copy['recording']} {copy['state']} {safe(about)}".rstrip()
    yield "timeline"
    for event in case["events"]:
        yield _line(event, scene)
    for bridge in case["bridges"]:
        length = exactly(bridge["seconds"]) if bridge["seconds"] is not None else "not talked"
        at = clock(bridge["answered_at"] or bridge["started_at"], terms)
        yield f"call        {at}  {bridge['technician']} to {bridge['number']}: {bridge['outcome'] or 'runs'}, {length}"
    for work in case["sessions"]:
        yield from _session(work)


def _head(case: Record, terms: Terms) -> Iterator[str]:
    """What a case is, before what happened to it."""
    yield f"Case {case['ref']}: {case['state']}, {WINDOW_WORDS[case['window']]}, {case['rate']} rate"
    yield f"caller      {case['caller'] or NO_NUMBER} {safe(case['caller_place'] or '')}".rstrip()
    if case["dealer"]:
        who = f", {safe(case['dealer_technician'])}" if case["dealer_technician"] else ""
        yield f"dealer      {safe(case['dealer'])} {safe(case['dealer_name'])}{who}"
    if case["callback_number"]:
        yield f"call back   {case['callback_number']}, keyed by the caller"
    yield f"product     {PRODUCT_WORDS[case['product']] or 'not said'}"
    yield f"on site     {ATTESTED[case['attested']]}"
    yield f"language    {LANGUAGES[case['language']]}"
    for name in ("left_at", "callback_due", "acknowledged_at", "callback_made_at", "at_risk_at", "breached_at"):
        if case[name]:
            yield f"{name:<17} {clock(case[name], terms)}"
    yield f"owner       {case['owner'] or 'nobody'}"
    yield f"flags       {', '.join(case['flags']) or 'none'}"
    yield f"clauses     {', '.join(case['clauses'])}  (policy {case['policy']})"


def _session(work: Record) -> Iterator[str]:
    length = f"{work['minutes']} min, {length_in_parts(work)}" if work["minutes"] is not None else "not closed"
    doubt = " DOUBTFUL: longer than from the message to its end." if work["doubtful"] else ""
    again = " Corrected." if work["corrected"] else ""
    yield f"session     {work['technician']}, {length}.{again}{doubt} {safe(work['note'] or '')}".rstrip()
    for line in work["lines"]:
        yield f"  {line['arithmetic']}  before tax, clauses {' '.join(line['clauses'])}"


def case_row(case: Record, terms: Terms) -> Record:
    """A case as a line of a table; its caller by the number to call."""
    shown = ("ref", "state", "window", "caller", "dealer", "left_at", "callback_due", "owner", "flags")
    row = {name: case[name] for name in shown} | {"caller": case["callback_number"] or case["caller"]}
    return on_the_clock(row, terms)


def on_the_clock(row: Record, terms: Terms) -> Record:
    """A record with its instants on the contract's wall clock."""
    return {name: clock(value, terms) if isinstance(value, datetime) else value for name, value in row.items()}


def _line(event: Record, scene: Scene) -> str:
    kind, details, actor = event["kind"], event["details"], event["actor"]
    words = entry_in_words(kind, details, scene.terms, scene.names, actor)
    what = f"{event_in_words(kind, details)} ({scene.actor(actor)})"
    return f"  {clock(event['at'], scene.terms)}  {what}{f': {words}' if words else ''}"


def calendar_row(record: Record, zone: ZoneInfo) -> Record:
    """A day of a rotation in a table: who has it, and from when where that lies in the day."""
    held = []
    for shift in record["shifts"]:
        starts = shift["starts"].astimezone(zone)
        since = f" from {starts:%H:%M}" if starts.date() == record["day"] else ""
        held.append(f"{safe(shift['name'] or 'NOBODY')}{since}")
    return {
        "day": f"{record['day']:%Y-%m-%d %a}",
        "rotation": safe(record["rotation"]),
        "on call": ", ".join(held),
        "closed": ", ".join(record["holidays"]) or "closed" if record["closed"] else "",
    }
