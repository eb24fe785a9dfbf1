"""What is learnt late of a dealer, or was written by a wrong clock: nobody gains or loses a minute by it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.dealers import add_dealer, billed, buy, eastern, jump, lots, work
from tests.support.fixtures import TEAM
from tests.support.world import Build, World
from triage.services import put_back
from triage.services.dealer_files import import_file

SPRING, SUMMER = "2026-05-04", "2026-08-03"


def says(world: World, *, joined_on: str = "", has_account: str = "yes") -> None:
    """Accounting's file says so of Acme."""
    row = f"code,name,email,joined_on,has_account,left_on\nACME,Acme Telephone,,{joined_on},{has_account},\n"
    imported = import_file(world.program.desk, "dealers", row.encode(), is_dry_run=False, actor="test", now=world.now)
    assert imported.is_done


@pytest.mark.parametrize(("first", "then", "left"), [(SUMMER, SPRING, {}), (SPRING, SUMMER, {"new": 180})])
def test_the_hours_of_a_new_dealer_move_with_the_day_that_it_joined(
    build_world: Build, first: str, then: str, left: dict[str, int]
) -> None:
    world = build_world(roster=TEAM, at="2026-09-10T15:00:00")
    acme = add_dealer(world, joined_on=date.fromisoformat(first))
    buy(world, acme, "2025-12-10", "6000.00", "other")

    says(world, joined_on=then)
    buy(world, acme, "2026-06-12", "10.00", "other")  # reckons from a day between the two
    work(world, acme, eastern("2026-09-08"), 120)

    over = {} if left else {"over:2026-Q3": -120}
    assert lots(world, acme) == left | over


def test_work_that_a_clock_ahead_wrote_keeps_what_pays_for_it_once_the_clock_is_put_back(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-12-18T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-08-10", "10000.00")
    jump(world, "2027-01-05T15:00:00")
    work(world, acme, eastern("2027-01-04"), 60)
    world.clock.move_to(datetime(2026, 12, 18, 16, tzinfo=UTC))

    put_back.bring_in_line(world.program.desk, world.now)
    work(world, acme, eastern("2026-12-18"), 30)

    ended = {"over:2027-Q1": -60}
    assert lots(world, acme) == ended
    assert lots(world, acme, world.now) == {"earned:2026-Q4": 570}
    assert [amount for _, _, amount in billed(world)] == ["0.00", "0.00"]
    jump(world, "2027-01-06T15:00:00")
    assert lots(world, acme) == ended
