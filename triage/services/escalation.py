"""What happens when something falls due: a rung of the ladder, a case at risk, a breach, a support day's start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from triage.errors import StoreUnavailable
from triage.policy import wording
from triage.policy.fields import Channel
from triage.policy.intake import at_risk_at
from triage.policy.ladder import (
    Exhausted,
    LadderFacts,
    NobodyOnCall,
    Page,
    Position,
    Resume,
    Summons,
    Wait,
    after_owner,
    audience,
    decide,
    moved_on,
    next_realert,
    passed_on,
    rungs,
)
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseEvent, CaseState, next_state
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms
from triage.services.alerts import alert, card_of, summons_for, tell
from triage.services.desk import Desk
from triage.store import blocks, cases, deliveries
from triage.store.engine import Transaction
from triage.store.models import Case, Timer

log = structlog.get_logger()

_BATCH = 50
_POSTPONED_BY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One timer that fell due, with everything its handler needs."""

    tx: Transaction
    case: Case
    terms: Terms
    roster: Roster
    now: datetime


def run_due_timers(desk: Desk, now: datetime) -> int:
    """Do everything that is due at `now`; returns how many timers were handled.

    Batches share a transaction. Where one row makes its batch fail, the rows are tried one by one and the poisoned
    one is postponed by a minute, so that it cannot hold up the others.
    """
    handled = 0
    while True:
        try:
            count = _run_batch(desk, now, _BATCH)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("timer_batch_failed")
            count = _run_one_by_one(desk, now)
        handled += count
        if count < _BATCH:
            return handled


def _run_batch(desk: Desk, now: datetime, most: int) -> int:
    with desk.store.write() as tx:
        timers = cases.due_timers(tx.session, now, most)
        for timer in timers:
            _run(tx, desk, timer, now)
        return len(timers)


def _run_one_by_one(desk: Desk, now: datetime) -> int:
    with desk.store.read() as session:
        ids = [timer.id for timer in cases.due_timers(session, now, _BATCH)]
    for timer_id in ids:
        try:
            with desk.store.write() as tx:
                timer = tx.session.get(Timer, timer_id)
                if timer is not None and timer.due_at <= now:
                    _run(tx, desk, timer, now)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("timer_postponed", timer=timer_id)
            with desk.store.write() as tx:
                tx.session.get_one(Timer, timer_id).due_at = now + _POSTPONED_BY
    return len(ids)


def _run(tx: Transaction, desk: Desk, timer: Timer, now: datetime) -> None:
    case = tx.session.get_one(Case, timer.case_id)
    scene = _Scene(tx, case, desk.terms_of(tx.session, case.policy), desk.roster(tx.session), now)
    _HANDLERS[timer.kind](scene)


def climb(scene: _Scene) -> None:
    """Make every move of the ladder that is due, and set the timer for the next one."""
    tx, case, now = scene.tx, scene.case, scene.now
    is_resumed = False
    while True:
        match decide(_facts(scene), scene.terms, scene.roster, now):
            case Wait(until):
                cases.set_timer(tx.session, case.id, "ladder", until)
                break
            case Exhausted():
                cases.stop_timers(tx.session, case.id, "ladder")
                _record(scene, "ladder_exhausted")
                _alert_those_in_charge(scene, "exhausted")
                break
            case Page(step, round_, people, position):
                alert(tx, case, people, "ladder", terms=scene.terms, now=now, rung=(round_, step))
                _stand(case, position)
            case NobodyOnCall(step, round_, targets, position):
                _record(scene, "nobody_on_call", targets=list(targets), round=round_, step=step)
                _alert_those_in_charge(scene, "nobody")
                _stand(case, position)
            case Resume(position):
                resume(tx, case, now)
                _stand(case, position)
                is_resumed = True
    if is_resumed:  # after the rung: where that is the owner's own, its channels are used
        _alert_owner(scene)


def next_alerted(tx: Transaction, case: Case, terms: Terms, roster: Roster, now: datetime) -> list[Person]:
    """Whom the ladder alerts at its next move, if that is due now."""
    match decide(_facts(_Scene(tx, case, terms, roster, now)), terms, roster, now):
        case Page(people=people):
            return [summons.person for summons in people]
        case NobodyOnCall():
            return list(roster.in_charge())
        case _:
            return []


def move_on(tx: Transaction, case: Case, terms: Terms, now: datetime) -> bool:
    """The next rung is due at once: nobody can answer the last one any more.

    False where nothing is to be hurried: the ladder has ended, or waits for its next round.
    """
    position = moved_on(position_of(case), rungs(terms, is_emergency=case.is_emergency), now)
    if position is None or not cases.has_timer(tx.session, case.id, "ladder"):
        return False
    _stand(case, position)
    cases.set_timer(tx.session, case.id, "ladder", now)
    return True


def climb_afresh(tx: Transaction, case: Case, now: datetime) -> None:
    """The case has another ladder now: it is climbed from its foot, unless somebody has the case."""
    _stand(case, Position(now))
    if case.state == CaseState.OPEN:
        cases.set_timer(tx.session, case.id, "ladder", now)


def ask_owner_again(tx: Transaction, case: Case, terms: Terms, roster: Roster, now: datetime) -> None:
    """The case became an emergency (E2), and whoever has it took an ordinary one.

    They are asked first, alone, by what the emergency's first rung uses; its other rungs follow unless they take it.
    """
    owner, steps = roster.person(case.owner), rungs(terms, is_emergency=True)
    case.state = next_state(CaseState(case.state), CaseEvent.RESUME).value
    case.hold_until = None
    tx.record_of(case, "owner_asked_again", at=now, actor="system", owner=case.owner)
    climb_afresh(tx, case, now)
    summons = summons_for(tx, (owner,) if owner else (), steps[0].by)
    if summons:
        alert(tx, case, summons, "emergency", terms=terms, now=now, rung=(1, 0))
        _stand(case, after_owner(steps, terms.ladder.repeat_after, now))


def pass_on(tx: Transaction, case: Case, person_id: str, terms: Terms, now: datetime) -> None:
    """The next person is due at once: this one said "not me"."""
    steps = rungs(terms, is_emergency=case.is_emergency)
    if case.ladder_round > terms.ladder.rounds:  # the ladder had ended: climb it once more
        case.ladder_round, case.ladder_step = terms.ladder.rounds, 0
    _stand(case, passed_on(position_of(case), person_id, steps, now))
    cases.set_timer(tx.session, case.id, "ladder", now)


def resume(tx: Transaction, case: Case, now: datetime) -> None:
    """Nobody has the case any more as far as the ladder goes; `owner` still says who took it last."""
    case.state = next_state(CaseState(case.state), CaseEvent.RESUME).value
    case.hold_until = None
    tx.record_of(case, "ladder_resumed", at=now, actor="system", owner=case.owner)


def watch_promise(tx: Transaction, case: Case, terms: Terms) -> None:
    """The promise of a case that waits for its callback again is watched again: what is overdue comes at once."""
    if case.callback_due is None:
        return
    if case.at_risk_at is None:
        at_risk = at_risk_at(left=case.left_at, due=case.callback_due, before=terms.promise.at_risk_before)
        cases.set_timer(tx.session, case.id, "at_risk", at_risk)
    cases.set_timer(tx.session, case.id, "breach", case.callback_due)


def position_of(case: Case) -> Position:
    return Position(case.ladder_base_at, case.ladder_step, case.ladder_round, tuple(case.ladder_passed))


def _on_ladder(scene: _Scene) -> None:
    if CaseState(scene.case.state) in AWAITING_CALLBACK:
        climb(scene)
    else:
        cases.stop_timers(scene.tx.session, scene.case.id, "ladder")


def _on_at_risk(scene: _Scene) -> None:
    case, now = scene.case, scene.now
    cases.stop_timers(scene.tx.session, case.id, "at_risk")
    if case.callback_made_at is not None or case.at_risk_at is not None or case.callback_due is None:
        return
    case.at_risk_at = now
    _record(scene, "at_risk", due=case.callback_due)
    if now < case.callback_due:  # once it is overdue the breach says more
        _alert_audience(scene, "at_risk", scene.terms.promise.at_risk_to)


def _on_breach(scene: _Scene) -> None:
    case, now = scene.case, scene.now
    if case.callback_made_at is not None or case.state == CaseState.CLOSED or case.callback_due is None:
        cases.stop_timers(scene.tx.session, case.id, "breach")
        return
    if case.breached_at is None:
        case.breached_at = now
        case.at_risk_at = case.at_risk_at or now
        cases.stop_timers(scene.tx.session, case.id, "at_risk")
        _record(scene, "breached", due=case.callback_due)
        if case.state == CaseState.OPEN:  # from here on everybody is alerted, again and again
            cases.stop_timers(scene.tx.session, case.id, "ladder")
    _alert_audience(scene, "breach", scene.terms.promise.breach_to)
    again = next_realert(case.callback_due, scene.terms.promise.realert_after_breach, now)
    cases.set_timer(scene.tx.session, case.id, "breach", again)


def _on_start(scene: _Scene) -> None:
    """The support day begins: a deferred case is opened, one without support is put before those in charge."""
    case, tx, now = scene.case, scene.tx, scene.now
    cases.stop_timers(tx.session, case.id, "start")
    if case.state == CaseState.DEFERRED:
        case.state = next_state(CaseState.DEFERRED, CaseEvent.START).value
        _record(scene, "started")
        _stand(case, Position(now))
        climb(scene)
    elif case.state == CaseState.REVIEW:
        _record(scene, "listed")
        sentence = "No support is owed (E3). Listed for review: no callback promised."
        text = wording.told(card_of(case, scene.roster), sentence)
        tell(tx, scene.roster.in_charge(), text, terms=scene.terms, now=now, case=case)


def _on_breach_withdrawn(scene: _Scene) -> None:
    """Who was told that the case is overdue hears that it was not."""
    case, tx = scene.case, scene.tx
    cases.stop_timers(tx.session, case.id, "breach_withdrawn")
    if case.callback_made_at is None:
        return
    told = deliveries.alerted_people(tx.session, case.id, since=case.callback_due)
    made = wording.wall_clock(case.callback_made_at, scene.now, scene.terms)
    caller = next((person.first_name for person in scene.roster.people if person.id == case.owner), "somebody")
    text = wording.told(card_of(case, scene.roster), f"Not overdue: {caller} called back in time, {made}.")
    people = [person for person in scene.roster.people if person.id in told - {case.owner}]
    tell(tx, people, text, terms=scene.terms, now=scene.now, case=case)


_HANDLERS: dict[str, Callable[[_Scene], None]] = {
    "ladder": _on_ladder,
    "at_risk": _on_at_risk,
    "breach": _on_breach,
    "breach_withdrawn": _on_breach_withdrawn,
    "start": _on_start,
}


def _facts(scene: _Scene) -> LadderFacts:
    case = scene.case
    return LadderFacts(
        position=position_of(case),
        is_emergency=case.is_emergency,
        hold_until=case.hold_until if case.state == CaseState.ACKNOWLEDGED else None,
        blocked=blocks.every(scene.tx.session),
    )


def _stand(case: Case, position: Position) -> None:
    case.ladder_base_at = position.base_at
    case.ladder_step = position.step
    case.ladder_round = position.round
    case.ladder_passed = list(position.passed)


def _alert_audience(scene: _Scene, reason: str, targets: tuple[str, ...]) -> None:
    promise = scene.terms.promise
    by = promise.at_risk_by if reason == "at_risk" else promise.breach_by
    is_held = scene.case.state == CaseState.ACKNOWLEDGED
    people = audience(targets, scene.roster, scene.now, owner=scene.case.owner, is_held=is_held)
    _alert(scene, reason, summons_for(scene.tx, people, by))


def _alert_those_in_charge(scene: _Scene, reason: str) -> None:
    _alert(scene, reason, summons_for(scene.tx, scene.roster.in_charge(), ("sms", "voice")))


def _alert_owner(scene: _Scene) -> None:
    owner = scene.roster.person(scene.case.owner)
    if owner is not None:
        by: tuple[Channel, ...] = scene.terms.ladder.emergency[0].by if scene.case.is_emergency else ("sms",)
        _alert(scene, "resume", summons_for(scene.tx, (owner,), by))


def _alert(scene: _Scene, reason: str, people: tuple[Summons, ...]) -> None:
    alert(scene.tx, scene.case, people, reason, terms=scene.terms, now=scene.now)


def _record(scene: _Scene, kind: str, **details: Any) -> None:
    scene.tx.record_of(scene.case, kind, at=scene.now, actor="system", **details)
