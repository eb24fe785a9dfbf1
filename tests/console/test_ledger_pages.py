"""Statements, the quarter's end, corrections and borrowing in the console."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from tests.support.dealers import add_dealer, buy, eastern, work
from tests.support.visitor import signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.services.invoices import make_invoices
from triage.services.ledger_changes import close_quarter
from triage.services.quarter_list import quarter_of_each

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def acme(world: World) -> int:
    """In the third quarter of 2026 four hours earned and five worked; for the fourth two hours earned."""
    dealer_id = add_dealer(world, "ACME")
    buy(world, dealer_id, "2026-05-04", "4000.00")
    buy(world, dealer_id, "2026-07-01", "3000.00", "other")  # so that it need not prepay
    buy(world, dealer_id, "2026-08-10", "2000.00")
    work(world, dealer_id, eastern("2026-08-03", "09:00"), 300)
    return dealer_id


@pytest.mark.thorough
def test_the_sheet_of_a_quarter_says_what_closing_it_says_of_each(world: World, acme: int) -> None:
    other = add_dealer(world, "OTHER")
    buy(world, other, "2026-04-20", "9000.00")
    work(world, other, eastern("2026-09-30", "19:59"), 45)
    add_dealer(world, "STILL")

    desk = world.program.desk
    for quarter in ("2026-Q2", "2026-Q3"):
        closed = close_quarter(desk, quarter, actor="test", now=world.now)
        found = [asdict(line) for line in quarter_of_each(desk, quarter)]
        for each, line in zip(closed, found, strict=True):
            line["dealer"] = line["code"]
            assert {name: line[name] for name in each if name != "changed"} == {
                name: value for name, value in each.items() if name != "changed"
            }
    assert [line.has_moved for line in quarter_of_each(desk, "2026-Q3")] == [True, True, False]


def test_a_quarter_is_settled_again_and_leads_to_statements(world: World, acme: int) -> None:
    boss, auditor = signed_in(world, Role.MANAGER), signed_in(world, Role.AUDITOR)

    page = boss.get("/quarters").text
    assert "<h1>2026-Q3</h1>" in page
    assert re.findall(r'<td data-label="(\w+)[^"]*">(?:<span>)?([^<]+)<', page) == [
        ("Earned", "4 h"),
        ("Used", "4 h"),
        ("Expired", "0 min"),
        ("Over", "1 h"),
        ("Billed", "$165.00"),
    ]
    assert "nothing was missing" in boss.post("/quarters", quarter="2026-Q3").text
    assert "not ended yet" in boss.get("/quarters?quarter=2026-Q4").text
    assert "Settle again</button>" not in boss.last
    assert (boss.post("/quarters", quarter="2026-Q4").status_code, boss.get("/quarters?quarter=x").status_code) == (
        409,
        404,
    )
    assert "Settle again</button>" not in auditor.get("/quarters").text
    assert auditor.get("/dealers/ACME/statement/2026-Q3").status_code == 200


def test_a_statement_is_read_and_taken_away(world: World, acme: int) -> None:
    auditor = signed_in(world, Role.AUDITOR)

    page = auditor.get("/dealers/ACME/statement/2026-Q3").text
    for words in ("0 min were left. 60 min were over: $165.00", "Earned by purchases", "240 min from the credits of"):
        assert words in page
    paper = auditor.post("/dealers/ACME/statement/2026-Q3/export/pdf")
    sheet = auditor.post("/dealers/ACME/statement/2026-Q3/export/csv")
    assert paper.data.startswith(b"%PDF")
    assert sheet.text.splitlines()[1] == "account,,,At the beginning,0,"
    assert sheet.headers["Content-Disposition"] == "attachment; filename=statement-ACME-2026-Q3.csv"
    assert auditor.post("/dealers/ACME/statement/2026-Q3/export/xml").status_code == 404
    assert auditor.get("/dealers/ACME/statement/soon").status_code == 404
    assert auditor.get("/dealers/NONE/statement/2026-Q3").status_code == 404


def test_a_dealers_page_leads_to_its_statements_and_invoices(world: World, acme: int) -> None:
    [number] = make_invoices(world.program.desk, date(2026, 10, 31), world.now, actor="test")

    page = signed_in(world, Role.AUDITOR).get("/dealers/ACME").text
    assert 'href="/dealers/ACME/statement/2026-Q3"' in page
    assert re.search(rf'href="/invoices/{number}">{number}</a>(?s:.*?)<strong>\$165\.00<', page)
    assert number not in signed_in(world, Role.TECHNICIAN, "lee").get("/dealers/ACME").text


def test_minutes_are_put_right_with_a_reason(world: World, acme: int) -> None:
    boss = signed_in(world, Role.MANAGER)
    address = "/dealers/ACME/ledger/correct"
    seen = re.findall(r'name="seen" value="([0-9]+)"', boss.get(address).text)[0]

    assert "Say why." in boss.post(address, seen=seen, minutes="30", lot="").text
    too_many = boss.post(address, seen=seen, minutes="-300", lot="earned:2026-Q4", reason="x").text
    assert "only 120 min" in too_many.lower()
    assert boss.post(address, minutes="90", lot="", reason="A call that was ours").status_code == 400
    given: Any = {"minutes": "90", "lot": "", "ends_on": "2026-12-01", "reason": "A call that was <b>ours</b>"}
    page = boss.post(address, seen=seen, **given).text
    assert "Put right: 1 h 30 min." in page
    assert "A call that was &lt;b&gt;ours&lt;/b&gt;" in page
    assert "through 2026-12-01" in page
    assert re.search(r"Credits left</dt><dd>3 h 30 min<", page)
    boss.get(address)
    assert boss.post(address, seen=seen, **given).status_code == 409
    assert "The ledger has changed meanwhile" in boss.last
    assert re.search(r"Credits left</dt><dd>3 h 30 min<", boss.get("/dealers/ACME").text)


def test_hours_are_borrowed_once_and_the_request_can_be_taken_back(world: World, acme: int) -> None:
    boss = signed_in(world, Role.MANAGER)
    address = "/dealers/ACME/ledger/borrow"

    assert "2026-Q3: 1 h over" in boss.get(address).text
    assert "Borrowed: 1 h." in boss.post(address, quarter="2026-Q3").text
    assert re.search(r"Credits left</dt><dd>1 h<", boss.last)
    boss.get(address)
    assert boss.post(address, quarter="2026-Q3").status_code == 400
    assert "Asked. It counts once the quarter has ended." in boss.post(address, quarter="2026-Q4", most="60").text
    assert "1 h borrowed (C7)" in boss.get("/quarters?quarter=2026-Q3").text
    assert "Asked. It counts once" not in boss.post(address, quarter="2026-Q4").text
    assert "ACME borrowed for 2026-Q4 already." in boss.last
    assert "Taken back" in boss.post(f"{address}/2026-Q3/take-back").text
    assert re.search(r"Credits left</dt><dd>2 h<", boss.last)
