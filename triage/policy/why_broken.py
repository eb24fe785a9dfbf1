"""Why a promise was broken, in a sentence, by what is on record of its case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from triage.policy.case_words import safe
from triage.policy.lengths import minutes_left
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock

Record = Mapping[str, Any]

_HOW_OFTEN = {1: "once", 2: "twice"}


def why_broken(
    events: Sequence[Record], due: datetime, made: datetime | None, terms: Terms, names: Mapping[str, str]
) -> str:
    """`Broken: Lee called at 11:36 PM EST, 6 min late.`

    `events` are the entries of the case, oldest first; `made` is when the callback was; `names` are people by their
    ids. What nobody told the program is not held against anybody: it says that no callback is on record.
    """
    takes = [event for event in events if event["kind"] == "acknowledged"]
    late = takes[0]["at"] if takes and takes[0]["at"] >= due else None
    waited = f"nobody took it until {wall_clock(late, due, terms)}; " if late else ""
    if made is not None:
        return f"Broken: {waited}{_call(events, due, made, terms, names)}."
    if not takes:
        return f"Broken: {_unanswered(events)}."
    who = " and then ".join(dict.fromkeys(_name(event, names) for event in takes))
    when = "" if late else f" at {wall_clock(takes[0]['at'], due, terms)}"
    return f"Broken: {waited}{who} took it{when}{_without_callback(events)}."


def _call(events: Sequence[Record], due: datetime, made: datetime, terms: Terms, names: Mapping[str, str]) -> str:
    calls = [event for event in events if event["kind"] == "called_back"]
    who = _name(calls[-1], names) if calls else "somebody"
    when = f"{wall_clock(made, due, terms)}, {minutes_left(due, made)}"
    if made <= due:
        return f"{who} called at {wall_clock(made, due, terms)}, in time, but the deadline passed before that was known"
    match calls[-1]["details"].get("basis") if calls else None:
        case "attempts":
            return f"{who} reached nobody; the attempt that counts as the callback was at {when}"
        case "stated":
            return f"{who} called, by their own word, at {when}"
        case _:
            return f"{who} called at {when}"


def _unanswered(events: Sequence[Record]) -> str:
    alerts = sum(event["kind"] == "alert_made" for event in events)
    if not alerts:
        return "nobody was alerted, and nobody took it"
    count = "1 alert" if alerts == 1 else f"{alerts} alerts"
    return f"{count}, nobody {'took it' if any(event['kind'] == 'passed' for event in events) else 'answered'}"


def _without_callback(events: Sequence[Record]) -> str:
    kinds = [event["kind"] for event in events]
    if tries := kinds.count("attempted"):
        return f", tried {_HOW_OFTEN.get(tries, f'{tries} times')} and reached nobody"
    return " and did not get through" if "caller_dialled" in kinds else ", and no callback is on record"


def _name(event: Record, names: Mapping[str, str]) -> str:
    who = event["details"].get("person")
    return safe(names.get(who, who) or "somebody")
