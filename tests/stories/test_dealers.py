"""Dealers, their technicians, sites and purchases: written in files, changed by hand, kept once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.dealers import lots
from tests.support.world import World
from triage.errors import NotFound, Refused, StoreUnavailable
from triage.policy.dealer_files import Kind
from triage.policy.pins import is_pin
from triage.services import dealer_changes, dealer_files, dealers, ledger, pins
from triage.services.dealer_files import Imported
from triage.services.dealer_list import find_dealers, list_dealers
from triage.store import dealers as store
from triage.store.models import Dealer, DealerTechnician, Event

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_a_pin_finds_who_has_it_and_only_its_hash_is_kept(world: World) -> None:
    with world.program.desk.store.write() as tx:
        assert store.of_pin(tx.session, pins.pin_hash_of(tx.session, "402917")) is None
        pin, pin_hash = pins.new_pin(tx)
        acme = Dealer(code="A1", name="Acme Telecom", has_account=True)
        tx.session.add(acme)
        tx.session.flush()
        tx.session.add(DealerTechnician(dealer_id=acme.id, name="Kim Reyes", pin_hash=pin_hash))
        other, other_hash = pins.new_pin(tx)

    with world.program.desk.store.read() as session:
        found = store.of_pin(session, pins.pin_hash_of(session, pin))
        assert found is not None
        assert found.technician is not None
        assert (found.dealer.code, found.technician.name) == ("A1", "Kim Reyes")
        assert pin not in pin_hash
        assert store.of_pin(session, other_hash) is None
    assert is_pin(pin)
    assert other != pin


DEALERS = """code,name,email,joined_on,has_account,left_on
A1,Acme Telecom,desk@acme.example,2026-02-01,yes,
B2,Beta Voice,,,no,
"""
TECHNICIANS = """dealer,name,phones,pin,left_on
A1,Kim Reyes,+16145550199 +12165550123,new,
A1,Lou Marsh,,402917,
A1,*,+13125550123,,
B2,Max Ito,+14165550123,,
"""
SITES = """dealer,name,zone,product,software,licence_until,trunk
A1,Main St,,ucp,3.0.9,2027-01-01,Spectrum
B2,Depot,America/Chicago,emg,2.1,,Cheap SIP
"""
PURCHASES = """dealer,date,amount,kind,reference
A1,2026-08-03,50000.00,hardware,INV-7
A1,2026-08-04,-250.50,hardware,
A1,2026-08-04,-250.50,hardware,
B2,2026-11-02,900.00,training,INV-8
"""
FILES: dict[Kind, str] = {"dealers": DEALERS, "technicians": TECHNICIANS, "sites": SITES, "purchases": PURCHASES}


def take(world: World, kind: Kind, content: str, *, is_dry_run: bool = False) -> Imported:
    return dealer_files.import_file(
        world.program.desk, kind, content.encode(), is_dry_run=is_dry_run, actor="account:1", now=world.now
    )


def hand_out(world: World, kind: Kind) -> str:
    return dealer_files.export_file(world.program.desk, kind, actor="account:1", now=world.now)


def whose(world: World, *, phone: str = "", pin: str = "") -> tuple[str, str | None] | None:
    with world.program.desk.store.read() as session:
        found = store.of_phone(session, phone) if phone else store.of_pin(session, pins.pin_hash_of(session, pin))
        return (found.dealer.code, found.technician.name if found.technician else None) if found else None


def history_of(world: World) -> list[tuple[str, dict[str, Any]]]:
    with world.program.desk.store.read() as session:
        rows = session.scalars(select(Event).where(Event.actor == "account:1").order_by(Event.number)).all()
        return [(row.kind, dict(row.details)) for row in rows]


@pytest.mark.thorough
@pytest.mark.on_both
def test_files_are_taken_once_and_come_out_as_they_went_in(world: World) -> None:
    asked = take(world, "dealers", DEALERS, is_dry_run=True)
    assert (asked.is_done, asked.count("add"), asked.faults) == (False, 2, [])
    assert find_dealers(world.program.desk) == []

    first = {kind: take(world, kind, content) for kind, content in FILES.items()}
    assert [(done.is_done, done.count("add"), done.faults) for done in first.values()] == [
        (True, 2, []),
        (True, 4, []),
        (True, 2, []),
        (True, 4, []),
    ]
    [kim] = first["technicians"].pins
    assert (kim.dealer, kim.name) == ("A1", "Kim Reyes")
    assert whose(world, pin=kim.pin) == whose(world, phone="+12165550123") == ("A1", "Kim Reyes")
    assert whose(world, pin="402917") == ("A1", "Lou Marsh")
    assert whose(world, phone="+13125550123") == ("A1", None)

    told = history_of(world)
    assert [kind for kind, _ in told if kind != "ledger_entry"] == (
        ["dealer_added"] * 2 + ["dealer_technician_added"] * 4 + ["site_added"] * 2 + ["purchase_recorded"] * 4
    )
    said = str(told)
    for secret in (kim.pin, "402917", "6145550199", "desk@acme.example"):
        assert secret not in said

    for kind, content in FILES.items():
        again = take(world, kind, hand_out(world, kind))
        assert (again.faults, again.count("keep"), again.pins) == ([], len(first[kind].changes), [])
        if kind != "technicians":  # where `new` makes another PIN
            assert take(world, kind, content).count("keep") == len(first[kind].changes)
    handed_out = {"about": "purchases", "rows": 4}
    assert ("dealer_file_exported", handed_out) in history_of(world)
    assert len([kind for kind, _ in history_of(world) if kind == "purchase_recorded"]) == 4
    assert whose(world, pin=kim.pin) == ("A1", "Kim Reyes")


def test_a_purchase_becomes_hours_and_ends_prepaying(world: World) -> None:
    for kind, content in FILES.items():
        take(world, kind, content)
    with world.program.desk.store.read() as session:
        [acme, beta] = [dealer.id for dealer in store.every(session)]
    assert lots(world, acme) == {"earned:2026-Q4": 49 * 60}
    assert lots(world, beta) == {"training:4": 15 * 60}
    desk = world.program.desk
    assert [each.standing.must_prepay for each in list_dealers(desk, find_dealers(desk), world.now)] == [False, True]

    take(world, "purchases", "dealer,date,amount,kind,reference\nA1,2026-08-05,-49000,hardware,INV-7/back\n")
    take(world, "dealers", DEALERS.replace("B2,Beta Voice,,,no", "B2,Beta Voice,,2026-10-05,yes"))

    assert lots(world, acme) == {}
    assert lots(world, beta) == {"training:4": 15 * 60, "new": 5 * 60}
    assert dealers.show_dealer(world.program.desk, "a1", world.now)["must_prepay"]


def test_while_a_row_is_bad_nothing_is_taken_and_every_bad_row_is_told(world: World) -> None:
    take(world, "dealers", DEALERS)
    take(world, "technicians", TECHNICIANS)
    bad = take(
        world,
        "technicians",
        "dealer,name,phones,pin,left_on\nA1,New One,,new,\nC3,Nobody,,,\nB2,Max Ito,+16145550199,,\n"
        "B2,Zoe,,402917,\nB2,Yan,+16145550102,,\n",
    )

    assert not bad.is_done
    assert bad.pins == []
    assert [str(fault).split(";")[0] for fault in bad.faults] == [
        "line 3: dealer: there is no dealer 'C3'",
        "line 4: phones: +16145550199 is a number of dealer A1 already",
        "line 5: pin: somebody else has this PIN already",
        "line 6: phones: one of the numbers is of our own line or roster",
    ]
    names = [each["name"] for each in dealers.show_dealer(world.program.desk, "A1", world.now)["technicians"]]
    assert names == ["Kim Reyes", "Lou Marsh"]
    rows = "".join(f"A1,T{number},,new,\n" for number in range(201))
    with pytest.raises(Refused, match="more than 200 technicians"):
        take(world, "technicians", "dealer,name,phones,pin,left_on\n" + rows)


@pytest.mark.on_both
def test_a_number_and_a_pin_go_from_one_to_another_also_from_who_left(world: World) -> None:
    take(world, "dealers", DEALERS)
    take(world, "technicians", TECHNICIANS)
    take(
        world,
        "technicians",
        "dealer,name,phones,pin,left_on\nA1,Kim Reyes,+12165550123,402917,\nA1,lou marsh,+16145550199,new,\n"
        "A1,*,,,\nB2,Max Ito,+14165550123,,2026-11-01\n",
    )

    assert whose(world, pin="402917") == ("A1", "Kim Reyes")
    assert whose(world, phone="+16145550199") == ("A1", "lou marsh")
    assert whose(world, phone="+13125550123") is None
    assert whose(world, phone="+14165550123") == ("B2", "Max Ito")
    take(world, "technicians", "dealer,name,phones,pin,left_on\nA1,Nia Fox,+14165550123,,\n")
    assert whose(world, phone="+14165550123") == ("A1", "Nia Fox")
    with pytest.raises(Refused, match="who left has no PIN"):
        dealers.give_new_pin(world.program.desk, "B2", "max ito", actor="account:1", now=world.now)
    with pytest.raises(NotFound, match="A1 has no technician 'Zoe'; it has Kim Reyes, Nia Fox, lou marsh"):
        dealers.give_new_pin(world.program.desk, "A1", "Zoe", actor="account:1", now=world.now)
    pin = dealers.give_new_pin(world.program.desk, "a1", "kim  reyes", actor="account:1", now=world.now)
    assert whose(world, pin=pin) == ("A1", "Kim Reyes")
    assert whose(world, pin="402917") is None


def test_a_row_by_hand_is_read_as_one_of_a_file(world: World) -> None:
    desk, now = world.program.desk, world.now
    take(world, "dealers", DEALERS)
    cells = dealer_files.cells_of(desk, "dealers", ("a1",))
    assert cells == {
        "code": "A1",
        "name": "Acme Telecom",
        "email": "desk@acme.example",
        "joined_on": "2026-02-01",
        "has_account": "yes",
        "left_on": "",
    }

    def write(kind: Kind, cells: dict[str, str], *, is_new: bool) -> Imported:
        return dealer_files.write_row(desk, kind, cells, is_new=is_new, actor="account:1", now=now)

    assert write("dealers", cells | {"left_on": "2026-11-20"}, is_new=False).is_done
    assert [str(fault) for fault in write("dealers", cells | {"name": ""}, is_new=False).faults] == [
        "name: is empty; write it"
    ]
    with pytest.raises(Refused, match="there already: change it"):
        write("dealers", cells, is_new=True)
    with pytest.raises(Refused, match="add it first"):
        write("dealers", cells | {"code": "Z9"}, is_new=False)
    bought = {"dealer": "A1", "date": "2026-11-01", "amount": "5", "kind": "other", "reference": " "}
    with pytest.raises(Refused, match="Write a reference"):
        write("purchases", bought, is_new=True)
    write("purchases", bought | {"reference": "X"}, is_new=True)

    shown = dealers.show_dealer(desk, "A1", now)
    assert (str(shown["left_on"]), shown["purchases"][0]["reference"]) == ("2026-11-20", "X")
    assert ("dealer_changed", {"dealer": "A1", "left_on": "2026-11-20"}) in history_of(world)


def test_a_site_says_what_is_to_be_known_of_it(world: World) -> None:
    for kind in ("dealers", "sites"):
        take(world, kind, FILES[kind])
    [depot] = dealers.show_dealer(world.program.desk, "B2", world.now)["sites"]

    assert [note["rule"] for note in depot["notes"]] == ["E3", "E4", "E5"]
    assert (depot["zone"], depot["product"], depot["software"]) == ("America/Chicago", "emg", "2.1")


def test_a_name_that_was_mistyped_is_mended_and_what_is_known_stays(world: World) -> None:
    desk, now = world.program.desk, world.now
    for kind, content in FILES.items():
        take(world, kind, content)
    dealers.rename_technician(desk, 1, " Kim  Ray ", actor="account:1", now=now)
    dealers.rename_site(desk, 1, "main st", actor="account:1", now=now)

    assert whose(world, phone="+12165550123") == ("A1", "Kim Ray")
    assert dealers.show_dealer(desk, "A1", now)["sites"][0]["name"] == "main st"
    renamed = {"dealer": "A1", "technician": "Kim Ray", "name": "from Kim Reyes to Kim Ray"}
    assert ("dealer_technician_changed", renamed) in history_of(world)
    for name, told in (("LOU marsh", "is there already"), ("*", "stands for shared numbers"), (" ", "is empty")):
        with pytest.raises(Refused, match=told):
            dealers.rename_technician(desk, 1, name, actor="account:1", now=now)
    with pytest.raises(NotFound, match="no such technician"):
        dealers.rename_technician(desk, 2**40, "Zoe", actor="account:1", now=now)
    with pytest.raises(NotFound, match="no such site"):
        dealers.rename_site(desk, 99, "Zoe", actor="account:1", now=now)


def test_a_ledger_that_could_not_follow_at_once_follows_with_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("the database went away")

    take(world, "dealers", DEALERS)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "settle", is_away)
        done = take(world, "purchases", PURCHASES)
        assert (done.is_done, done.later) == (True, 2)
        assert "hours of 2 dealers follow" in done.later_in_words()
    with world.program.desk.store.read() as session:
        acme = store.every(session)[0].id
    assert lots(world, acme) == {}

    world.sweep()
    assert lots(world, acme) == {"earned:2026-Q4": 49 * 60}


def test_a_large_file_is_answered_before_every_ledger_has_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealer_changes, "_SETTLED_AT_ONCE", 1)
    take(world, "dealers", DEALERS)
    world.sweep()
    bought = PURCHASES + "B2,2026-08-05,3000.00,hardware,INV-9\n"
    assert take(world, "purchases", bought).later == 1

    with world.program.desk.store.read() as session:
        acme, beta = (each.id for each in store.every(session))
    assert (lots(world, acme), lots(world, beta)) == ({"earned:2026-Q4": 49 * 60}, {})
    world.sweep()
    assert "earned:2026-Q4" in lots(world, beta)


def test_rows_of_one_dealer_find_each_other_whatever_the_case_of_their_letters(world: World) -> None:
    take(world, "dealers", DEALERS)
    take(world, "sites", SITES)
    take(world, "technicians", TECHNICIANS)
    again = take(
        world,
        "sites",
        "dealer,name,zone,product,software,licence_until,trunk\na1,MAIN ST,,emg,2.1,,\na1,New,,emg,2.1,,\n",
    )
    assert [change.what for change in again.changes] == ["change", "add"]
    assert take(world, "technicians", "dealer,name,phones,pin,left_on\na1,KIM REYES,,,\na1,Jo Park,,,\n").is_done
    shown = dealers.show_dealer(world.program.desk, "A1", world.now)
    assert [site["name"] for site in shown["sites"]] == ["MAIN ST", "New"]
    assert [each["name"] for each in shown["technicians"]] == ["Jo Park", "KIM REYES", "Lou Marsh"]
