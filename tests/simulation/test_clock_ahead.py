"""Our clock is ahead while the phone system's is right: only by that can be told what of its lists is new."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.simulation.quiet_log import listen
from tests.simulation.week import week
from triage.store.models import Mark, Voicemail
from webhooks.simulator.nights.engine import HOUSE_EVERY
from webhooks.simulator.nights.voicemails import Arrival, leave

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.thorough
@pytest.mark.parametrize("ahead", [HOUR, 24 * HOUR])
def test_a_voicemail_that_only_the_lists_tell_of_is_found_while_our_clock_is_ahead(
    sqlite_template: Path, ahead: timedelta
) -> None:
    with week(1, 0, sqlite_template) as simulated, listen():
        house = simulated.house
        house.house_every = HOUSE_EVERY
        house.ails = 1  # lists are read all the time
        simulated.watch.spans.begin(house.now, of_the_clock=True)
        house.advance_to(house.now + 10 * MINUTE)
        house.machine_clock.wrong_by = ahead
        house.advance_to(house.now + 10 * MINUTE)
        house.phones.faults.drop_recording_reports = True
        call = leave(house, Arrival(at=house.now, caller="+12165551000"))
        house.advance_to(house.now + 12 * MINUTE)

        with house.store.read() as session:
            assert session.scalars(select(Voicemail.call_sid)).all() == [call.sid]
            assert all(at <= house.now for at in session.scalars(select(Mark.at)))

        house.machine_clock.wrong_by = timedelta(0)
        house.advance_to(house.now + 2 * MINUTE)
        with house.store.read() as session:
            assert all(at <= house.now + 5 * MINUTE for at in session.scalars(select(Mark.next_attempt_at)))
