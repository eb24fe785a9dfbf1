"""`invoice`: a month from lines to a file, as somebody at a terminal sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

from config.settings import DEMO_ROSTER
from tests.cli.conftest import Run, document
from tests.support.bills import add_dealer, add_work
from tests.support.world import World


@pytest.fixture
def of_two_dealers(sqlite_url: str, clock: FrozenDateTimeFactory) -> str:
    """The address of a database with lines of two dealers and of a caller of none."""
    world = World(clock, sqlite_url)
    with world.program.desk.store.write() as tx:
        add_work(world, tx, add_dealer(tx, "C1", name="Acme"), "165.00")
        add_work(world, tx, add_dealer(tx, "C2", name="Bell"), "0.00")
        add_work(world, tx, None, "1980.00")
    world.close()
    return sqlite_url


def test_a_month_goes_from_a_dry_run_to_the_file_of_accounting(run: Run, of_two_dealers: str, tmp_path: Path) -> None:
    def invoice(*arguments: str) -> str:
        result = run("invoice", *arguments, database_url=of_two_dealers, roster_file=str(DEMO_ROSTER))
        return result.stdout + result.stderr

    planned = invoice("make", "--through", "2026-11-20", "--dry-run")
    assert invoice("list") == "nothing to show\n"
    made = invoice("make", "--through", "2026-11-20")

    assert "C1      Acme  1      165.00" in planned
    assert "waits: its lines are of nothing" in planned
    assert "1 line, $1,980.00, of callers of no dealer: set the dealer on the case. work 3" in planned
    assert "made 2026-0001" in made
    assert "made" not in planned
    assert "2026-11-20  2026-0001  C1" in invoice("list")
    assert "60 min worked = 165.00 (R2)" in invoice("show", "2026-0001")
    first = invoice("export", "1", "--form", "xero", "--output", str(tmp_path / "a.csv"))
    again = invoice("export", "1", "--form", "xero", "--output", str(tmp_path / "b.csv"))
    assert first.startswith("SHA-256 ")
    assert again.startswith("The same file as on 2026-11-20 21:30:00 EST. SHA-256 ")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    refused = (
        "Run 1 went to Xero already: with QuickBooks Online it would be billed twice. Where it has to be, say --again"
    )
    assert refused in invoice("export", "1", "--form", "quickbooks")
    assert "*InvoiceNo,*Customer" in invoice("export", "1", "--form", "quickbooks", "--again-elsewhere")


def test_programs_read_what_waits_and_what_was_made(run: Run, of_two_dealers: str) -> None:
    def invoice(*arguments: str) -> Any:
        return document(run("invoice", *arguments, "--json", database_url=of_two_dealers))

    assert invoice("make", "--through", "2026-11-20", "--dealer", "C1") == {
        "through": "2026-11-20",
        "dealers": [{"dealer": "C1", "name": "Acme", "lines": 1, "total": "165.00", "due": True}],
        "of_no_dealer": {"lines": 1, "total": "1980.00", "newest": ["work 3"]},
        "unsettled": [],
        "made": ["2026-0001"],
    }
    [made] = invoice("list")
    assert (made["run"], made["through"], made["invoices"][0]["due"]) == (1, "2026-11-20", "2026-12-20")
    exported = invoice("export", "1", "--form", "csv")
    assert exported["content"].count("\n") == 2
