"""What a run has seen: it counts for nothing where a fault or a rare branch never came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

FAULTS = (
    "fault: unreachable",
    "fault: too many requests",
    "fault: internal error",
    "fault: taken, then an internal error",
    "fault: taken, never answered",
    "fault: taken, and in no list yet",
    "fault: reads fail",
    "fault: lists lag",
    "fault: reports lost",
    "fault: recording reports lost",
    "fault: reports reversed",
    "fault: reports doubled",
    "fault: webhooks doubled",
    "fault: webhooks lost",
    "fault: caller not heard of",
    "fault: phone dead",
    "fault: phone opted out",
    "fault: phone taken by its box",
    "fault: phone busy",
    "fault: phone's texts filtered",
    "fault: died before a commit or after it",
    "fault: died at a provider call",
    "fault: statement failed",
    "fault: database away",
    "fault: disk full",
    "fault: clock ahead",
    "fault: clock far ahead",
    "fault: clock behind",
    "fault: suspended",
    "fault: node hung before a call",
    "fault: node hung after a call",
    "fault: node hung before a commit",
    "fault: node hung after a commit",
    "fault: everybody asleep",
)
"""What the run does to the program, each kind by its name."""

RARE = (
    "delivery unknown",
    "unknown adopted",
    "unknown repeated",
    "repeated although it had arrived",
    "fenced write",
    "night with 13 hours",
    "night with 11 hours",
    "nobody on call",
    "at risk",
    "breach",
    "breach taken back",
    "reconciler found a voicemail",
    "reconciler found a call",
    "clock was ahead",
    "outage on record",
    "deferred case",
    "review case",
    "second message joined its case",
    "became an emergency",
    "ladder moved on",
    "ladder resumed",
    "passed",
    "summary instead of texts",
    "callback measured",
    "callback by attempts",
    "number refused",
    "opted out",
    "caller asked how it stands",
    "caller's words passed on",
    "dealer recognised",
    "hours of a dealer drawn",
    "not attested",
    "Spanish",
    "hang-up",
    "webhooks of calls mingled",
    "withheld number",
    "keyed number",
)
"""Branches of the program that a simulation could miss without a test failing. An exhausted ladder is not among them:
by the shipped policy its six rounds last until the deadline, from which on everybody is alerted again and again."""

OF_A_QUARTER = ("month invoiced", "month kept", "quarter closed", "recording removed in its time")
"""What only comes about where time goes by on one database."""

KINDS = {
    "delivery_unknown": "delivery unknown",
    "delivery_repeated": "unknown repeated",
    "nobody_on_call": "nobody on call",
    "at_risk": "at risk",
    "breached": "breach",
    "breach_withdrawn": "breach taken back",
    "breach_was_early": "breach taken back",
    "found_by_reconciler": "reconciler found a voicemail",
    "call_found": "reconciler found a call",
    "clock_was_ahead": "clock was ahead",
    "outage": "outage on record",
    "became_emergency": "became an emergency",
    "ladder_moved_on": "ladder moved on",
    "ladder_resumed": "ladder resumed",
    "passed": "passed",
    "opted_out": "opted out",
    "number_keyed": "keyed number",
    "status_asked": "caller asked how it stands",
    "text_from_caller": "caller's words passed on",
    "dealer_recognised": "dealer recognised",
    "call_refused": "number refused",
}
"""Which entries of the history show one."""


class Seen(Counter[str]):
    """How often each was seen."""

    def note(self, what: str) -> None:
        if what not in (*FAULTS, *RARE, *OF_A_QUARTER):
            raise ValueError(f"{what!r} is in no list of what has to be seen")
        self[what] += 1


def missing(seen: Mapping[str, int]) -> list[str]:
    """What was never seen."""
    return [what for what in (*FAULTS, *RARE) if not seen.get(what)]
