"""I15: a clock that steps back makes nothing go out again, one that steps forward leaves nothing out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

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
NOT_REACHED, ALERTED = "nobody_on_call", "alert_made"

TOLD = (*AFRESH, *LEAVES_OUT, NOT_REACHED, ALERTED)

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
    came: dict[Rung, datetime] = {}
    for one in alerts:
        came[one.round, one.step] = min(one.created_at, came.get((one.round, one.step), one.created_at))
    # By the clock of then: where it was put back, the rows were moved, and the history was not.
    came |= {
        (one.details["round"], one.details["step"]): one.at
        for one in reversed(entries)
        if one.kind == ALERTED and one.details["reason"] in RUNGS
    }
    came |= {(one.details["round"], one.details["step"]): one.at for one in entries if one.kind == NOT_REACHED}
    steps = [step.after for step in (ladder.emergency if case.is_emergency else ladder.steps)]
    if not came:
        return
    for rung in _rungs_up_to(max(came), len(steps)):
        before = {one: at for one, at in came.items() if one < rung}
        if rung in came or not before:
            continue
        due = min(_due_at_latest(rung, one, at, steps, ladder.repeat_after) for one, at in before.items())
        if due > max(before.values()):  # else it was one alert with a rung before it, which came late
            raise Broken(f"I15: case {case.reference}: rung {rung[0]}.{rung[1]} never came, and one after it did")


def _rungs_up_to(last: Rung, steps: int) -> Iterator[Rung]:
    for round_ in range(1, last[0] + 1):
        for step in range(steps):
            if (round_, step) < last:
                yield round_, step


def _due_at_latest(
    rung: Rung, before: Rung, came_at: datetime, steps: Sequence[timedelta], pause: timedelta
) -> datetime:
    """When a rung is due at the latest, by when one before it came."""
    rounds = rung[0] - before[0]
    between = rounds * (steps[-1] - steps[0] + pause)
    return came_at + between + steps[rung[1]] - steps[before[1]]
