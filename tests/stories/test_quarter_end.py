"""A quarter's end: statements, overage, hours borrowed and put right, by the commands that people type."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.dealers import add_dealer, billed, buy, eastern, jump, lots, work
from tests.support.fixtures import TEAM
from tests.support.world import Build, World
from triage.errors import NotFound, Refused
from triage.policy.statement_paper import statement_paper, verdict
from triage.policy.statements import account_lines
from triage.services import billing, ledger, ledger_changes
from triage.services.statement_exports import statement_record, statement_rows
from triage.services.statements import ledger_of, statement_of
from triage.store.models import BillableSession, BillingLine, Dealer, Event, Invoice, InvoiceRun

MANAGER = "account:1"


def correct(world: World, minutes: int, reason: str = "counted again", **given: Any) -> str:
    return ledger_changes.correct(
        world.program.desk,
        "ACME",
        minutes,
        reason,
        actor=MANAGER,
        now=world.now,
        **given,
    )


def borrow(world: World, quarter: str, most: int | None = None) -> int:
    return ledger_changes.borrow(world.program.desk, "ACME", quarter, most=most, actor=MANAGER, now=world.now)[1]


def test_a_statement_adds_up_from_what_there_was_to_what_is_left(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-01-05T15:00:00")
    acme = add_dealer(world, joined_on=date(2026, 1, 5))
    buy(world, acme, "2026-01-05", "6000.00")
    buy(world, acme, "2026-01-06", "125.00", "prepaid")
    jump(world, "2026-01-20T15:00:00")
    work(world, acme, eastern("2026-01-20"), 46)  # prepaid, 60 min by R3
    work(world, acme, eastern("2026-01-21"), 500)  # 300 min of a new dealer's, the rest over
    work(world, acme, eastern("2026-02-20"), 20, rate="after_hours", window="overnight")
    jump(world, "2026-04-01T04:00:00")
    borrow(world, "2026-Q1", 150)
    correct(world, -30, lot="earned:2026-Q2")
    correct(world, 45, ends_on=date(2026, 8, 1))
    work(world, acme, eastern("2026-04-20"), 31)
    jump(world, "2026-07-01T12:00:00")
    desk = world.program.desk

    first = statement_of(desk, "acme", "2026-q1", world.now)
    second = statement_of(desk, "ACME", "2026-Q2", world.now)

    assert list(account_lines(first)) == [
        ("At the beginning", 0),
        ("For a new dealer (C4)", 300),
        ("Prepaid hours bought (C5)", 60),
        ("Used of prepaid hours", -60),
        ("Used of the new dealer's credits", -300),
        ("At the end", 0),
    ]
    assert (first.over_minutes, first.over_paid_minutes, first.over_amount) == (50, 150, Decimal("165.00"))
    assert [each.paid for each in first.sessions] == [{"prepaid:2": 60}, {"new": 300, "over:2026-Q1": 200}, {}]
    assert first.amount == Decimal("247.50")
    assert verdict(first) == "0 min were left. 50 min were over: $165.00 before tax."
    assert list(account_lines(second)) == [
        ("At the beginning", 0),
        ("Earned by purchases of the quarter before (C1)", 360),
        ("Put right by hand", 15),
        ("Used of the quarter's credits", -31),
        ("Lent to the quarter before (C7)", -150),
        ("Expired (C3, C4)", -149),
        ("At the end", 45),
    ]
    assert statement_of(desk, "ACME", "2026-Q3", world.now).opening == second.closing == {"corrected:1": 45}
    assert [row["amount"] for row in statement_rows(first) if row["part"] != "account"][-1] == Decimal("165.00")
    assert statement_record(second)["movements"]["borrowed"] == -150
    assert "Acme Telephone, customer ACME. January 1, 2026 to March 31, 2026." in str(
        statement_paper(first, desk.terms)
    )
    found = ledger_of(desk, "ACME", eastern("2026-05-01"))
    assert {lot["lot"]: lot["minutes"] for lot in found["lots"]} == {"corrected:1": 45, "earned:2026-Q2": 149}
    with pytest.raises(NotFound):
        statement_of(desk, "NOBODY", "2026-Q1", world.now)


def test_a_quarter_is_closed_as_often_as_one_likes(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-02-10T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-02-10", "5000.00")
    work(world, acme, eastern("2026-02-20"), 31)
    desk = world.program.desk
    with pytest.raises(Refused, match="has not ended: it does on 2026-04-01 00:00:00 EDT"):
        ledger_changes.close_quarter(desk, "2026-Q1", actor=MANAGER, now=world.now)
    world.clock.move_to("2026-04-01T04:00:00")  # nothing has swept yet

    [first] = ledger_changes.close_quarter(desk, "2026-Q1", actor=MANAGER, now=world.now)
    before = billed(world)
    [again] = ledger_changes.close_quarter(desk, "2026-Q1", actor=MANAGER, now=world.now)

    assert (first["over_minutes"], first["amount"], first["changed"] > 0) == (31, Decimal("165.00"), True)
    assert again == first | {"changed": 0}
    assert billed(world) == before == [("standard", 0, "0.00"), ("credit_overage", 60, "165.00")]


@pytest.mark.thorough
def test_hours_are_borrowed_once_in_a_calendar_year(build_world: Build) -> None:
    """C7; which year it is says when it counts."""
    world = build_world(roster=TEAM, at="2026-02-10T15:00:00")
    acme = add_dealer(world)
    for on in ("2026-02-10", "2026-04-10", "2026-11-10"):
        buy(world, acme, on, "5000.00")
    work(world, acme, eastern("2026-02-20"), 100)
    assert borrow(world, "2026-Q1") == 0  # asked ahead: it counts from April 1
    with pytest.raises(Refused, match="borrowed for 2026-Q1 already"):
        borrow(world, "2026-Q1")
    jump(world, "2026-04-01T04:00:00")
    assert lots(world, acme) == {"earned:2026-Q2": 200}

    ledger_changes.take_back_borrowing(world.program.desk, "ACME", "2026-Q1", actor=MANAGER, now=world.now)
    assert lots(world, acme) == {"earned:2026-Q2": 300, "over:2026-Q1": -100}
    assert borrow(world, "2026-Q1", 40) == 40
    assert lots(world, acme) == {"earned:2026-Q2": 260, "over:2026-Q1": -60}

    jump(world, "2026-07-01T04:00:00")
    work(world, acme, eastern("2026-06-20"), 290)
    with pytest.raises(Refused, match=r"once in a calendar year, and ACME did for 2026-Q1 \(C7\)"):
        borrow(world, "2026-Q2")
    jump(world, "2026-12-01T04:00:00")
    work(world, acme, eastern("2026-11-20"), 10)
    assert borrow(world, "2026-Q4") == 0  # it counts in 2027
    jump(world, "2027-01-01T05:00:00")
    assert lots(world, acme)["earned:2027-Q1"] == 290
    _invoice(world, acme)
    with pytest.raises(Refused, match="on an invoice"):
        ledger_changes.take_back_borrowing(world.program.desk, "ACME", "2026-Q1", actor=MANAGER, now=world.now)


def test_borrowing_is_refused_where_there_is_nothing_to_borrow_for_or_from(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-04-10T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-02-10", "5000.00")
    for quarter, words in [("2026-Q1", "nothing is over"), ("2026-Q3", "not begun"), ("2025-Q4", "have ended")]:
        with pytest.raises(Refused, match=words):
            borrow(world, quarter)
    assert ledger_of(world.program.desk, "ACME", world.now)["borrowed"] == []


def test_minutes_are_put_right_with_a_reason_and_never_below_nothing(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-04-10T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-02-10", "5000.00")
    assert correct(world, 60, "a call was counted\ntwice") == "corrected:1"
    assert correct(world, -300, lot="earned:2026-Q2") == "earned:2026-Q2"
    refused: list[tuple[tuple[int, str, dict[str, Any]], str]] = [
        ((-61, "why", {"lot": "corrected:1"}), "only 60 min"),
        ((-1, "why", {"lot": "earned:2026-Q2"}), "only 0 min"),
        ((-1, "why", {}), "name the lot"),
        ((10, " ", {}), "say why"),
        ((0, "why", {}), "how many minutes"),
        ((10, "why", {"ends_on": date(2026, 4, 9)}), "is over"),
        ((10, "why", {"lot": "earned:2026-Q2", "ends_on": date(2026, 5, 1)}), "keeps its end"),
        ((10, "why", {"lot": "over:2026-Q1"}), "follows from the sessions"),
    ]
    for (minutes, reason, given), words in refused:
        with pytest.raises(Refused, match=words):
            correct(world, minutes, reason, **given)
    with pytest.raises(NotFound):
        correct(world, 10, lot="prepaid:99")
    assert correct(world, 20, lot="earned:2026-Q2") == "earned:2026-Q2"
    assert lots(world, acme) == {"corrected:1": 60, "earned:2026-Q2": 20}
    with world.program.desk.store.read() as session:
        told = session.scalars(select(Event.details).where(Event.kind == "ledger_corrected")).all()
    assert [each["reason"] for each in told] == ["a call was counted twice", "counted again", "counted again"]

    jump(world, "2026-07-01T04:00:00")
    with pytest.raises(Refused, match="has ended"):
        correct(world, 20, lot="earned:2026-Q2")


@pytest.mark.thorough
@pytest.mark.on_both
def test_two_who_close_work_at_once_do_not_draw_the_same_hour_twice(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-04-10T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-02-10", "1000.00")
    desk, now, barrier = world.program.desk, world.now, threading.Barrier(2)
    failed: list[BaseException] = []

    def close(person: str) -> None:
        try:
            for round_ in range(3):
                barrier.wait(10)
                with desk.store.write() as tx:
                    at = now - timedelta(hours=3 + round_)
                    session = BillableSession(
                        dealer_id=acme, kind="call", window="support_hours", product="ucp", rate="standard",
                        policy=desk.terms.version, person_id=person, opened_at=at, closed_at=now,
                        minutes=40, stated_minutes=40,
                    )  # fmt: skip
                    tx.session.add(session)
                    billing.bill(tx, desk, session, now, is_billable=True)
        except BaseException as error:  # noqa: BLE001 - told of below
            failed.append(error)
            barrier.abort()

    writers = [threading.Thread(target=close, args=(person,)) for person in ("lee", "dana")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    assert failed == []
    assert lots(world, acme) == {}  # bought too little in the year before: what the hour does not pay is billed at once
    with desk.store.read() as session:
        found = sorted((line.billed_minutes, line.amount) for line in session.scalars(select(BillingLine)))
    assert found == [
        (0, Decimal("0.00")),
        (25, Decimal("68.75")),
        *[(45, Decimal("123.75"))] * 4,
    ]


def test_another_contract_takes_nothing_back_that_was_granted(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-04-10T15:00:00")
    acme = add_dealer(world, joined_on=date(2026, 4, 1))
    for on, amount, kind in [
        ("2026-02-10", "6000.00", "hardware"),
        ("2026-04-02", "500.00", "training"),
        ("2026-04-02", "250.00", "prepaid"),
        ("2026-04-03", "-125.00", "prepaid"),
    ]:
        buy(world, acme, on, amount, kind)
    work(world, acme, eastern("2026-04-09"), 500)
    before, lines = lots(world, acme), billed(world)
    stingy = build_world(
        roster=TEAM,
        at="2026-04-11T15:00:00",
        policy="""
        [credits]
        purchases_per_hour = "2000.00"
        new_dealer = "1h"
        training = "2h"
        prepaid_before_credits = false
        [rates.prepaid]
        price = "250.00"
        """,
    )
    desk = stingy.program.desk
    with desk.store.write() as tx:
        ledger.settle(tx, desk, acme, eastern("2026-01-01"), stingy.now)

    assert lots(stingy, acme) == before
    assert billed(stingy) == lines
    buy(stingy, acme, "2026-04-11", "250.00", "prepaid")
    assert sum(lots(stingy, acme).values()) - sum(before.values()) == 60  # what is bought now is by the new one


def test_who_loses_the_account_owes_nothing_more_for_work_of_before(build_world: Build) -> None:
    """E6: also where a fact of before comes late, and everything since is reckoned anew."""
    world = build_world(roster=TEAM, at="2026-05-10T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-04-01", "5000.00")
    work(world, acme, eastern("2026-05-08"), 31)
    desk = world.program.desk
    with desk.store.write() as tx:
        tx.session.get_one(Dealer, acme).has_account = False
    work(world, acme, eastern("2026-05-09"), 31)

    buy(world, acme, "2026-05-01", "10.00", "other")

    assert lots(world, acme) == {"over:2026-Q2": -31}
    assert billed(world) == [("standard", 0, "0.00"), ("standard", 45, "123.75")]


def _invoice(world: World, dealer_id: int) -> None:
    """Everything of a dealer on an invoice."""
    with world.program.desk.store.write() as tx:
        run = InvoiceRun(through_on=world.now.date(), made_at=world.now, made_by=MANAGER)
        tx.session.add(run)
        tx.session.flush()
        dealer, on = tx.session.get_one(Dealer, dealer_id), world.now.date()
        invoice = Invoice(
            number="2027-0001", run_id=run.id, dealer_id=dealer.id, code=dealer.code, name=dealer.name,
            issued_on=on, due_on=on, total=Decimal(0),
        )  # fmt: skip
        tx.session.add(invoice)
        tx.session.flush()
        for line in tx.session.scalars(select(BillingLine)):
            line.invoice_id = invoice.id
