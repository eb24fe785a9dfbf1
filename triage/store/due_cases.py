"""Cases at which something is due: read together, changed together, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from triage.policy.due import Standing
from triage.policy.ladder import Position
from triage.policy.lifecycle import CaseState
from triage.store import cases
from triage.store.base import Base
from triage.store.bulk import update_all
from triage.store.models import Case, Timer

_CASES, _TIMERS = (Base.metadata.tables[model.__tablename__] for model in (Case, Timer))
_FIRST = select(_TIMERS.c.id, _TIMERS.c.case_id).where(_TIMERS.c.due_at <= bindparam("now"))
_FIRST = _FIRST.order_by(_TIMERS.c.kind != "ladder", _TIMERS.c.due_at, _TIMERS.c.id)
_READ = (
    select(
        _TIMERS.c.id.label("timer_id"), _TIMERS.c.kind, _CASES.c.id, _CASES.c.policy, _CASES.c.state,
        _CASES.c.is_emergency, _CASES.c.owner, _CASES.c.callback_due, _CASES.c.callback_made_at, _CASES.c.at_risk_at,
        _CASES.c.breached_at, _CASES.c.hold_until, _CASES.c.ladder_base_at, _CASES.c.ladder_step,
        _CASES.c.ladder_round, _CASES.c.ladder_passed,
    )
    .join(_CASES, _CASES.c.id == _TIMERS.c.case_id)
    .where(_TIMERS.c.id.in_(bindparam("ids", expanding=True)), _TIMERS.c.due_at <= bindparam("now"))
)  # fmt: skip
_STOP = delete(_TIMERS).where(
    _TIMERS.c.case_id.in_(bindparam("ids", expanding=True)), _TIMERS.c.kind == bindparam("of")
)


@dataclass(frozen=True, slots=True)
class DueCase:
    """A timer that fell due, with what of its case decides what follows, and what the columns of the case were."""

    timer_id: int
    kind: str
    case_id: int
    policy: str
    case: Standing
    was: dict[str, Any]


def due_timers(session: Session, now: datetime) -> Sequence[tuple[int, int]]:
    """Every timer that is due, with its case: rungs of the ladder first, whose texts say everything, then the longest
    overdue."""
    return [(timer_id, case_id) for timer_id, case_id in session.execute(_FIRST, {"now": now})]


def read(session: Session, timers: Sequence[int], now: datetime) -> list[DueCase]:
    """Those of the timers that are due still, in their order. The write transaction it runs in is alone: that is the
    claim."""
    rows = {row.timer_id: row for row in session.execute(_READ, {"ids": timers, "now": now})}
    return [_due(rows[timer_id]) for timer_id in timers if timer_id in rows]


def change(session: Session, due: Iterable[DueCase]) -> None:
    """Write what cases were changed into. Each becomes a new version."""
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for one in due:
        values = {name: value for name, value in _columns(one.case).items() if value != one.was[name]}
        if values:
            by_columns.setdefault(tuple(values), []).append((*values.values(), one.case_id))
    for names, rows in by_columns.items():
        update_all(session.connection(), _CASES, names, rows, also="version = version + 1")


class TimerMoves:
    """What becomes of timers, case by case; written by one statement for each way."""

    def __init__(self) -> None:
        self._moved: dict[tuple[int, str], datetime | None] = {}

    def set(self, case_id: int, kind: str, at: datetime) -> None:
        self._moved[case_id, kind] = at

    def stop(self, case_id: int, kind: str) -> None:
        self._moved[case_id, kind] = None

    def write(self, session: Session, due: Sequence[DueCase]) -> None:
        own = {(one.case_id, one.kind): one.timer_id for one in due}
        moved, stopped = [], dict[str, list[int]]()
        for (case_id, kind), at in self._moved.items():
            if at is None:
                stopped.setdefault(kind, []).append(case_id)
            elif (timer_id := own.get((case_id, kind))) is not None:
                moved.append((at, timer_id))
            else:
                cases.set_timer(session, case_id, kind, at)
        for kind, ids in stopped.items():
            session.connection().execute(_STOP, {"ids": ids, "of": kind})
        update_all(session.connection(), _TIMERS, ("due_at",), moved)


def _due(row: Any) -> DueCase:
    position = Position(row.ladder_base_at, row.ladder_step, row.ladder_round, tuple(row.ladder_passed))
    case = Standing(
        CaseState(row.state), row.is_emergency, row.owner, row.callback_due, row.callback_made_at, row.at_risk_at,
        row.breached_at, row.hold_until, position,
    )  # fmt: skip
    return DueCase(row.timer_id, row.kind, row.id, row.policy, case, _columns(case))


def _columns(case: Standing) -> dict[str, Any]:
    return {
        "state": case.state.value, "at_risk_at": case.at_risk_at, "breached_at": case.breached_at,
        "hold_until": case.hold_until, "ladder_base_at": case.position.base_at, "ladder_step": case.position.step,
        "ladder_round": case.position.round, "ladder_passed": list(case.position.passed),
    }  # fmt: skip
