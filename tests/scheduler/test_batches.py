"""Deciding many cases in one transaction: the same rows and the same history as one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.fixtures import LEE
from tests.support.rows import add_case
from tests.support.world import World
from triage.services import escalation
from triage.services.pace import Pace, next_size
from triage.store import blocks, cases, due_cases
from triage.store.base import Base
from triage.store.engine import Transaction
from triage.store.models import Alert, Case, Delivery, Timer

AGES = [timedelta(minutes=13), timedelta(hours=2, minutes=20)]
STANDINGS: list[dict[str, Any]] = [
    {"state": "open"},
    {"state": "open", "is_emergency": True},
    {"state": "open", "ladder_step": 1, "ladder_passed": ["dana"]},
    {"state": "open", "ladder_round": 99},
    {"state": "acknowledged", "owner": "lee", "hold": 0},
    {"state": "acknowledged", "owner": "lee", "hold": 30, "is_emergency": True},
    {"state": "deferred"},
    {"state": "review", "callback_due": None},
    {"state": "called_back", "owner": "dana", "called": True},
    {"state": "closed", "owner": "dana", "called": True},
]
COMPARED = (
    "id", "version", "state", "at_risk_at", "breached_at", "hold_until", "ladder_base_at", "ladder_step",
    "ladder_round", "ladder_passed",
)  # fmt: skip


def add_all(tx: Transaction, policy: str, now: datetime) -> None:
    """Cases of every standing and age, each with one timer or all of them, all due by now."""
    kinds = ("ladder", "at_risk", "breach", "breach_withdrawn", "start")
    for standing, age, some in product(STANDINGS, AGES, (*((kind,) for kind in kinds), kinds)):
        columns = {name: value for name, value in standing.items() if name not in {"hold", "called"}}
        left = now - age
        if "hold" in standing:
            columns["hold_until"] = now - timedelta(minutes=standing["hold"])
        if "called" in standing:
            columns["callback_made_at"] = left + timedelta(minutes=1)
        due = {"callback_due": left + timedelta(hours=2)} | columns
        case = add_case(tx, policy=policy, left_at=left, opened_at=left, ladder_base_at=left, **due)
        for kind in some:
            cases.set_timer(tx.session, case.id, kind, now - timedelta(seconds=case.id % 7))


def outcome(world: World, batches: Iterable[list[int]], now: datetime) -> tuple[object, ...]:
    """All that deciding these timers leaves, of which nothing stays."""
    with world.program.desk.store.rehearse() as tx:
        for batch in batches:
            escalation._decide(tx, world.program.desk, due_cases.read(tx.session, batch, now), now)
        tx.session.flush()
        rows, tables = tx.session.connection(), Base.metadata.tables
        first_alert = rows.scalar(select(func.min(Alert.id))) or 0
        first = rows.scalar(select(func.min(Delivery.id))) or 0
        deliveries = [
            {**row, "id": row["id"] - first, "alert_id": row["alert_id"] and row["alert_id"] - first_alert}
            for row in rows.execute(select(tables["deliveries"]).order_by(Delivery.id)).mappings()
        ]
        alerts = [
            {**row, "id": row["id"] - first_alert}
            for row in rows.execute(select(tables["alerts"]).order_by(Alert.id)).mappings()
        ]
        timers = rows.execute(select(Timer.case_id, Timer.kind, Timer.due_at).order_by(Timer.case_id, Timer.kind)).all()
        changed = rows.execute(select(*(getattr(Case, name) for name in COMPARED)).order_by(Case.id)).all()
        return tx.entries, alerts, deliveries, timers, changed


@pytest.mark.thorough
@pytest.mark.on_both
def test_deciding_together_leaves_what_deciding_one_by_one_leaves(world: World) -> None:
    desk, now = world.program.desk, world.now
    with desk.store.write() as tx:
        add_all(tx, desk.terms.version, now)
        blocks.block(tx.session, LEE, "sms", "tried", now)
    with desk.store.read() as session:
        due = due_cases.due_timers(session, now)
    together = list(escalation._turns(due))

    alone = outcome(world, ([timer] for batch in together for timer in batch), now)

    assert max(map(len, together)) > 50
    assert outcome(world, together, now) == alone
    entries, alerts, deliveries, *_ = alone
    assert (len(entries) > 150, len(alerts) > 80) == (True, True)  # type: ignore[arg-type]
    assert {(row["state"], row["is_held"]) for row in deliveries} == {  # type: ignore[attr-defined]
        ("planned", False), ("planned", True), ("dropped", False),
    }  # fmt: skip


def test_no_two_timers_of_one_case_share_a_batch() -> None:
    assert list(escalation._turns([(1, 1), (2, 2), (3, 1), (4, 3), (5, 4), (6, 5)])) == [[1, 2, 4, 5, 6], [3]]


def test_much_is_written_in_parts_as_long_as_the_last_one_shows_to_be_short() -> None:
    every = list(range(1000))

    parts = list(Pace().parts(every))

    assert [each for part in parts for each in part] == every
    assert max(map(len, parts)) <= 250
    assert [next_size(100, took) for took in (0.0, 0.01, 0.05, 0.5, 9)] == [250, 250, 200, 100, 100]
