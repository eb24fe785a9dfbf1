"""Work in the console: tried, recorded, read, put right; by technicians their own only."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.support import dealers
from tests.support.bills import add_dealer
from tests.support.fixtures import LEE
from tests.support.visitor import Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.store.models import DealerTechnician, Site


@pytest.fixture
def manager(world: World, quick_hashes: None) -> Visitor:
    """Somebody who types what others worked for Acme, which has a plant in California."""
    with world.program.desk.store.write() as tx:
        dealer = add_dealer(tx, "C1", name="Acme <b>")
        tx.session.add(Site(dealer_id=dealer.id, name="Plant", zone="America/Los_Angeles"))
        tx.session.add(DealerTechnician(dealer_id=dealer.id, name="Kim Reyes"))
        add_dealer(tx, "C2", name="Bell")
    return signed_in(world, Role.MANAGER)


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


VISIT: dict[str, Any] = {
    "dealer": "C1", "kind": "on_site_day", "person": "lee", "product": "ucp", "site": "Plant",
    "technician": "Kim Reyes", "server": "", "site_clock": "y", "note": "=new <i>rack",
    "rows-0-day": "2026-11-18", "rows-0-began": "08:00", "rows-0-ended": "17:00",
    "rows-1-day": "2026-11-19", "rows-1-began": "16:00", "rows-1-ended": "00:00",
    "spent-0-words": "Flight", "spent-0-amount": "$1,412.50", "spent-1-words": "Own car", "spent-1-miles": "90",
}  # fmt: skip
CALL: dict[str, Any] = {
    "dealer": "",
    "kind": "call",
    "person": "lee",
    "product": "unknown",
    "server": "",
    "technician": "",
    "site": "",
}


def at(began: str, ended: str, day: str = "2026-11-18") -> dict[str, Any]:
    return {"rows-0-day": day, "rows-0-began": began, "rows-0-ended": ended}


@pytest.mark.thorough
def test_a_visit_is_checked_recorded_put_right_and_withdrawn(manager: Visitor, world: World) -> None:
    page = manager.get("/sessions/new?dealer=C1").text
    assert "Kim Reyes" in page
    assert "Acme &lt;b&gt; (C1)" in page

    checked = manager.post("/sessions/new", **VISIT, check="Check")
    assert checked.status_code == 200
    assert "2 d billed x 1775.00 = 3550.00 (R5)" in checked.text
    assert "Flight 1412.50 (R5)" in checked.text
    assert "Together $6,758.00" in text(checked.text)
    assert 'value="08:00"' in checked.text
    assert world.entries("work_recorded") == []

    page = manager.post("/sessions/new", **VISIT, record="Record").text
    [number] = re.findall(r"Work (\d+) is recorded\.", page)
    assert "=new &lt;i&gt;rack" in page
    assert "Nov 18, 11:00 AM EST to Nov 18, 8:00 PM EST" in text(page)
    assert "(Nov 19, 4:00 PM to Nov 20, 12:00 AM there)" in text(page)
    assert "17 h, typed" in text(page)
    assert "Work recorded, as it was typed by Manager" in text(page)
    assert 'value="00:00"' in page

    filled = {
        name: unescape(value)
        for name, value in re.findall(r'name="((?:rows|spent)-[^"]+)"[^>]*? value="([^"]*)"', page)
    }
    same: dict[str, Any] = {**filled, "site_clock": "y", "note": "=new <i>rack"}
    assert "Nothing was changed" in manager.post(f"/sessions/{number}/correct", **same, reason="why").text
    put_right: dict[str, Any] = {**same, "spent-0-words": "", "spent-0-amount": ""}
    assert "Write why: it stays in the history." in manager.post(f"/sessions/{number}/correct", **put_right).text
    page = manager.post(f"/sessions/{number}/correct", **put_right, reason="no receipt").text
    assert "It is billed anew." in page
    assert "by Manager <b> (account 1): no receipt" in text(page)
    page = manager.post(f"/sessions/{number}/withdraw", because="never went").text
    assert "It is withdrawn: nothing is billed for it." in page
    assert "Put right" not in page


@pytest.mark.thorough
def test_the_list_has_callbacks_and_typed_work_and_is_narrowed(manager: Visitor, world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE 35")
    manager.get("/sessions/new")
    manager.post("/sessions/new", **{**CALL, "dealer": "C1", "person": "dana"}, **at("09:00", "09:20"), record="Record")

    page = text(manager.get("/sessions").text)
    assert "2 Call Nov 18, 9:00 AM EST Dana Whitfield Acme <b> 20 min typed $82.50" in page
    assert "1 Callback Nov 20, 9:" in page
    assert "no dealer case 1001 35 min typed $247.50" in page
    assert "Dana Whitfield Acme" not in text(manager.get("/sessions?person=lee").text).partition("Began Oct")[2]
    assert "No work began then." in manager.get("/sessions?dealer=C2").text
    assert manager.get("/sessions?dealer=C9").status_code == 404
    assert "Write a date" in manager.get("/sessions?first=x").text
    assert '<a href="/cases/1001">1001</a>' in manager.get("/sessions/1").text
    assert 'href="/sessions/2">Work 2</a>' in manager.get("/reports/billing?first=2026-11-18&last=2026-11-20").text
    assert manager.get("/sessions/99").status_code == 404


def test_technicians_type_their_own_work_only(world: World, quick_hashes: None) -> None:
    lee = signed_in(world, Role.TECHNICIAN, "lee")
    page = lee.get("/sessions/new").text
    assert "Lee Okafor" in page
    assert "Dana Whitfield" not in page

    assert "Not a valid choice" in lee.post("/sessions/new", **{**CALL, "person": "dana"}, **at("09:00", "10:00")).text
    assert world.entries("work_recorded") == []
    page = lee.post("/sessions/new", **CALL, **at("09:00", "10:00"), record="Record").text
    assert "Work 1 is recorded." in page
    assert "Put right" not in page
    stranger = signed_in(world, Role.TECHNICIAN)
    assert "Your account names nobody of the roster" in stranger.get("/sessions/new").text


def test_what_paid_for_work_is_told_apart_from_what_is_over(manager: Visitor, world: World) -> None:
    acme = dealers.add_dealer(world, "ACME")
    dealers.buy(world, acme, "2026-08-10", "1000.00")
    dealers.buy(world, acme, "2026-07-01", "5000.00", "other")  # so that it need not prepay

    manager.get("/sessions/new")
    both = manager.post("/sessions/new", **{**CALL, "dealer": "ACME"}, **at("09:00", "11:00"), record="Record").text
    assert "Paid by 1 h of the credits of 2026-Q4. 1 h over the credits, billed with the quarter." in text(both)
    over = manager.post("/sessions/new", **{**CALL, "dealer": "ACME"}, **at("11:00", "12:00"), record="Record").text
    assert "Paid by" not in over
    assert "1 h over the credits, billed with the quarter." in text(over)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (at("09:00", "noon"), "Write a time like 14:30."),
        (at("09:00", ""), "Write the day, from and to."),
        (at("09:00", "10:00", "x"), "Write a date like"),
        ({}, "Say when the work began and ended."),
        (at("11:00", "10:00"), "Each span ends after it begins."),
        (at("01:00", "02:00", "2026-11-01"), "comes twice that day"),
        (at("08:00", "17:00"), "That much time is meant"),
        ({**at("09:00", "10:00"), "kind": "callback"}, "Not a valid choice"),
        ({**at("09:00", "10:00"), "site_clock": "y"}, "Choose the site whose clock the times are of."),
        ({**at("09:00", "10:00"), "spent-0-words": "Taxi", "spent-0-amount": "1e9x"}, "Write dollars and cents"),
        ({**at("09:00", "10:00"), "spent-0-words": "Taxi", "spent-0-miles": "٣"}, "Write whole miles."),
        ({**at("09:00", "10:00"), "spent-0-words": "Taxi", "spent-0-miles": "3"}, "on site only"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_stays(manager: Visitor, fields: dict[str, Any], words: str) -> None:
    manager.get("/sessions/new")

    answer = manager.post("/sessions/new", **{**CALL, "note": "kept words", **fields}, record="Record")

    assert answer.status_code == 400
    assert words in unescape(answer.text)
    assert "kept words" in answer.text
