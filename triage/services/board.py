"""Every promise that is not kept yet, the most urgent first, and what the last day was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.policy.board import NEEDS_A_CALL, NextStep, Standing, next_step, standing
from triage.policy.lengths import minutes_left
from triage.policy.lifecycle import CaseState
from triage.policy.roster import Roster
from triage.policy.sla import Outcome
from triage.policy.wording import Card
from triage.services.alerts import card_of
from triage.services.desk import Desk
from triage.services.escalation import position_of
from triage.services.sla_report import outcomes_between
from triage.store import Session, cases, dealers
from triage.store.models import Case

_LOOKS_BACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Line:
    """One case. `left` is how much of the promise is left, or how late it is; None where no callback is owed now."""

    card: Card
    standing: Standing
    left_at: datetime
    left: str | None
    step: NextStep | None


@dataclass(frozen=True, slots=True)
class Board:
    """`waiting` are the cases that need a call, `called_back` those still to be closed, `deferred` wait for support
    hours, and of those in `review` a manager has to decide: no call is owed."""

    at: datetime
    waiting: tuple[Line, ...]
    called_back: tuple[Line, ...]
    deferred: tuple[Line, ...]
    review: tuple[Line, ...]
    last_day: dict[Outcome, list[str]]


def board(desk: Desk, now: datetime) -> Board:
    """The board as of now; `last_day` has the messages of the last 24 hours by what became of their promise."""
    with desk.store.read() as session:
        found = cases.live(session)
        timers = cases.timers_of(session, [case.id for case in found])
        roster = desk.roster(session)
        names = dealers.names_by_id(session, {case.dealer_id for case in found if case.dealer_id})
        lines = [_line(session, desk, roster, case, timers.get(case.id, {}), names, now) for case in found]
        last_day = outcomes_between(session, desk, now - _LOOKS_BACK, now, now)
    return Board(
        at=now,
        waiting=tuple(sorted((line for line in lines if line.standing in NEEDS_A_CALL), key=_is_not_late)),
        called_back=tuple(line for line in lines if line.standing is Standing.CALLED_BACK),
        deferred=tuple(line for line in lines if line.standing is Standing.DEFERRED),
        review=tuple(line for line in lines if line.standing is Standing.REVIEW),
        last_day=last_day,
    )


def _is_not_late(line: Line) -> bool:
    """What is overdue comes first; else the order is that of every list: emergencies, then what is due first."""
    return line.standing is not Standing.OVERDUE


def _line(
    session: Session,
    desk: Desk,
    roster: Roster,
    case: Case,
    timers: dict[str, datetime],
    names: dict[int, tuple[str, str]],
    now: datetime,
) -> Line:
    state = CaseState(case.state)
    stands = standing(state, due=case.callback_due, at_risk_at=case.at_risk_at, now=now)
    is_held = state is CaseState.ACKNOWLEDGED
    terms = desk.terms_of(session, case.policy)
    is_owed = case.callback_due is not None and stands is not Standing.CALLED_BACK
    return Line(
        card=replace(card_of(case, roster), dealer=names[case.dealer_id][1] if case.dealer_id else None),
        standing=stands,
        left_at=case.left_at,
        left=minutes_left(case.callback_due, now) if is_owed and case.callback_due else None,
        step=next_step(timers, position_of(case), terms, is_emergency=case.is_emergency, is_held=is_held),
    )
