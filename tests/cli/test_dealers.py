"""`afterhours dealer`: files in and out, dealers by hand."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import CURSOR, Run, document

PURCHASES = "dealer,date,amount,kind,reference\nA1,2026-02-03,50000.00,hardware,INV-7\nA1,2026-02-04,-80,hardware,\n"


@pytest.fixture
def ah(run: Run, tmp_path: Path) -> Run:
    return partial(run, database_url=f"sqlite:///{tmp_path}/x.db")


def test_a_dealer_is_added_changed_and_shown(ah: Run, tmp_path: Path) -> None:
    assert (
        ah("dealer", "add", "A1", "--name", "Acme", "--email", "a@acme.example", "--joined-on", "2026-01-05").exit_code
        == 0
    )
    changed = ah("dealer", "change", "a1", "--account", "--email", "", "--left-on", "2026-02-01")
    assert changed.stdout.splitlines() == [
        "changed A1: email a@acme.example -> nothing; has_account no -> yes; left_on 2026-02-01",
        "Done: 0 new, 1 changed, 0 unchanged.",
    ]

    (tmp_path / "t.csv").write_text("dealer,name,phones,pin,left_on\nA1,Kim Reyes,+16145550199,,\n")
    (tmp_path / "s.csv").write_text(
        "dealer,name,zone,product,software,licence_until,trunk\nA1,Depot,,ucp,,,Cheap SIP\n"
    )
    ah("dealer", "import", "t.csv", "--kind", "technicians")
    ah("dealer", "import", "s.csv", "--kind", "sites")
    shown = document(ah("dealer", "show", "A1", "--json"))
    assert (shown["has_account"], shown["must_prepay"], shown["email"], shown["left_on"]) == (
        True,
        True,
        None,
        "2026-02-01",
    )
    assert shown["technicians"] == [
        {"id": 1, "name": "Kim Reyes", "phones": ["+16145550199"], "has_pin": False, "left_on": None}
    ]
    told = ah("dealer", "show", "A1").stdout
    assert "  E4 The trunks of Cheap SIP are not certified: best effort, 3h or more may be spent." in told
    assert "Kim Reyes" in ah("dealer", "show", "A1").stdout
    [listed] = document(ah("dealer", "list", "--json"))
    assert (listed["code"], listed["technicians"], listed["sites"]) == ("A1", 1, 1)
    assert (listed["must_prepay"], listed["credit_minutes"], listed["open_cases"]) == (True, 0, 0)

    pin = document(ah("dealer", "pin", "A1", "kim reyes", "--json"))["pin"]
    assert len(pin) == 6
    assert document(ah("dealer", "show", "A1", "--json"))["technicians"][0]["has_pin"]
    for missing in (("change", "Z9", "--account"), ("show", "Z9"), ("pin", "A1", "Zoe")):
        assert ah("dealer", *missing).exit_code == 1
    assert "a technician 'Zoe'" not in ah("dealer", "pin", "A1", "Zoe").stdout


def test_a_file_is_tried_taken_once_and_handed_out_as_it_is_taken(ah: Run, tmp_path: Path) -> None:
    ah("dealer", "add", "A1", "--name", "Acme")
    (tmp_path / "p.csv").write_text(PURCHASES)
    take = partial(ah, "dealer", "import", "p.csv", "--kind", "purchases")

    tried = take("--dry-run")
    assert tried.stdout.splitlines() == [
        "line 2: new A1 2026-02-03: amount 50000.00; kind hardware; reference INV-7",
        "line 3: new A1 2026-02-04: amount -80.00; kind hardware",
        "Nothing was changed yet: 2 new, 0 changed, 0 unchanged.",
    ]
    assert document(ah("dealer", "show", "A1", "--json"))["purchases"] == []
    first = document(take("--json"))
    assert (first["done"], len(first["changes"]), first["kept"], first["faults"]) == (True, 2, 0, [])
    again = document(take("--json"))
    assert (again["done"], again["changes"], again["kept"]) == (True, [], 2)

    out = ah("dealer", "export", "--kind", "purchases").stdout
    assert out.splitlines()[1:] == ["A1,2026-02-03,50000.00,hardware,INV-7", "A1,2026-02-04,-80.00,hardware,"]
    (tmp_path / "p.csv").write_text(out)
    assert document(take("--json"))["kept"] == 2
    assert [row["amount"] for row in document(ah("dealer", "export", "--kind", "purchases", "--json"))] == [
        "50000.00",
        "-80.00",
    ]


def test_bad_rows_exit_1_and_are_told_each_with_its_line(ah: Run, tmp_path: Path) -> None:
    ah("dealer", "add", "A1", "--name", "Acme")
    (tmp_path / "p.csv").write_text(f"{PURCHASES}A1,soon,ten,hardware{CURSOR.strip()},\n")
    take = partial(ah, "dealer", "import", "p.csv", "--kind", "purchases")

    told = take()
    assert (told.exit_code, told.stdout) == (1, "")
    lines = told.stderr.splitlines()
    assert [line.split(";")[0] for line in lines[:2]] == [
        "afterhours: line 4: date: 'soon' is no date",
        "afterhours: line 4: amount: 'ten' is no amount",
    ]
    assert lines[-1] == "Nothing was changed: mend these, then import the file again."
    assert "\x1b" not in told.stderr
    [*faults] = document(take("--json"))["faults"]
    assert [(fault["line"], fault["column"]) for fault in faults] == [(4, "date"), (4, "amount"), (4, "kind")]
    (tmp_path / "p.csv").write_text("date,amount\n")
    assert take().exit_code == 2
