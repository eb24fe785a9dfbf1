"""`ledger`: a quarter's end as somebody at a terminal sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.cli.conftest import Run, document
from tests.support.dealers import add_dealer, buy, eastern, work
from tests.support.world import World


@pytest.fixture
def of_a_dealer(sqlite_url: str, clock: FrozenDateTimeFactory) -> str:
    """The address of a database with a dealer that used 90 minutes too many between July and September."""
    world = World(clock, sqlite_url)
    acme = add_dealer(world)
    buy(world, acme, "2026-06-10", "6000.00")
    buy(world, acme, "2026-09-10", "2000.00")
    work(world, acme, eastern("2026-08-10"), 450)
    world.close()
    return sqlite_url


def test_a_quarter_is_closed_borrowed_for_put_right_and_stated(run: Run, of_a_dealer: str, tmp_path: Path) -> None:
    def ledger(*arguments: str) -> str:
        result = run("ledger", *arguments, database_url=of_a_dealer)
        return result.stdout + result.stderr

    assert "2026-Q4 has not ended: it does on 2027-01-01 00:00:00 EST" in ledger("close-quarter", "2026-Q4")
    closed = ledger("close-quarter", "2026-q3")
    assert "over the credits 247.50 before tax, 1 dealer, 0 changed" in closed
    assert closed == ledger("close-quarter", "2026-Q3")

    assert ledger("borrow", "acme", "2026-Q3", "--minutes", "60") == "60 min borrowed for 2026-Q3\n"
    assert "borrowed for 2026-Q3 already" in ledger("borrow", "ACME", "2026-Q3")
    assert ledger("correct", "ACME", "-30", "--lot", "earned:2026-Q4", "--reason", "shared with Bell") == (
        "-30 min put right in earned:2026-Q4\n"
    )
    assert "only 30 min of earned:2026-Q4 are left" in ledger(
        "correct", "ACME", "-31", "--lot", "earned:2026-Q4", "--reason", "again"
    )
    shown = ledger("show", "ACME")
    assert "earned:2026-Q4  30       2027-01-01 00:00:00 EST" in shown
    assert "shared with Bell" in shown
    assert "credits          2 h" in ledger("show", "ACME", "--at", "2026-10-02T12:00:00Z")

    stated = ledger("statement", "ACME", "2026-Q3")
    assert re.search(r"^Used of the quarter's credits +-360 +-6 h$", stated, re.MULTILINE)
    assert "360 min from the credits of 2026-Q3, 90 min over" in stated
    assert "over the credits: 30 min, 82.50 before tax" in stated
    assert ledger("statement", "ACME", "2026-Q3", "--format", "csv").startswith("part,ref,at,words,minutes,amount\n")
    assert "name a file with --output" in ledger("statement", "ACME", "2026-Q3", "--format", "pdf")
    ledger("statement", "ACME", "2026-Q3", "--format", "pdf", "--output", str(tmp_path / "q3.pdf"))
    assert (tmp_path / "q3.pdf").read_bytes().startswith(b"%PDF-")

    assert "taken back" in ledger("borrow", "ACME", "2026-Q3", "--take-back")
    found = document(run("ledger", "statement", "ACME", "2026-Q3", "--json", database_url=of_a_dealer))
    assert (found["over_minutes"], found["over_amount"], found["closing_minutes"]) == (90, "247.50", 0)
    found = document(run("ledger", "show", "ACME", "--json", database_url=of_a_dealer))
    assert [(lot["lot"], lot["minutes"]) for lot in found["lots"]] == [("earned:2026-Q4", 90)]
    assert run("ledger", "show", "NOBODY", database_url=of_a_dealer).exit_code == 1
    assert run("ledger", "show", "ACME", "--quarter", "spring", database_url=of_a_dealer).exit_code == 2
