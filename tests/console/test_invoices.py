"""Invoices in the console: what waits is looked at, made, and handed to accounting once."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.support.bills import add_dealer, add_line, add_work
from tests.support.fixtures import LEE
from tests.support.visitor import Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role

TODAY = "/invoices?through=2026-11-20"


@pytest.fixture
def manager(world: World, quick_hashes: None) -> Visitor:
    return signed_in(world, Role.MANAGER, "maria")


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def bill_two_dealers(world: World) -> None:
    """Acme owes for an hour and for its quarter, Bell nothing yet; a caller of no dealer owes for a night."""
    world.voicemail(attested=True)
    world.text(LEE, "DONE 35 new card")
    with world.program.desk.store.write() as tx:
        acme, bell = add_dealer(tx, "C1", name="Acme <b>"), add_dealer(tx, "C2", name="Bell")
        add_work(world, tx, acme, "165.00")
        over = {"dealer_id": acme.id, "quarter": "2026-Q3", "rule": "R6", "rate": "credit_overage"}
        add_line(tx, "412.50", at=world.now, billed_minutes=150, **over)
        add_work(world, tx, bell, "0.00")


@pytest.mark.thorough
def test_a_manager_looks_at_what_waits_makes_it_and_hands_it_over_once(world: World, manager: Visitor) -> None:
    bill_two_dealers(world)

    page = manager.get(TODAY).text
    seal = re.search(r'name="seal" value="([^"]+)"', page)
    assert seal
    assert "$577.50 before tax, 1 invoice" in text(page)
    assert re.search(r"1 line, \$247\.50, of callers of no dealer cannot be invoiced.* 1001", text(page))
    assert "Bell C2 1 $0.00 waits: its lines are of nothing" in text(page)
    assert "2026-Q3 Sep 30, 2026 60 min worked = 412.50" in text(manager.get(f"{TODAY}&dealer=C1").text)
    manager.get(TODAY)
    run = text(manager.post("/invoices", through="2026-11-20", dealer="", seal=seal[1]).text)
    assert "Made: invoice 2026-0001." in run
    assert "2026-0001 Acme <b> C1 Dec 20, 2026 $577.50" in run
    first = manager.post("/invoices/runs/1/export/quickbooks")
    again = manager.post("/invoices/runs/1/export/quickbooks")
    assert first.data == again.data
    assert first.data.startswith(b"*InvoiceNo,")
    assert "filename=invoices-1-quickbooks.csv" in first.headers["Content-Disposition"]
    refused = manager.post("/invoices/runs/1/export/xero")
    assert refused.status_code == 400
    assert "Run 1 went to QuickBooks Online already: with Xero it would be billed twice. Tick the box" in text(
        refused.text
    )
    assert manager.post("/invoices/runs/1/export/xero", again_elsewhere="y").data.startswith(b"*ContactName,")
    assert [entry.actor for entry in world.entries("invoice_made")] == ["account:1"]


def test_an_invoice_shows_its_lines_with_their_arithmetic_and_goes_on_paper(world: World, manager: Visitor) -> None:
    bill_two_dealers(world)
    seal = re.search(r'name="seal" value="([^"]+)"', manager.get(TODAY).text)
    assert seal
    manager.post("/invoices", through="2026-11-20", seal=seal[1])

    page = text(manager.get("/invoices/2026-0001").text)
    paper = manager.post("/invoices/2026-0001/pdf")

    assert "For Acme <b> Customer number C1 Date November 20, 2026 Due December 20, 2026" in page
    assert "Work 2 Nov 20, 2026 Lee Okafor 60 min worked = 165.00 (R2) W2 R2; standard rate $165.00" in page
    assert paper.data.startswith(b"%PDF")
    assert len(world.entries("invoice_printed")) == 1
    report = text(manager.get("/reports/billing?first=2026-11-20&last=2026-11-20").text)
    assert re.search(r"2026-Q3 Nov 20, .* Acme <b> .*\$412\.50 2026-0001", report)
    assert manager.get("/invoices/2026-0009").status_code == 404


def test_what_was_not_looked_at_is_not_made(world: World, manager: Visitor) -> None:
    bill_two_dealers(world)
    manager.get(TODAY)

    other = manager.post("/invoices", through="2026-11-20", seal="1-1-1-165.00")
    ahead = manager.get("/invoices?through=2026-12-31")
    unknown = manager.get(f"{TODAY}&dealer=C9")

    assert (other.status_code, "What waits has changed meanwhile" in other.text) == (400, True)
    assert "2026-12-31 lies ahead: take today, or a day before." in ahead.text
    assert "there is no dealer C9" in unknown.text
    assert world.entries("invoice_made") == []


def test_an_auditor_reads_and_makes_nothing(world: World, manager: Visitor, quick_hashes: None) -> None:
    bill_two_dealers(world)
    auditor = signed_in(world, Role.AUDITOR)

    page = auditor.get(TODAY).text

    assert "$577.50" in page
    assert "Make this invoice" not in page
    assert auditor.post("/invoices", through="2026-11-20", seal="x").status_code == 403
