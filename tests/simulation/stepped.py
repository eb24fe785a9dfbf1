"""I15: a clock that steps back makes nothing go out again, one that steps forward leaves nothing out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.simulation.house import Broken
from triage.policy.ladder import rungs
from triage.policy.terms import Step, Terms
from triage.store.models import Alert, Case, Event

RUNGS = ("ladder", "emergency")
AFRESH = ("became_emergency", "owner_asked_again", "ladder_resumed", "breach_was_early", "reopened", "passed")
"""Entries after which rungs of a ladder come again."""
NOT_REACHED = "nobody_on_call"


def no_rung_comes_again_or_is_left_out(session: Session, cases: Sequence[Case], terms: Terms) -> None:
    """Nobody is alerted of one rung twice unless an entry says why; before each rung came the one before it."""
    ids = [case.id for case in cases]
    alerts, entries = defaultdict[int, list[Alert]](list), defaultdict[int, list[Event]](list)
    for alert in session.scalars(select(Alert).where(Alert.case_id.in_(ids), Alert.reason.in_(RUNGS))):
        alerts[alert.case_id].append(alert)
    for entry in session.scalars(select(Event).where(Event.case_id.in_(ids), Event.kind.in_((*AFRESH, NOT_REACHED)))):
        entries[entry.case_id or 0].append(entry)
    for case in cases:
        _nothing_comes_again(case, alerts[case.id], entries[case.id])
        if not any(entry.kind == "passed" for entry in entries[case.id]):  # who passed on is left out
            _nothing_is_left_out(case, alerts[case.id], entries[case.id], rungs(terms, is_emergency=case.is_emergency))


def _nothing_comes_again(case: Case, alerts: Sequence[Alert], entries: Sequence[Event]) -> None:
    most = 1 + sum(entry.kind in AFRESH for entry in entries)
    for (person, round_, step), times in Counter((one.person_id, one.round, one.step) for one in alerts).items():
        if times > most:
            raise Broken(f"I15: case {case.reference}: rung {round_}.{step} went to {person} {times} times")


def _nothing_is_left_out(case: Case, alerts: Sequence[Alert], entries: Sequence[Event], steps: Sequence[Step]) -> None:
    reached = {(alert.round, alert.step, alert.created_at) for alert in alerts}
    reached |= {(one.details["round"], one.details["step"], one.at) for one in entries if one.kind == NOT_REACHED}
    before: set[tuple[int, int, datetime]] = set()
    for round_, step, at in sorted(reached):
        follows = any(
            (other, under) == (round_, step - 1) if step else other == round_ - 1 for other, under, _ in before
        )
        # One alert a person and instant, whatever the rungs.
        is_one_with = any(then == at for _, _, then in before) or any(
            other == round_ and _are_one(steps[under:step], then - case.opened_at) for other, under, then in before
        )
        if (round_, step) > (1, 0) and not (follows or is_one_with):
            raise Broken(f"I15: case {case.reference}: rung {round_}.{step} came, and not the one before it")
        before.add((round_, step, at))


def _are_one(late: Sequence[Step], age: timedelta) -> bool:
    """Whether all of these rungs alert the same people and were due when the first of them came, late."""
    return len({step.to for step in late}) == 1 and all(step.after <= age for step in late)
