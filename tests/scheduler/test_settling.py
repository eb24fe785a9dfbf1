"""What became of many errands is written together, and one that cannot be written holds up none of the others."""

from __future__ import annotations

from sqlalchemy import select

from tests.support.logs import Logs
from tests.support.statements import statements
from tests.support.world import World
from triage.services.settling import Outcome, Settling
from triage.store.engine import Transaction
from triage.store.models import Delivery, Event


def test_outcomes_that_are_brought_meanwhile_are_written_together_but_for_one_that_fails(
    world: World, logs: Logs
) -> None:
    store, now = world.program.desk.store, world.now
    settling, before = Settling(store), world.program.desk.store.writes

    def says(kind: str) -> Outcome:
        return lambda tx: tx.record(kind, at=now, actor="system")

    def fails(_tx: Transaction) -> None:
        raise ValueError("poisoned")

    def meanwhile(tx: Transaction) -> None:
        tx.record("first", at=now, actor="system")
        for outcome in (says("second"), says("third")):
            settling.settle(outcome)

    def with_a_poisoned_one(_tx: Transaction) -> None:
        for outcome in (says("fourth"), fails, says("fifth")):
            settling.settle(outcome)

    settling.settle(meanwhile)
    assert store.writes == before + 2

    settling.settle(with_a_poisoned_one)

    with store.read() as session:
        kinds = session.scalars(select(Event.kind).order_by(Event.number)).all()[-5:]
    assert kinds == ["first", "second", "third", "fourth", "fifth"]
    assert [line["level"] for line in logs.named("outcome_not_written")] == ["error"]


def test_the_rows_that_outcomes_need_are_read_together(world: World) -> None:
    store, now = world.program.desk.store, world.now
    settling, read = Settling(store), list[int]()
    for caller in ("+12165550101", "+12165550102", "+12165550103"):
        world.voicemail(caller)
    with store.read() as session:
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()

    def reads(delivery_id: int) -> Outcome:
        return lambda tx: read.append(tx.session.get_one(Delivery, delivery_id).id)

    def meanwhile(tx: Transaction) -> None:
        tx.record("first", at=now, actor="system")
        for delivery_id in ids:
            settling.settle(reads(delivery_id), delivery_id)

    with statements() as asked:
        settling.settle(meanwhile)

    assert read == list(ids)
    assert len(ids) > 2
    assert len([statement for statement in asked if "FROM deliveries" in statement]) == 1
