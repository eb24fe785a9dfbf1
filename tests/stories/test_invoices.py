"""What dealers owe becomes invoices, once, and goes to accounting as a file that never changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select, update

from tests.support.bills import add_dealer, add_line, add_work
from tests.support.fixtures import LEE
from tests.support.world import World
from triage.errors import MovedOn, NotFound, Refused, WouldBillTwice
from triage.policy.quarters import last_instant
from triage.services import invoices, records
from triage.services.invoice_exports import export_run
from triage.store.models import BillingLine, Case, Dealer, Invoice, InvoiceFile

FRIDAY = date(2026, 11, 20)


def make(world: World, through: date = FRIDAY, *, code: str | None = None, seal: str | None = None) -> list[str]:
    return invoices.make_invoices(world.program.desk, through, world.now, actor="account:1", code=code, seal=seal)


def total_on_invoices(world: World) -> Decimal:
    with world.program.desk.store.read() as session:
        lines = session.scalars(select(BillingLine.amount).where(BillingLine.invoice_id.is_not(None)))
        return sum(lines, Decimal("0.00"))


@pytest.mark.on_both
def test_everything_up_to_a_day_becomes_one_invoice_a_dealer(world: World) -> None:
    with world.program.desk.store.write() as tx:
        acme, bell, idle = add_dealer(tx, "C1", name="Acme"), add_dealer(tx, "C2", name="Bell"), add_dealer(tx, "C3")
        add_work(world, tx, acme, "165.00")
        add_work(world, tx, acme, "0.00")
        add_work(world, tx, bell, "82.50", at=datetime.fromisoformat("2026-11-21T04:59:59+00:00"))
        add_work(world, tx, bell, "82.50", at=datetime.fromisoformat("2026-11-21T05:00:00+00:00"))  # Saturday
        add_work(world, tx, idle, "0.00")
        even = add_dealer(tx, "C4")
        add_work(world, tx, even, "82.50")
        add_work(world, tx, even, "-82.50")

    assert make(world) == ["2026-0001", "2026-0002", "2026-0003"]
    assert invoices.show_invoice(world.program.desk, "2026-0003")["total"] == Decimal("0.00")
    assert make(world) == []

    acme_bill, bell_bill = (invoices.show_invoice(world.program.desk, f"2026-000{number}") for number in (1, 2))
    assert (acme_bill["name"], acme_bill["total"], [line["amount"] for line in acme_bill["lines"]]) == (
        "Acme", Decimal("165.00"), [Decimal("165.00"), Decimal("0.00")],
    )  # fmt: skip
    assert (bell_bill["dealer"], bell_bill["total"], bell_bill["due"]) == ("C2", Decimal("82.50"), date(2026, 12, 20))
    found = invoices.waiting(world.program.desk, FRIDAY, world.now)
    assert [(account.code, account.is_due) for account in found.accounts] == [("C3", False)]
    assert len(world.entries("invoice_made")) == 3


def test_a_quarter_belongs_to_the_day_that_ends_with_it(world: World) -> None:
    ends = last_instant("2026-Q3", world.program.desk.terms)
    with world.program.desk.store.write() as tx:
        acme = add_dealer(tx)
        over = {"dealer_id": acme.id, "quarter": "2026-Q3", "rule": "R6", "rate": "credit_overage"}
        add_line(tx, "412.50", at=ends, billed_minutes=150, **over)
        add_work(world, tx, acme, "165.00", at=ends + timedelta(microseconds=1))  # the first of October

    make(world, date(2026, 9, 30))

    [line] = invoices.show_invoice(world.program.desk, "2026-0001")["lines"]
    assert (line["quarter"], line["worked_on"], line["amount"]) == ("2026-Q3", date(2026, 9, 30), Decimal("412.50"))
    billed = [
        [(each["quarter"], each["invoice"]) for each in records.billing_report(world.program.desk, first, last)]
        for first, last in ((date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 10, 31)))
    ]
    assert billed == [[("2026-Q3", "2026-0001")], [(None, None)]]


def test_a_correction_after_the_invoice_is_a_line_on_the_next_one_and_may_be_a_credit_note(world: World) -> None:
    with world.program.desk.store.write() as tx:
        acme = add_dealer(tx)
        line = add_work(world, tx, acme, "165.00")
    make(world)
    before = invoices.show_invoice(world.program.desk, "2026-0001")
    with world.program.desk.store.write() as tx:
        tx.session.execute(update(Dealer).values(name="Acme Renamed"))
        add_line(
            tx, "-82.50", at=world.now, session_id=line.session_id, dealer_id=acme.id, revision=1, billed_minutes=-30
        )

    make(world)

    assert invoices.show_invoice(world.program.desk, "2026-0001") == before
    credit = invoices.show_invoice(world.program.desk, "2026-0002")
    with pytest.raises(Refused, match="Xero imports none of the invoices of run 2: enter them by hand"):
        export_run(world.program.desk, 2, "xero", actor="account:1", now=world.now)
    assert (credit["name"], credit["total"], credit["lines"][0]["corrects"]) == (
        "Acme Renamed",
        Decimal("-82.50"),
        True,
    )


@pytest.mark.thorough
@pytest.mark.on_both
def test_what_cannot_be_invoiced_is_told_and_never_left_out_silently(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE 35 new card")

    with world.program.desk.store.write() as tx:
        add_work(world, tx, None, "165.00")
        add_work(world, tx, None, "-82.50")
        add_work(world, tx, None, "0.00")

    found = invoices.waiting(world.program.desk, FRIDAY, world.now).strangers

    assert (found.lines, found.total, found.newest) == (3, Decimal("330.00"), ("work 3", "work 2", "1001"))
    assert make(world) == []
    with pytest.raises(Refused, match="2026-11-21 lies ahead: take today, or a day before"):
        make(world, date(2026, 11, 21))
    with pytest.raises(NotFound, match="there is no dealer C9"):
        make(world, code="C9")


def test_a_ledger_that_is_behind_stops_the_run_of_its_dealer(world: World) -> None:
    with world.program.desk.store.write() as tx:
        late, fine = add_dealer(tx, "C1", name="Late", next_due_at=world.now), add_dealer(tx, "C2")
        add_work(world, tx, late, "165.00")
        add_work(world, tx, fine, "165.00")

    for of in (None, "C1"):
        with pytest.raises(Refused, match=r"Hours of Late ended, .* within a minute .* try again then"):
            make(world, code=of)
    assert make(world, code="C2") == ["2026-0001"]


def test_what_changed_since_it_was_looked_at_is_looked_at_again(world: World) -> None:
    with world.program.desk.store.write() as tx:
        acme = add_dealer(tx)
        add_work(world, tx, acme, "165.00")
    seen = invoices.waiting(world.program.desk, FRIDAY, world.now).seal
    with world.program.desk.store.write() as tx:
        add_work(world, tx, acme, "82.50")

    with pytest.raises(MovedOn, match="changed meanwhile"):
        make(world, seal=seen)


def test_numbers_begin_anew_with_each_eastern_year_and_have_no_gap(world: World) -> None:
    with world.program.desk.store.write() as tx:
        dealers = [add_dealer(tx, f"C{number}") for number in range(3)]
    made: list[str] = []
    for at in ("2026-12-31T12:00:00", "2027-01-01T04:59:00", "2027-01-01T05:00:00"):
        world.clock.move_to(at)  # in UTC
        with world.program.desk.store.write() as tx:
            add_work(world, tx, dealers[len(made)], "165.00")
        made += make(world, date(2027, 1, 1) if at.startswith("2027-01-01T05") else date(2026, 12, 31))

    assert made == ["2026-0001", "2026-0002", "2027-0001"]


@pytest.mark.on_both
def test_two_makers_at_once_give_no_line_to_two_invoices(world: World) -> None:
    with world.program.desk.store.write() as tx:
        for number in range(3):
            add_work(world, tx, add_dealer(tx, f"C{number}"), "165.00")
    start = Barrier(4)

    def maker(_: int) -> list[str]:
        start.wait(timeout=10)
        return make(world)

    with ThreadPoolExecutor(4) as pool:
        made = [number for numbers in pool.map(maker, range(4)) for number in numbers]

    assert sorted(made) == ["2026-0001", "2026-0002", "2026-0003"]
    assert total_on_invoices(world) == Decimal("495.00")
    with world.program.desk.store.read() as session:
        assert sum(session.scalars(select(Invoice.total)), Decimal(0)) == Decimal("495.00")


def test_more_invoices_than_a_program_takes_become_two_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.policy.invoicing.MOST_INVOICES", 2)
    with world.program.desk.store.write() as tx:
        for number in range(3):
            add_work(world, tx, add_dealer(tx, f"C{number}"), "165.00")

    make(world)

    runs = invoices.list_runs(world.program.desk, invoices.run_numbers(world.program.desk))
    assert [[each["number"] for each in run["invoices"]] for run in runs] == [["2026-0003"], ["2026-0001", "2026-0002"]]


@pytest.mark.on_both
def test_a_file_is_made_once_and_comes_back_with_the_same_bytes(world: World) -> None:
    desk = world.program.desk
    with desk.store.write() as tx:
        add_work(world, tx, add_dealer(tx, name='Müller, "Best" Phones'), "165.00")
    make(world)

    first = export_run(desk, 1, "quickbooks", actor="account:1", now=world.now)
    world.advance(days=1)
    with desk.store.write() as tx:
        tx.session.execute(update(Invoice).values(name="Other"))
    again = export_run(desk, 1, "quickbooks", actor="account:2", now=world.now)

    assert (again.file.content, again.sha256, again.first_at) == (first.file.content, first.sha256, first.first_at)
    assert (first.is_again, again.is_again) == (False, True)
    assert [entry.details["again"] for entry in world.entries("invoices_exported")] == [False, True]
    with pytest.raises(
        WouldBillTwice, match="Run 1 went to QuickBooks Online already: with Xero it would be billed twic"
    ):
        export_run(desk, 1, "xero", actor="account:1", now=world.now)
    assert export_run(desk, 1, "csv", actor="account:1", now=world.now).unfit == []
    assert export_run(desk, 1, "xero", actor="account:1", now=world.now, again_elsewhere=True).is_again is False
    for number, form in ((2, "csv"), (1, "sage")):
        with pytest.raises(NotFound, match="there is no"):
            export_run(desk, number, form, actor="account:1", now=world.now)


def test_a_kept_file_that_was_changed_is_not_handed_out(world: World) -> None:
    with world.program.desk.store.write() as tx:
        add_work(world, tx, add_dealer(tx), "165.00")
    make(world)
    export_run(world.program.desk, 1, "csv", actor="account:1", now=world.now)
    with world.program.desk.store.write() as tx:
        tx.session.execute(update(InvoiceFile).values(content="other"))

    with pytest.raises(Refused, match="The kept file of run 1 was changed"):
        export_run(world.program.desk, 1, "csv", actor="account:1", now=world.now)


@pytest.mark.on_both
def test_a_night_is_invoiced_and_what_is_put_right_later_comes_on_the_next_invoice(world: World) -> None:
    world.voicemail(attested=True)
    with world.program.desk.store.write() as tx:
        add_dealer(tx, "C1", name="Acme", next_due_at=None)
        tx.session.execute(update(Case).values(dealer_id=1))
    world.text(LEE, "DONE 35 new card")
    make(world)
    world.text(LEE, "DONE 1001 65")
    world.advance(minutes=1)

    make(world)

    bills = [invoices.show_invoice(world.program.desk, number) for number in ("2026-0001", "2026-0002")]
    assert [(bill["total"], [line["corrects"] for line in bill["lines"]]) for bill in bills] == [
        (Decimal("247.50"), [False]),
        (Decimal("123.75"), [True]),
    ]
    assert "less 247.50 on an invoice = 123.75" in bills[1]["lines"][0]["arithmetic"]
    assert bills[1]["lines"][0]["ref"] == "1001"
