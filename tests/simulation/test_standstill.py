"""A whole program stops in the middle of what it does, and another takes over: what the first does later counts for
nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.simulation.quiet_log import listen
from tests.simulation.week import week
from triage.store.models import Delivery
from webhooks.simulator.nights.engine import HOUSE_EVERY
from webhooks.simulator.nights.voicemails import Answers, Arrival, leave


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["before a call", "after a call", "before a commit", "after a commit"])
def test_a_node_that_stands_still_is_taken_over_and_fenced(sqlite_template: Path, where: str) -> None:
    with week(1, 0, sqlite_template) as simulated, listen() as told:
        house = simulated.house
        house.house_every = HOUSE_EVERY
        simulated.watch.spans.begin(house.now, of_the_clock=False)
        first = house.program
        leave(house, Arrival(at=house.now, caller="+12165551000", answers=Answers(emergency=True, attested=True)))
        house.hangs_next = where
        house.advance_to(house.now + timedelta(minutes=1))  # as long as the call takes, and the alert
        assert house.standing
        assert house.program is not first
        house.advance_to(house.now + timedelta(minutes=2))
        with house.store.read() as session:
            alerted = session.scalars(select(Delivery.state).where(Delivery.person_id.is_not(None))).all()
        assert "delivered" in alerted
        assert not {"sending", "unknown"}.intersection(alerted)
        house.wake_hung()
        house.advance_to(house.now + timedelta(minutes=1))
        simulated.watch.each_noon()
        assert house.seen[f"fault: node hung {where}"] == 1
        assert house.seen["fenced write"] == (where == "before a call")  # else a report told first
        assert told == []
