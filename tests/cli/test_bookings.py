"""`booking`: a slot from what it costs to what was billed, as somebody at a terminal and a program see it."""

from __future__ import annotations

from typing import Any

from freezegun.api import FrozenDateTimeFactory

from config.settings import DEMO_ROSTER
from tests.cli.conftest import Run, document
from tests.support.dealers import add_dealer
from tests.support.world import World

SLOT = ("--from", "2026-11-22T00:00:00Z", "--to", "2026-11-22T01:00:00Z")  # 7 PM on Saturday in New York


def test_a_slot_is_booked_moved_begun_and_billed(run: Run, sqlite_url: str, clock: FrozenDateTimeFactory) -> None:
    world = World(clock, sqlite_url)
    add_dealer(world)
    world.close()

    def booking(*arguments: str) -> Any:
        return document(run("booking", *arguments, "--json", database_url=sqlite_url, roster_file=str(DEMO_ROSTER)))

    def told(*arguments: str) -> str:
        found = run("booking", *arguments, database_url=sqlite_url, roster_file=str(DEMO_ROSTER))
        return found.stdout + found.stderr

    ask = ("add", *SLOT, "--technician", "lee", "--dealer", "acme", "--product", "ucp", "--phone", "+16145550199")
    assert booking(*ask, "--dry-run") == {
        "rate": "after_hours",
        "cost": "247.50",
        "clauses": ["E7", "W2", "R1"],
        "arithmetic": "60 min worked, at least 60, up to the next 30: 60 min x 247.50/h = 247.50 (R1)",
    }
    assert told("list") == "nothing to show\n"
    made = booking(*ask)
    assert (made["booking"], made["state"], made["dealer"], made["cost"]) == ("B1", "booked", "ACME", "247.50")
    assert [text["person"] for text in made["texts"]] == ["lee", None]
    assert "B1       Sat, Nov 21, 7:00 PM to 8:00 PM EST  booked  Lee Okafor  Acme Telephone  247.50" in told("list")
    assert "The technician has B1 at that time" in told(*ask)
    assert "there is no dealer nobody" in told("add", *SLOT, "--technician", "lee", "--dealer", "nobody")
    later = ("--from", "2026-11-22T01:00:00Z", "--to", "2026-11-22T01:30:00Z")
    assert booking("move", "B1", *later)["slot"] == "Sat, Nov 21, 8:00 PM to 8:30 PM EST"

    clock.move_to("2026-11-22T01:01:00")
    assert booking("start", "b1")["state"] == "started"
    clock.move_to("2026-11-22T02:40:00")
    assert "cannot have taken 120 min" in told("finish", "B1", "--minutes", "120")
    done = booking("finish", "B1", "--minutes", "70", "--note", "moved the trunk")
    assert (done["state"], done["minutes"], done["billed"]) == ("finished", 70, "371.25")
    assert "B1 is finished: nothing was changed" in told("cancel", "B1")
    assert "texts" in told("show", "1")
