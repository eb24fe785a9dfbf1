"""Many cases that wait for their callback, written straight into a database: nothing of how they came is measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from triage.bootstrap import Program
from triage.store.base import Base
from triage.store.models import Case, Timer

_AT_ONCE = 5_000
_CASES, _TIMERS = (Base.metadata.tables[model.__tablename__] for model in (Case, Timer))


def add_open_cases(program: Program, count: int, now: datetime, due: datetime) -> None:
    """So many cases with two timers each, all of which fall due later than `due`."""
    for first in range(1, count + 1, _AT_ONCE):
        ids = range(first, min(first + _AT_ONCE, count + 1))
        with program.desk.store.write() as tx:
            tx.session.execute(insert(_CASES), [_case(program, number, now, due) for number in ids])
            tx.session.execute(
                insert(_TIMERS),
                [
                    {"case_id": number, "kind": kind, "due_at": due + timedelta(seconds=number)}
                    for number in ids
                    for kind in ("breach", "ladder")
                ],
            )
    if not program.desk.store.is_sqlite:  # the next case gets the number after the last one
        with program.desk.store.connection() as connection:
            newest = select(func.setval(func.pg_get_serial_sequence(_CASES.name, "id"), count))
            connection.execute(newest)


def break_promises(program: Program, ids: Sequence[int], due: Sequence[datetime]) -> None:
    """The callbacks of these cases are due at these instants, and the scheduler hears of it."""
    pairs = [{"of": number, "at": at} for number, at in zip(ids, due, strict=True)]
    with program.desk.store.write() as tx:
        for table, column, of in (
            (_CASES, _CASES.c.callback_due, _CASES.c.id),
            (_TIMERS, _TIMERS.c.due_at, _TIMERS.c.case_id),
        ):
            chosen = [] if table is _CASES else [_TIMERS.c.kind == "breach"]
            statement = update(table).where(of == bindparam("of"), *chosen).values({column: bindparam("at")})
            tx.session.connection().execute(statement, pairs)
    program.bell.ring()


def _case(program: Program, number: int, now: datetime, due: datetime) -> dict[str, Any]:
    return {
        "id": number, "version": 1, "state": "open", "window": "overnight", "support_day": False,
        "product": "unknown", "is_emergency": False, "flags": [], "clauses": ["W3"], "rate": "after_hours",
        "is_billable": True, "caller": f"+1614{5_000_000 + number}", "language": "en",
        "policy": program.desk.terms.version, "answered_at": now, "left_at": now, "opened_at": now,
        "callback_due": due + timedelta(seconds=number), "at_risk_at": now, "ladder_base_at": now, "ladder_step": 1,
        "ladder_round": 1, "ladder_passed": [],
    }  # fmt: skip
