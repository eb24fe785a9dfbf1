"""What follows for a case once something is due: a rung of the ladder, its promise at risk or broken, its day's start.

Nothing is read or written here: who has a case's facts gets what is to be done about it, in its order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from triage.policy.fields import Channel
from triage.policy.ladder import (
    Blocked,
    Exhausted,
    LadderFacts,
    NobodyOnCall,
    Page,
    Position,
    Resume,
    Summons,
    Wait,
    audience,
    decide,
    next_realert,
    reached_by,
)
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseEvent, CaseState, next_state
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms


@dataclass(slots=True)
class Standing:
    """What of a case decides, and may change."""

    state: CaseState
    is_emergency: bool
    owner: str | None
    callback_due: datetime | None
    callback_made_at: datetime | None
    at_risk_at: datetime | None
    breached_at: datetime | None
    hold_until: datetime | None
    position: Position


@dataclass(frozen=True, slots=True)
class Record:
    """An entry of the history."""

    kind: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Demand:
    """Alert these people. A rung is (round, step) of the ladder."""

    reason: str
    people: tuple[Summons, ...]
    rung: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell those whom it concerns; nobody need act."""

    of: Literal["listed", "breach_withdrawn"]


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Something is due for the case at an instant."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Nothing of this kind is due any more."""

    kind: str


Act = Record | Demand | Notice | SetTimer | StopTimer


@dataclass(slots=True)
class Scene:
    """One case at which something is due. `acts` are what is to be done, in this order; `case` is as it is then."""

    case: Standing
    terms: Terms
    roster: Roster
    blocked: Blocked
    now: datetime
    acts: list[Act] = field(default_factory=list)

    def record(self, kind: str, **details: Any) -> None:
        self.acts.append(Record(kind, details))

    def demand(self, reason: str, people: tuple[Summons, ...], rung: tuple[int, int] | None = None) -> None:
        if people:
            self.acts.append(Demand(reason, people, rung))

    def set_timer(self, kind: str, at: datetime) -> None:
        self.acts.append(SetTimer(kind, at))

    def stop_timers(self, *kinds: str) -> None:
        self.acts += [StopTimer(kind) for kind in kinds]

    def reached(self, people: tuple[Person, ...], by: tuple[Channel, ...]) -> tuple[Summons, ...]:
        return reached_by(people, by, self.blocked)


def fall_due(kind: str, scene: Scene) -> None:
    """Decide what follows. Raises KeyError for a kind that nothing falls due of."""
    HANDLERS[kind](scene)


def _climb(scene: Scene) -> None:
    """Make every move of the ladder that is due, and set the timer for the next one."""
    case, is_resumed = scene.case, False
    while True:
        hold_until = case.hold_until if case.state is CaseState.ACKNOWLEDGED else None
        facts = LadderFacts(case.position, case.is_emergency, hold_until, scene.blocked)
        match decide(facts, scene.terms, scene.roster, scene.now):
            case Wait(until):
                scene.set_timer("ladder", until)
                break
            case Exhausted():
                scene.stop_timers("ladder")
                scene.record("ladder_exhausted")
                _alert_those_in_charge(scene, "exhausted")
                break
            case Page(step, round_, people, position):
                scene.demand("ladder", people, (round_, step))
                case.position = position
            case NobodyOnCall(step, round_, targets, position):
                scene.record("nobody_on_call", targets=list(targets), round=round_, step=step)
                _alert_those_in_charge(scene, "nobody")
                case.position = position
            case Resume(position):
                case.state = next_state(case.state, CaseEvent.RESUME)
                case.hold_until = None
                scene.record("ladder_resumed", owner=case.owner)
                case.position = position
                is_resumed = True
    if is_resumed:  # after the rung: where that is the owner's own, its channels are used
        _alert_owner(scene)


def _on_ladder(scene: Scene) -> None:
    if scene.case.state in AWAITING_CALLBACK:
        _climb(scene)
    else:
        scene.stop_timers("ladder")


def _on_at_risk(scene: Scene) -> None:
    case, now = scene.case, scene.now
    scene.stop_timers("at_risk")
    if case.callback_made_at is not None or case.at_risk_at is not None or case.callback_due is None:
        return
    case.at_risk_at = now
    scene.record("at_risk", due=case.callback_due)
    if now < case.callback_due:  # once it is overdue the breach says more
        _alert_audience(scene, "at_risk", scene.terms.promise.at_risk_to)


def _on_breach(scene: Scene) -> None:
    case, now = scene.case, scene.now
    if case.callback_made_at is not None or case.state is CaseState.CLOSED or case.callback_due is None:
        scene.stop_timers("breach")
        return
    if case.breached_at is None:
        case.breached_at = now
        case.at_risk_at = case.at_risk_at or now
        scene.stop_timers("at_risk")
        scene.record("breached", due=case.callback_due)
        if case.state is CaseState.OPEN:  # from here on everybody is alerted, again and again
            scene.stop_timers("ladder")
    _alert_audience(scene, "breach", scene.terms.promise.breach_to)
    scene.set_timer("breach", next_realert(case.callback_due, scene.terms.promise.realert_after_breach, now))


def _on_start(scene: Scene) -> None:
    """The support day begins: a deferred case is opened, one without support is put before those in charge."""
    case = scene.case
    scene.stop_timers("start")
    if case.state is CaseState.DEFERRED:
        case.state = next_state(case.state, CaseEvent.START)
        scene.record("started")
        case.position = Position(scene.now)
        _climb(scene)
    elif case.state is CaseState.REVIEW:
        scene.record("listed")
        scene.acts.append(Notice("listed"))


def _on_breach_withdrawn(scene: Scene) -> None:
    """Who was told that the case is overdue hears that it was not."""
    scene.stop_timers("breach_withdrawn")
    if scene.case.callback_made_at is not None:
        scene.acts.append(Notice("breach_withdrawn"))


HANDLERS: dict[str, Callable[[Scene], None]] = {
    "ladder": _on_ladder,
    "at_risk": _on_at_risk,
    "breach": _on_breach,
    "breach_withdrawn": _on_breach_withdrawn,
    "start": _on_start,
}


def _alert_audience(scene: Scene, reason: str, targets: tuple[str, ...]) -> None:
    case, promise = scene.case, scene.terms.promise
    by = promise.at_risk_by if reason == "at_risk" else promise.breach_by
    is_held = case.state is CaseState.ACKNOWLEDGED
    people = audience(targets, scene.roster, scene.now, owner=case.owner, is_held=is_held)
    scene.demand(reason, scene.reached(people, by))


def _alert_those_in_charge(scene: Scene, reason: str) -> None:
    scene.demand(reason, scene.reached(scene.roster.in_charge(), ("sms", "voice")))


def _alert_owner(scene: Scene) -> None:
    case = scene.case
    owner = scene.roster.person(case.owner)
    if owner is not None:
        by: tuple[Channel, ...] = scene.terms.ladder.emergency[0].by if case.is_emergency else ("sms",)
        scene.demand("resume", scene.reached((owner,), by))
