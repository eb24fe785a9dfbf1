"""A dealer's minutes: earned, drawn by sessions, over, expired, borrowed; what it is billed."""

from __future__ import annotations

from tests.support.dealers import add_dealer, billed, borrow, buy, eastern, jump, lots, work
from tests.support.fixtures import TEAM
from tests.support.world import Build
from triage.services.ledger import Standing, standing


def test_the_contracts_own_example(build_world: Build) -> None:
    """$50,000 bought in February; 50 hours on April 1, used for what was over in the quarter before (C1, C6, C7)."""
    world = build_world(roster=TEAM, at="2026-02-10T15:00:00")
    acme = add_dealer(world)
    buy(world, acme, "2026-02-10", "50000.00")
    jump(world, "2026-03-10T15:00:00")
    work(world, acme, eastern("2026-03-10"), 600)

    assert lots(world, acme) == {"over:2026-Q1": -600}
    assert billed(world) == [("standard", 0, "0.00")]

    jump(world, "2026-04-01T04:00:00")  # midnight in New York

    assert lots(world, acme) == {"over:2026-Q1": -600, "earned:2026-Q2": 3000}
    assert billed(world)[1:] == [("credit_overage", 600, "1650.00")]

    borrow(world, acme, "2026-Q1")

    assert lots(world, acme) == {"earned:2026-Q2": 2400}
    assert billed(world)[1:] == []

    jump(world, "2026-07-01T04:00:00")

    assert lots(world, acme) == {}
    assert billed(world) == [("standard", 0, "0.00")]
    with world.program.desk.store.read() as session:
        assert standing(session, world.program.desk, acme, eastern("2026-06-30")) == Standing(0, 2400, 0, False)
