"""How a case stands, in words for whoever looks at all of them: one word, never told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage.policy.fields import Channel
from triage.policy.ladder import Position, rungs
from triage.policy.lifecycle import CaseState
from triage.policy.terms import Terms

_BY = {"sms": "SMS", "voice": "call"}


class Standing(StrEnum):
    """The most urgent first."""

    OVERDUE = "overdue"
    AT_RISK = "at risk"
    WAITING = "waiting"
    TAKEN = "taken"
    CALLED_BACK = "called back"
    DEFERRED = "deferred"
    REVIEW = "review"


NEEDS_A_CALL = frozenset({Standing.OVERDUE, Standing.AT_RISK, Standing.WAITING, Standing.TAKEN})


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the program does next for a case by itself."""

    at: datetime
    words: str


def standing(state: CaseState, *, due: datetime | None, at_risk_at: datetime | None, now: datetime) -> Standing:
    """How a case that is not closed stands. A promise that is late or at risk says so whoever has the case."""
    match state:
        case CaseState.CALLED_BACK:
            return Standing.CALLED_BACK
        case CaseState.DEFERRED:
            return Standing.DEFERRED
        case CaseState.REVIEW:
            return Standing.REVIEW
    if due is not None and now >= due:
        return Standing.OVERDUE
    if at_risk_at is not None:
        return Standing.AT_RISK
    return Standing.TAKEN if state is CaseState.ACKNOWLEDGED else Standing.WAITING


def next_step(
    timers: dict[str, datetime], position: Position, terms: Terms, *, is_emergency: bool, is_held: bool
) -> NextStep | None:
    """The first of a case's timers that wakes somebody, and whom; None where nothing is to come by itself."""
    found = []
    if at := timers.get("ladder"):
        rung = rungs(terms, is_emergency=is_emergency)[position.step]
        words = "alerts begin again" if is_held else _rung(rung.to, rung.by)
        found.append(NextStep(at, words))
    if at := timers.get("at_risk"):
        found.append(NextStep(at, f"at risk: {_rung(terms.promise.at_risk_to, terms.promise.at_risk_by)}"))
    if at := timers.get("breach"):
        found.append(NextStep(at, f"overdue: {_rung(terms.promise.breach_to, terms.promise.breach_by)}"))
    if at := timers.get("start"):
        found.append(NextStep(at, "support hours begin"))
    return min(found, key=lambda step: step.at, default=None)


def _rung(to: tuple[str, ...], by: tuple[Channel, ...]) -> str:
    return f"{', '.join(to)} by {' and '.join(_BY[channel] for channel in by)}"
