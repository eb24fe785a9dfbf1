"""The list of dealers: what each has left, who must prepay, who left."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.support.dealers import add_dealer, buy, eastern, work
from tests.support.visitor import signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.services.dealer_list import list_dealers
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
    found = {line.code: line.standing for line in list_dealers(world.program.desk, world.now)}
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
