"""The part of a case's story that tells who did what when: the timeline, the alerts, the calls to the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from triage.policy.case_words import safe
from triage.policy.delivery_words import outcome_in_words
from triage.policy.entry_words import entry_in_words
from triage.policy.event_words import ALERT_WORDS, event_in_words
from triage.policy.hours import local
from triage.policy.lengths import exactly
from triage.policy.paper import Facts, Heading, Part, Table, Words
from triage.policy.story_scene import Record, Scene, cut

_ENDS_OF_DELIVERIES = frozenset({"delivery_accepted", "delivery_delivered", "delivery_failed"})
_NO_TALK = {"busy": "busy", "no_answer": "nobody picked up", "box": "a voicemail box", "lost": "never reported"}
_ASKED_FOR = {"bridge": "call that puts through to the caller", "hear": "call that plays the message"}
_CALL_WORDS = {"connected": "somebody picked up", "failed": "could not be rung", "canceled": "hung up while it rang"}


def timeline(scene: Scene) -> Iterator[Part]:
    told = {row["delivery"] for row in scene.case["deliveries"]}
    shown = [event for event in scene.case["events"] if not _is_told_elsewhere(event, told)]
    rows = tuple(_entry(scene, list(group)) for _, group in groupby(shown, key=_entry_of_its_own))
    yield Words(
        "Entry is the number in the history, which is one for all cases. What became of each text and call stands with"
        " the alerts below; the whole record has every entry."
    )
    yield Table(("Entry", "When", "What", "By"), (0.09, 0.25, 0.48, 0.18), rows)


def _is_told_elsewhere(event: Record, told: set[int]) -> bool:
    """Whether the message itself, or the tables of alerts and of other texts and calls, say it."""
    if event["kind"] in _ENDS_OF_DELIVERIES:
        return event["details"].get("delivery") in told
    return bool(event["kind"] == "transcribed")


def _entry_of_its_own(event: Record) -> tuple[Any, ...]:
    """Alerts that were made together are one entry on paper; everything else stands alone."""
    if event["kind"] == "alert_made":
        details = event["details"]
        return ("alert_made", event["at"], details.get("reason"), details.get("round"), details.get("step"))
    return (event["number"],)


def _entry(scene: Scene, events: Sequence[Record]) -> tuple[str, ...]:
    first, last = events[0], events[-1]
    number = str(first["number"]) if first is last else f"{first['number']}\nto {last['number']}"
    what = event_in_words(first["kind"], first["details"])
    if first["kind"] == "alert_made":
        people = "; ".join(_summoned(scene, event["details"]) for event in events)
        reason = first["details"].get("reason", "")
        what = f"{what}: {people}\n{ALERT_WORDS.get(reason, reason)}{_rung(first['details'])}"
    else:
        details = {name: value for name, value in first["details"].items() if name != "delivery"}
        aside = cut(entry_in_words(first["kind"], details, scene.terms, scene.names, first["actor"]))
        what = f"{what}\n{aside}" if aside else what
    return number, scene.when(first["at"]), what, scene.actor(first["actor"])


def _summoned(scene: Scene, details: Record) -> str:
    by = {"sms": "text", "voice": "call"}
    channels = " and ".join(by.get(channel, channel) for channel in details.get("channels", []))
    return f"{safe(scene.person(details.get('person')))} by {channels or 'nothing'}"


def _rung(details: Record) -> str:
    if details.get("reason") != "ladder":
        return ""
    return f"; round {details['round']}, step {details['step'] + 1} of the ladder"


def alerts(scene: Scene) -> Iterator[Part]:
    ends, sent = _ends(scene), defaultdict(list)
    for row in scene.case["deliveries"]:
        sent[row["alert"], row["channel"]].append(_outcome(scene, row, ends))
    rows = []
    for alert in scene.case["alerts"]:
        cells = ["; ".join(sent[alert["alert"], channel]) or "-" for channel in ("sms", "voice")]
        reason = ALERT_WORDS.get(alert["reason"], alert["reason"])
        rows.append((scene.when(alert["at"]), safe(scene.person(alert["person"])), reason, *cells))
    if rows:
        heads = ("Made", "To", "Because", "By text", "By call")
        yield Table(heads, (0.25, 0.16, 0.17, 0.21, 0.21), tuple(rows))
    else:
        yield Words("Nobody was alerted.")
    others = [
        (
            scene.when(row["planned_at"]),
            safe(scene.person(row["person"])) if row["person"] else "the caller",
            _said(row),
            _outcome(scene, row, ends),
        )
        for row in scene.case["deliveries"]
        if row["alert"] is None
    ]
    if others:
        yield Heading("Other texts and calls")
        yield Table(("Planned", "To", "What", "Outcome"), (0.25, 0.16, 0.38, 0.21), tuple(others))


def _said(row: Record) -> str:
    if row["channel"] in _ASKED_FOR:
        return _ASKED_FOR[row["channel"]]
    return f"{'text' if row['channel'] == 'sms' else 'call'}: {cut(safe(row['body']))}"


def _ends(scene: Scene) -> dict[int, datetime]:
    """When each text and call arrived or failed, by the history."""
    return {
        event["details"]["delivery"]: event["at"]
        for event in scene.case["events"]
        if event["kind"] in {"delivery_delivered", "delivery_failed"}
    }


def _outcome(scene: Scene, row: Record, ends: Mapping[int, datetime]) -> str:
    at = ends.get(row["delivery"])
    return safe(outcome_in_words(row)) + (f" at {local(at, scene.terms):%H:%M:%S}" if at else "")


def callbacks(scene: Scene) -> Iterator[Part]:
    for number, bridge in enumerate(scene.case["bridges"], start=1):
        came_to = bridge["outcome"]
        rows = (
            ("Technician", safe(scene.person(bridge["technician"]))),
            ("Number dialled", bridge["number"]),
            ("Dialled", scene.line(bridge["started_at"])),
            ("Picked up", scene.line(bridge["answered_at"], none="not picked up")),
            ("Ended", scene.line(bridge["ended_at"], none="not on record")),
            ("Talked", exactly(bridge["seconds"]) if bridge["seconds"] is not None else "not measured"),
            ("Outcome", {**_NO_TALK, **_CALL_WORDS}.get(came_to, came_to or "it runs")),
            ("Call", bridge["call"] or "not known"),
        )
        yield Facts(rows, title=f"Call {number}, by the phone network's clock")
    if not scene.case["bridges"]:
        yield Words("No call to the caller ran through the system.")
    tries = tuple(
        (
            scene.when(attempt["at"]),
            safe(scene.person(attempt["technician"])),
            _NO_TALK.get(attempt["outcome"], attempt["outcome"] or "not measured"),
            "by the phone network" if attempt["proven"] else "no: the technician's word",
        )
        for attempt in scene.case["attempts"]
    )
    if tries:
        yield Heading("Attempts that reached nobody")
        yield Table(("When", "Who", "Outcome", "Proven"), (0.25, 0.25, 0.25, 0.25), tries)
