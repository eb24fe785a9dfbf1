"""Several people change one dealer's money in the same instant: each cent is billed once, each minute given once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.stories.test_work import new, span
from tests.support.dealers import add_dealer
from tests.support.fixtures import TEAM
from tests.support.world import Build, World
from triage.errors import TriageError
from triage.services import invoices, ledger_changes, work
from triage.services.work import Changed
from triage.store.models import BillingLine, Invoice

pytestmark = pytest.mark.on_both
MONDAY = span("2026-03-09", "09:00", "10:00")
LONGER = span("2026-03-09", "09:00", "12:00")


@pytest.fixture
def office(build_world: Build) -> World:
    return build_world(roster=TEAM, at="2026-03-13T19:00:00")


def at_once(*actions: Callable[[], object]) -> list[str]:
    """What came of each, all begun in one instant: `done`, or the name of the refusal."""
    start = Barrier(len(actions))

    def act(action: Callable[[], object]) -> str:
        start.wait(timeout=10)
        try:
            action()
        except TriageError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def record(world: World, dealer: int) -> int:
    with world.program.desk.store.write() as tx:
        return work.record(tx, world.program.desk, new(dealer, MONDAY), world.now, actor="account:1").id


def make(world: World) -> list[str]:
    return invoices.make_invoices(world.program.desk, date(2026, 3, 13), world.now, actor="account:1")


def test_a_form_that_is_sent_five_times_keeps_the_work_once(office: World) -> None:
    dealer = add_dealer(office)

    assert sorted(at_once(*[lambda: record(office, dealer)] * 5)) == ["Refused"] * 4 + ["done"]


def test_minutes_that_five_people_give_for_one_reason_are_given_once(office: World) -> None:
    add_dealer(office)
    desk = office.program.desk
    seen = ledger_changes.newest_entry(desk, "ACME")

    def give() -> object:
        return ledger_changes.correct(desk, "ACME", 60, "a mistake", seen=seen, actor="account:1", now=office.now)

    assert sorted(at_once(*[give] * 5)) == ["MovedOn"] * 4 + ["done"]


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_what_is_put_right_while_it_is_invoiced_is_invoiced_before_or_after(
    office: World, *, is_withdrawn: bool
) -> None:
    dealer, desk = add_dealer(office), office.program.desk
    session = record(office, dealer)

    def put_right() -> None:
        with desk.store.write() as tx:
            if is_withdrawn:
                work.withdraw(tx, desk, session, office.now, reason="no work", actor="account:2")
            else:
                work.correct(
                    tx, desk, session, Changed(spans=(LONGER,)), office.now, reason="longer", actor="account:2"
                )

    done = at_once(put_right, *[lambda: make(office)] * 3)
    make(office)

    assert done == ["done"] * 4
    with desk.store.read() as opened:
        invoiced, lines = list(opened.scalars(select(Invoice.total))), list(opened.scalars(select(BillingLine)))
        assert sum(invoiced) == sum(line.amount for line in lines)
        assert all(line.invoice_id is not None for line in lines)
        assert sum(invoiced) == (0 if is_withdrawn else Decimal("495.00"))
