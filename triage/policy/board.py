"""How a case stands, in words for whoever looks at all of them: one word, never told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage.policy.fields import Channel
from triage.policy.ladder import Position, rungs
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseState
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
    CLOSED = "closed"


STATE_WORDS = {
    CaseState.OPEN: Standing.WAITING,
    CaseState.ACKNOWLEDGED: Standing.TAKEN,
    CaseState.CALLED_BACK: Standing.CALLED_BACK,
    CaseState.DEFERRED: Standing.DEFERRED,
    CaseState.REVIEW: Standing.REVIEW,
    CaseState.CLOSED: Standing.CLOSED,
}
"""What people read for a state, whatever the time; see `standing` for what it is by now."""

NEEDS_A_CALL = frozenset({Standing.OVERDUE, Standing.AT_RISK, Standing.WAITING, Standing.TAKEN})


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the program does next for a case by itself."""

    at: datetime
    words: str


def standing(state: CaseState, *, due: datetime | None, at_risk_at: datetime | None, now: datetime) -> Standing:
    """How a case stands. A promise that is late or at risk says so whoever has the case."""
    if state not in AWAITING_CALLBACK:
        return STATE_WORDS[state]
    if due is not None and now >= due:
        return Standing.OVERDUE
    if at_risk_at is not None:
        return Standing.AT_RISK
    return STATE_WORDS[state]


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
