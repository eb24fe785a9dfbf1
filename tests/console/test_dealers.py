"""The list of dealers: what each has left, who must prepay, who left."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from tests.support.dealers import add_dealer, buy, eastern, work
from tests.support.visitor import Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.services.dealer_list import find_dealers, list_dealers
from triage.services.invoices import make_invoices
from triage.services.ledger import standing

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def acme(world: World) -> int:
    """On November 21: ten hours of credits for the quarter, four of them used."""
    dealer_id = add_dealer(world, "ACME")
    buy(world, dealer_id, "2026-08-10", "10000.00")
    work(world, dealer_id, eastern("2026-11-02", "09:00"), 240)
    return dealer_id


def test_a_list_says_of_each_dealer_what_its_own_ledger_says(world: World, acme: int) -> None:
    buy(world, acme, "2026-11-16", "1000.00", "prepaid")
    small = add_dealer(world, "SMALL", joined_on=date(2026, 11, 2))
    over = add_dealer(world, "OVER")
    buy(world, over, "2026-07-01", "6000.00", "other")
    work(world, over, eastern("2026-11-03", "09:00"), 50)

    with world.program.desk.store.read() as session:
        one_by_one = {
            code: standing(session, world.program.desk, number, world.now)
            for code, number in (("ACME", acme), ("SMALL", small), ("OVER", over))
        }
    desk = world.program.desk
    found = {line.code: line.standing for line in list_dealers(desk, find_dealers(desk), world.now)}
    assert found == one_by_one
    assert (found["ACME"].prepaid_minutes, found["ACME"].credit_minutes) == (480, 360)
    assert (found["OVER"].over_minutes, found["SMALL"].must_prepay) == (50, True)


def test_the_page_shows_what_is_left_and_folds_away_who_left(world: World, acme: int) -> None:
    add_dealer(world, "GONE", left_on=date(2026, 1, 31))
    visitor = signed_in(world, Role.TECHNICIAN)

    page = visitor.get("/dealers").text
    assert [re.sub(r"\s+", " ", cell) for cell in re.findall(r"<td data-label=[^>]+>([^<]+)</td>", page)][:4] == [
        "0 min",
        "6 h",
        "nothing",
        "none",
    ]
    assert page.index("Acme Telephone") < page.index("1 that left") < page.index("Gone Telephone")
    assert ">must prepay<" not in page
    assert "Acme" not in visitor.get("/dealers?sought=zenith").text
    assert "Acme" in visitor.get("/dealers?sought=TELE+acm").text


@pytest.mark.thorough
def test_a_dealers_page_tells_whoever_works_who_may_call_and_what_is_left_and_no_money(world: World, acme: int) -> None:
    buy(world, acme, "2026-11-16", "1000.00", "prepaid")
    technician, manager = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.MANAGER)
    manager.get("/dealers/ACME/technicians/new")
    manager.post("/dealers/ACME/technicians/new", seen=_seen(manager), name="Jo Park", phones="614-555-0111", pin="")
    manager.get("/dealers/ACME/sites/new")
    manager.post("/dealers/ACME/sites/new", seen=_seen(manager), name="Old Mill", product="ucp", trunk="Zed Telecom")

    seen, whole = technician.get("/dealers/acme").text, manager.get("/dealers/ACME").text
    for page in (seen, whole):
        assert {"Jo Park", "+16145550111", "Old Mill", "Prepaid hours", "does not end", "through 2026-12-31"} <= _parts(
            page
        )
        assert "are not certified" in page
        assert "tier three is not possible" in page
        assert "240 min of work" in page
    assert "$" not in seen
    assert "/change" not in seen
    assert "$1,000.00" in whole
    assert "+8 h" in technician.get("/dealers/ACME/ledger").text


@pytest.mark.thorough
def test_what_was_over_is_shown_until_an_invoice_has_it_and_its_pages_lead_to_the_dealer(world: World) -> None:
    over = add_dealer(world, "OVER")
    buy(world, over, "2026-05-01", "6000.00", "other")
    work(world, over, eastern("2026-09-30", "09:00"), 50)
    technician, manager = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.MANAGER)

    page = manager.get("/dealers/OVER").text
    assert "Over the credits of 2026-Q3" in page
    assert "billed: $165.00, on the next invoice (C6)" in page
    assert "billed, on the next invoice (C6)" in technician.get("/dealers/OVER").text
    make_invoices(world.program.desk, date(2026, 11, 20), world.now, actor="account:1")

    page = manager.get("/dealers/OVER").text
    assert "Over the credits of 2026-Q3" not in page.partition("Ledger, newest first")[0]
    assert "2026-Q3: 50 min over" in manager.get("/dealers/OVER/ledger/borrow").text
    for address in (
        "/sessions/1",
        "/sessions?first=2026-09-30&last=2026-09-30",
        "/invoices/2026-0001",
        "/invoices/runs/1",
    ):
        assert 'href="/dealers/OVER"' in manager.get(address).text, address


def test_whoever_must_prepay_is_shown_with_the_reason(world: World) -> None:
    add_dealer(world, "SMALL")
    add_dealer(world, "BARE", has_account=False)
    visitor = signed_in(world, Role.TECHNICIAN)

    assert visitor.get("/dealers").text.count(">must prepay<") == 2
    small = visitor.get("/dealers/SMALL").text
    assert "It bought for $0.00 since 2025-11-20, which is under $5,000.00." in small
    assert "It has no account." in visitor.get("/dealers/BARE").text


def test_a_manager_adds_a_dealer_and_changes_it_and_learns_what_to_mend(world: World) -> None:
    visitor = signed_in(world, Role.MANAGER)
    visitor.get("/dealers/new")
    wrong = visitor.post("/dealers/new", seen=_seen(visitor), code="A 1", name="Ann & <i>", joined_on="soon", email="x")
    assert wrong.status_code == 400
    assert [
        "is no code" in wrong.text,
        "is no date" in wrong.text,
        "is no e-mail address" in wrong.text,
        'value="A 1"' in wrong.text,
    ] == [True] * 4
    page = visitor.post("/dealers/new", seen=_seen(visitor), code="A/1", name="Ann & <i>", joined_on="2026-11-02")
    assert "Done." in page.text
    assert "Ann &amp; &lt;i&gt;" in page.text
    assert "5 h" in page.text

    visitor.get("/dealers/A~1/change")
    stale = _seen(visitor)
    assert "Done." in visitor.post("/dealers/A~1/change", seen=stale, name="Ann", has_account="y").text
    visitor.get("/dealers/A~1/change")
    late = visitor.post("/dealers/A~1/change", seen=stale, name="Anna")
    assert (late.status_code, "Somebody changed this meanwhile" in late.text) == (400, True)
    again = visitor.post("/dealers/A~1/change", seen=_seen(visitor), name="Anna", has_account="y")
    assert "Anna" in again.text


@pytest.mark.parametrize(
    ("code", "address"), [("import", "~~import"), ("new", "~~new"), ("..", "~~.."), ("A/B#7", "A~B%237")]
)
def test_a_code_that_means_something_in_an_address_leads_to_its_dealer(world: World, code: str, address: str) -> None:
    add_dealer(world, code, name="Odd")
    visitor = signed_in(world, Role.TECHNICIAN)

    assert f'href="/dealers/{address}"' in visitor.get("/dealers").text
    assert "<title>Odd" in visitor.get(f"/dealers/{address}").text


def test_a_new_pin_is_shown_once_and_numbers_go_from_one_to_another(world: World, acme: int) -> None:
    visitor = signed_in(world, Role.MANAGER)
    visitor.get("/dealers/ACME/technicians/new")
    shown = visitor.post(
        "/dealers/ACME/technicians/new", seen=_seen(visitor), name="Jo Park", phones="+16145550111", pin="new"
    ).text
    pin = re.search(r"<code>(\d{6})</code>", shown)
    assert pin
    assert pin[1] not in visitor.get("/dealers/ACME").text
    assert "has a PIN" in visitor.last

    visitor.get("/dealers/ACME/shared-numbers")
    taken = visitor.post("/dealers/ACME/shared-numbers", seen=_seen(visitor), phones="+16145550111")
    assert "is Jo Park&#39;s already" in taken.text
    visitor.get("/dealers/ACME/technicians/1")
    left = visitor.post(
        "/dealers/ACME/technicians/1", seen=_seen(visitor), phones="", pin="", left_on="2026-11-01"
    ).text
    assert "1 that left" in left
    visitor.get("/dealers/ACME/shared-numbers")
    assert "Done." in visitor.post("/dealers/ACME/shared-numbers", seen=_seen(visitor), phones="+16145550111").text


def test_a_purchase_changes_what_is_left_at_once(world: World, acme: int) -> None:
    visitor = signed_in(world, Role.MANAGER)
    visitor.get("/dealers/ACME/purchases/new")
    bought: dict[str, Any] = {"date": "2026-11-16", "kind": "prepaid", "amount": "250.00"}
    assert "Write a reference" in visitor.post("/dealers/ACME/purchases/new", seen=_seen(visitor), **bought).text
    page = visitor.post("/dealers/ACME/purchases/new", seen=_seen(visitor), reference="INV-7", **bought).text

    assert "INV-7" in page
    assert re.search(r"Prepaid left</dt><dd>2 h<", page)


def _seen(visitor: Visitor) -> str:
    found = re.search(r'name="seen"[^>]*value="([^"]*)"', visitor.last)
    assert found
    return found[1]


def _parts(page: str) -> set[str]:
    """The texts of a page between its marks."""
    return {part.strip() for part in re.split(r"<[^>]+>", page)}
