"""Bookings in the console: the week, the form that says what it costs, and who may do what with each."""

from __future__ import annotations

import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.support.dealers import add_dealer, add_dealer_with_history, billed
from tests.support.fixtures import TEAM
from tests.support.visitor import PASSWORD, Visitor, signed_in
from tests.support.world import CALLER, Build, World
from triage.policy.access import Role
from triage.services.roster_changes import roster_in_force

pytestmark = pytest.mark.usefixtures("quick_hashes")
SLOT = {"starts": "2026-11-21T19:00", "ends": "2026-11-21T20:00"}
FORM = {**SLOT, "person": "lee", "dealer": "ACME", "phone": CALLER, "product": "ucp", "kind": "call", "note": "<b>new"}


@pytest.fixture
def world(build_world: Build) -> World:
    world = build_world(roster=TEAM, at="2026-11-21T17:00:00")
    add_dealer(world)
    return world


def words(page: TestResponse) -> str:
    main = page.text.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def do(visitor: Visitor, what: str, **fields: str) -> TestResponse:
    """Press a button of B1 as its page shows it now."""
    page = visitor.get("/bookings/1")
    found = re.search(r'name="seen" value="(\d+)"', page.text)
    return visitor.post(f"/bookings/1/{what}", follows=True, seen=found[1] if found else "0", **fields)


def test_a_manager_books_sees_the_cost_first_and_the_week_has_it(world: World) -> None:
    boss = signed_in(world, Role.MANAGER)
    assert "Nothing is booked from Sat, Nov 21 to Fri, Nov 27" in words(boss.get("/bookings"))
    boss.get("/bookings/new?dealer=ACME")

    shown = words(boss.post("/bookings/new", follows=True, **FORM, check="Show what it costs"))
    assert "$247.50 before tax if it takes as long as that, at the after-hours rate." in shown
    assert "60 min x 247.50/h = 247.50 (R1). Rules: E7, W2, R1. Not booked yet" in shown
    inside = {**FORM, "starts": "2026-11-23T10:00", "ends": "2026-11-23T11:00"}
    assert "at the standard rate; prepaid hours and credits pay first" in words(
        boss.post("/bookings/new", follows=True, **inside, check="x")
    )
    made = boss.post("/bookings/new", follows=True, **FORM, book="Book it")
    assert "B1 is booked." in words(made)
    assert "&lt;b&gt;new" in made.text
    assert ['href="/dealers/ACME"' in page.text for page in (made, boss.get("/bookings"))] == [True, True]
    assert f"To call {CALLER}" in words(made)
    unreached = {**FORM, "phone": "", "starts": "2026-11-23T10:00", "ends": "2026-11-23T11:00"}
    assert "To call no number: the dealer gets no text" in words(
        boss.post("/bookings/new", follows=True, **unreached, book="Book it")
    )
    week = words(boss.get("/bookings"))
    assert "Sat, Nov 21, today" in week
    assert "B1 Sat, Nov 21, 7:00 PM to 8:00 PM EST Lee Okafor Acme Telephone UCP booked" in week
    assert "Nothing is booked from Sat, Nov 28" in words(boss.get("/bookings?from=2026-11-28"))
    for bad, why in [
        ({"phone": "555 0199"}, "Write the whole number like +16145550199"),
        ({"starts": "2026-11-21T11:00"}, "That is in the past"),
        ({"starts": "2026-11-21T19:30", "ends": "2026-11-21T21:00"}, "The technician has B1 at that time"),
        ({"product": "server"}, "no support outside support hours (E3)"),
        ({"dealer": "NONE"}, "Not a valid choice"),
        ({"starts": "2027-03-14T02:30", "ends": "2027-03-14T04:00"}, "the clocks skip it that day"),
    ]:
        refused = boss.post("/bookings/new", follows=True, **{**FORM, **bad}, book="Book it")
        assert refused.status_code == 400
        assert why in words(refused)
    assert boss.get("/bookings?from=tomorrow").status_code == 400


def test_a_session_is_booked_for_a_site_of_its_dealer(world: World) -> None:
    add_dealer_with_history(world, "BELL")
    boss = signed_in(world, Role.MANAGER)
    offered = [
        '<option value="Old Mill">' in boss.get(f"/bookings/new?dealer={code}").text for code in ("ACME", "BELL")
    ]
    bell = {**FORM, "dealer": "BELL", "site": "Old Mill"}

    assert offered == [False, True]
    asked = boss.post("/bookings/new", follows=True, **{**bell, "site": ""}, check="x").text
    assert '<option value="Old Mill">' in asked
    other = boss.post("/bookings/new", follows=True, **{**bell, "dealer": "ACME"}, book="x")
    assert (other.status_code, "Not a valid choice" in other.text) == (400, True)
    assert "Site Old Mill" in words(boss.post("/bookings/new", follows=True, **bell, book="Book it"))


def test_a_technician_begins_and_finishes_their_own_and_nobody_elses(world: World) -> None:
    lee, dana = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.TECHNICIAN, "dana")
    lee.get("/bookings/new")
    assert lee.post("/bookings/new", follows=True, **{**FORM, "person": "dana"}, book="x").status_code == 400
    lee.post("/bookings/new", follows=True, **FORM, book="Book it")

    assert "What you can do" not in words(dana.get("/bookings/1"))
    dana.get("/bookings/new")
    assert dana.post("/bookings/1/start", seen="1").status_code == 403
    moved = do(lee, "move", starts="2026-11-21T18:00", ends="2026-11-21T18:30", person="lee")
    assert "Sat, Nov 21, 6:00 PM to 6:30 PM EST" in words(moved)
    assert "That changes nothing" in words(
        do(lee, "move", starts="2026-11-21T18:00", ends="2026-11-21T18:30", person="lee")
    )
    assert "is booked for 6:00 PM EST. Move it first" in words(do(lee, "start"))
    assert "It begins now" not in words(lee.get("/bookings/1"))
    world.at("2026-11-21T18:00:00-05:00")
    assert "B1 has begun." in words(do(lee, "start"))
    stale = lee.post("/bookings/1/finish", seen="1", minutes="5")
    assert (stale.status_code, "Somebody did something with B1 meanwhile" in stale.text) == (409, True)
    world.advance(minutes=25)
    assert "cannot have taken 90 min" in words(do(lee, "finish", minutes="90"))
    done = words(do(lee, "finish", work="reset it"))

    assert "B1 is finished and billed." in done
    assert "Took 25 min Billed $247.50 before tax" in done
    assert billed(world) == [("after_hours", 60, "247.50")]
    assert "What you can do" not in done


@pytest.mark.thorough
def test_what_nobody_finished_is_asked_for_and_can_be_cancelled(world: World) -> None:
    boss = signed_in(world, Role.MANAGER)
    boss.get("/bookings/new")
    boss.post("/bookings/new", follows=True, **FORM, book="Book it")
    world.at("2026-11-21T21:30:00-05:00")

    page = words(boss.get("/bookings"))
    assert "Over, and nobody said what became of it" in page
    assert "missed: nobody began" in page
    assert "B1 is cancelled." in words(do(boss, "cancel", why="ill"))
    assert "Over, and nobody said" not in words(boss.get("/bookings"))
    assert boss.get("/bookings/99").status_code == 404


@pytest.mark.thorough
def test_a_calendar_feed_has_the_bookings_of_its_person(world: World) -> None:
    lee = signed_in(world, Role.TECHNICIAN, "lee")
    lee.get("/bookings/new")
    lee.post("/bookings/new", follows=True, **FORM, book="Book it")
    read = {}
    for person in ("lee", "dana", ""):
        lee.get("/on-call/feeds")
        made = lee.post("/on-call/feeds", person=person).text
        found = re.search(r"(/on-call/feeds/[^\s<\"]+\.ics)", made)
        assert found
        read[person] = lee.get(found[1]).text

    shown = "DTSTART:20261122T000000Z\r\nDTEND:20261122T010000Z\r\n"
    assert ["SUMMARY:B1 Lee Okafor: Acme Telephone\r\n" + shown in text for text in read.values()] == [
        True,
        False,
        True,
    ]
    assert CALLER not in read["lee"]


@pytest.mark.thorough
def test_nobody_leaves_the_roster_who_is_booked(world: World) -> None:
    boss = signed_in(world, Role.MANAGER, "maria")
    boss.get("/bookings/new")
    boss.post("/bookings/new", follows=True, **{**FORM, "person": "ada"}, book="Book it")
    version = roster_in_force(world.program.desk).version

    boss.get("/people/ada/remove")
    kept = boss.post("/people/ada/remove", present=PASSWORD, version=version)
    do(boss, "cancel", why="")
    boss.get("/people/ada/remove")
    left = boss.post("/people/ada/remove", present=PASSWORD, version=version)

    assert "They are booked, B1: move or cancel that first." in words(kept)
    assert "Ada Lind is off the roster." in words(left)
    assert "ada" in words(boss.get("/bookings/1"))
