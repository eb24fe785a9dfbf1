"""What happens when something falls due: a rung of the ladder, a case at risk, a breach, a support day's start."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from triage.errors import StoreUnavailable
from triage.policy import wording
from triage.policy.due import Demand, Notice, Record, Scene, SetTimer, StopTimer, fall_due
from triage.policy.intake import at_risk_at
from triage.policy.ladder import (
    LadderFacts,
    NobodyOnCall,
    Page,
    Position,
    after_owner,
    decide,
    moved_on,
    passed_on,
    rungs,
)
from triage.policy.lifecycle import CaseEvent, CaseState, next_state
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms
from triage.services.alerts import Subject, alert, card_of, summon, summons_for, tell
from triage.services.desk import Desk
from triage.services.pace import Pace
from triage.store import blocks, cases, deliveries, due_cases
from triage.store.due_cases import DueCase, TimerMoves
from triage.store.engine import Transaction
from triage.store.models import Case, Timer
from triage.store.outbox import Outbox

log = structlog.get_logger()

_POSTPONED_BY = timedelta(seconds=60)


def run_due_timers(desk: Desk, now: datetime) -> int:
    """Do everything that is due at `now`; returns how many timers were handled.

    So many share a transaction, never two of one case: each begins with what the one before it left. Where one makes
    its transaction fail, they are tried in halves, down to the poisoned one, which is postponed by a minute, so that it
    cannot hold up the others.
    """
    with desk.store.read() as session:
        due = due_cases.due_timers(session, now)
    pace = Pace()
    for timers in _turns(due):
        for part in pace.parts(timers):
            _run(desk, part, now)
    return len(due)


def _turns(due: Iterable[tuple[int, int]]) -> Iterable[list[int]]:
    """First the first timer of every case, then the second of those that have one, and so on."""
    turns, had = defaultdict[int, list[int]](list), Counter[int]()
    for timer_id, case_id in due:
        turns[had[case_id]].append(timer_id)
        had[case_id] += 1
    return turns.values()


def _run(desk: Desk, timers: Sequence[int], now: datetime) -> None:
    try:
        with desk.store.write() as tx:
            _decide(tx, desk, due_cases.read(tx.session, timers, now), now)
    except StoreUnavailable:
        raise
    except Exception:
        if len(timers) == 1:
            log.exception("timer_postponed", timer=timers[0])
            _postpone(desk, timers[0], now)
            return
        log.warning("timer_batch_failed", timers=len(timers))
        half = len(timers) // 2
        _run(desk, timers[:half], now)
        _run(desk, timers[half:], now)


def _postpone(desk: Desk, timer_id: int, now: datetime) -> None:
    with desk.store.write() as tx:
        tx.session.get_one(Timer, timer_id).due_at = now + _POSTPONED_BY


def _decide(tx: Transaction, desk: Desk, due: Sequence[DueCase], now: datetime) -> None:
    """What follows from the timers, each of another case: read together, decided one by one, written together."""
    if not due:
        return
    roster, blocked = desk.roster(tx.session), blocks.every(tx.session)
    outbox, timers = Outbox(tx.session, [one.case_id for one in due]), TimerMoves()
    for one in due:
        terms = desk.terms_of(tx.session, one.policy)
        scene = Scene(one.case, terms, roster, blocked, now)
        fall_due(one.kind, scene)
        subject = Subject(one.case_id, one.policy, one.case.is_emergency)
        for act in scene.acts:
            match act:
                case Record(kind, details):
                    tx.record(kind, at=now, actor="system", case_id=one.case_id, policy=one.policy, **details)
                case Demand(reason, people, rung):
                    summon(tx, outbox, subject, people, reason, terms=terms, now=now, rung=rung)
                case SetTimer(kind, at):
                    timers.set(one.case_id, kind, at)
                case StopTimer(kind):
                    timers.stop(one.case_id, kind)
                case Notice():
                    _tell(tx, outbox, one, scene, act)
    outbox.write()
    timers.write(tx.session, due)
    due_cases.change(tx.session, due)


def _tell(tx: Transaction, outbox: Outbox, one: DueCase, scene: Scene, notice: Notice) -> None:
    roster, terms, now = scene.roster, scene.terms, scene.now
    case = tx.session.get_one(Case, one.case_id)
    card = card_of(case, roster)
    if notice.of == "listed":
        text = wording.told(card, "No support is owed (E3). Listed for review: no callback promised.")
        people: Sequence[Person] = roster.in_charge()
    else:
        told = deliveries.alerted_people(tx.session, case.id, since=case.callback_due)
        made = wording.wall_clock(case.callback_made_at or now, now, terms)
        caller = next((person.first_name for person in roster.people if person.id == case.owner), "somebody")
        text = wording.told(card, f"Not overdue: {caller} called back in time, {made}.")
        people = [person for person in roster.people if person.id in told - {case.owner}]
    tell(tx, people, text, terms=terms, now=now, case=case, outbox=outbox)


def next_alerted(tx: Transaction, case: Case, terms: Terms, roster: Roster, now: datetime) -> list[Person]:
    """Whom the ladder alerts at its next move, if that is due now."""
    match decide(_facts(tx, case), terms, roster, now):
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


def _facts(tx: Transaction, case: Case) -> LadderFacts:
    return LadderFacts(
        position=position_of(case),
        is_emergency=case.is_emergency,
        hold_until=case.hold_until if case.state == CaseState.ACKNOWLEDGED else None,
        blocked=blocks.every(tx.session),
    )


def _stand(case: Case, position: Position) -> None:
    case.ladder_base_at = position.base_at
    case.ladder_step = position.step
    case.ladder_round = position.round
    case.ladder_passed = list(position.passed)
