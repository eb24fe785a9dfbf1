"""I15: a clock that steps back makes nothing go out again, one that steps forward leaves nothing out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.simulation.house import Broken
from triage.policy.terms import Ladder
from triage.store.models import Alert, Case, Event

RUNGS = ("ladder", "emergency")
AFRESH = ("became_emergency", "owner_asked_again", "ladder_resumed", "breach_was_early", "reopened", "passed")
"""Entries after which rungs of a ladder come again."""
LEAVES_OUT = ("passed", "became_emergency")
"""Who passed a case on is not asked again in that round; an emergency has another ladder."""
NOT_REACHED = "nobody_on_call"
ALERTED = ("alert_made", "alert_joined")

TOLD = (*AFRESH, *LEAVES_OUT, NOT_REACHED, *ALERTED)

Rung = tuple[int, int]
"""Round and step."""


def no_rung_comes_again_or_is_left_out(session: Session, cases: Sequence[Case], ladder: Ladder) -> None:
    """Nobody is alerted of one rung twice unless an entry says why; before each rung came those before it."""
    ids = [case.id for case in cases]
    alerts, entries = defaultdict[int, list[Alert]](list), defaultdict[int, list[Event]](list)
    for alert in session.scalars(select(Alert).where(Alert.case_id.in_(ids), Alert.reason.in_(RUNGS))):
        alerts[alert.case_id].append(alert)
    for entry in session.scalars(
        select(Event).where(Event.case_id.in_(ids), Event.kind.in_(TOLD)).order_by(Event.number)
    ):
        entries[entry.case_id or 0].append(entry)
    for case in cases:
        _nothing_comes_again(case, alerts[case.id], entries[case.id])
        if not any(entry.kind in LEAVES_OUT for entry in entries[case.id]):
            _nothing_is_left_out(case, alerts[case.id], entries[case.id], ladder)


def _nothing_comes_again(case: Case, alerts: Sequence[Alert], entries: Sequence[Event]) -> None:
    most = 1 + sum(entry.kind in AFRESH for entry in entries)
    for (person, round_, step), times in Counter((one.person_id, one.round, one.step) for one in alerts).items():
        if times > most:
            raise Broken(f"I15: case {case.reference}: rung {round_}.{step} went to {person} {times} times")


def _nothing_is_left_out(case: Case, alerts: Sequence[Alert], entries: Sequence[Event], ladder: Ladder) -> None:
    """A rung that came late with the one before it joined its alert, and is on record as well."""
    came = {(one.round, one.step) for one in alerts} | {
        (one.details["round"], one.details["step"])
        for one in entries
        if one.kind == NOT_REACHED or (one.kind in ALERTED and one.details["reason"] in RUNGS)
    }
    if not came:
        return
    for rung in _rungs_up_to(max(came), len(ladder.emergency if case.is_emergency else ladder.steps)):
        if rung not in came and rung > min(came):
            raise Broken(f"I15: case {case.reference}: rung {rung[0]}.{rung[1]} never came, and one after it did")


def _rungs_up_to(last: Rung, steps: int) -> Iterator[Rung]:
    for round_ in range(1, last[0] + 1):
        for step in range(steps):
            if (round_, step) < last:
                yield round_, step
