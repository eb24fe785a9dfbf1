"""What is learnt late of a dealer, or was written by a wrong clock: nobody gains or loses a minute by it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.dealers import add_dealer, billed, buy, eastern, jump, lots, work
from tests.support.fixtures import TEAM
from tests.support.world import Build, World
from triage.services import put_back
from triage.services import work as typed_work
from triage.services.billing import bill
from triage.services.dealer_files import import_file
from triage.services.invoices import make_invoices, show_invoice
from triage.store import sessions
from triage.store.models import BillableSession

SPRING, SUMMER = "2026-05-04", "2026-08-03"


def says(world: World, *, joined_on: str = "", has_account: str = "yes") -> None:
    """Accounting's file says so of Acme."""
    row = f"code,name,email,joined_on,has_account,left_on\nACME,Acme Telephone,,{joined_on},{has_account},\n"
    imported = import_file(world.program.desk, "dealers", row.encode(), is_dry_run=False, actor="test", now=world.now)
    assert imported.is_done


@pytest.mark.parametrize(("first", "then", "left"), [(SUMMER, SPRING, {}), (SPRING, SUMMER, {"new": 180})])
def test_the_hours_of_a_new_dealer_move_with_the_day_that_it_joined(
    build_world: Build, first: str, then: str, left: dict[str, int]
) -> None:
    world = build_world(roster=TEAM, at="2026-09-10T15:00:00")
    acme = add_dealer(world, joined_on=date.fromisoformat(first))
    buy(world, acme, "2025-12-10", "6000.00", "other")

    says(world, joined_on=then)
    buy(world, acme, "2026-06-12", "10.00", "other")  # reckons from a day between the two
    work(world, acme, eastern("2026-09-08"), 120)

    over = {} if left else {"over:2026-Q3": -120}
    assert lots(world, acme) == left | over


def test_work_that_a_clock_ahead_wrote_keeps_what_pays_for_it_once_the_clock_is_put_back(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-12-18T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-08-10", "10000.00")
    jump(world, "2027-01-05T15:00:00")
    work(world, acme, eastern("2027-01-04"), 60)
    world.clock.move_to(datetime(2026, 12, 18, 16, tzinfo=UTC))

    put_back.bring_in_line(world.program.desk, world.now)
    work(world, acme, eastern("2026-12-18"), 30)

    ended = {"over:2027-Q1": -60}
    assert lots(world, acme) == ended
    assert lots(world, acme, world.now) == {"earned:2026-Q4": 570}
    assert [amount for _, _, amount in billed(world)] == ["0.00", "0.00"]
    jump(world, "2027-01-06T15:00:00")
    assert lots(world, acme) == ended


def test_an_invoice_says_of_the_work_what_it_said_when_it_was_made(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-11-20T15:00:00")
    desk, acme = world.program.desk, add_dealer(world, has_account=False)
    number = work(world, acme, eastern("2026-11-18"), 40)
    through = date(2026, 11, 20)
    make_invoices(desk, through, world.now, actor="account:1")
    before = show_invoice(desk, "2026-0001")

    with desk.store.write() as tx:
        session = tx.session.get_one(BillableSession, number)
        session.opened_at, session.person_id, session.minutes = eastern("2026-11-19"), "kim", 31
        bill(tx, desk, session, world.now, is_billable=True, began_before=eastern("2026-11-18"))
    withdraw = {"reason": "It was no work", "actor": "account:1"}
    with desk.store.write() as tx:
        typed_work.withdraw(tx, desk, number, world.now, **withdraw)
    make_invoices(desk, through, world.now, actor="account:1")

    assert show_invoice(desk, "2026-0001") == before
    [credit] = show_invoice(desk, "2026-0002")["lines"]
    said = credit["amount"], credit["worked_on"], credit["technician"]
    assert said == (-before["total"], date(2026, 11, 19), "kim")


def test_a_line_that_no_invoice_has_follows_its_work_to_another_dealer(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-11-20T15:00:00")
    desk, acme = world.program.desk, add_dealer(world, has_account=False)
    number = work(world, None, eastern("2026-11-18"), 40)
    before = billed(world)

    with desk.store.write() as tx:
        session = tx.session.get_one(BillableSession, number)
        session.dealer_id = acme
        bill(tx, desk, session, world.now, is_billable=True)

    assert billed(world) == before
    with desk.store.read() as db:
        assert [line.dealer_id for line in sessions.lines_of(db, number)] == [acme]
