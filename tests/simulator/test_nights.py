"""Simulated nights: the whole program by a clock of its own, without freezing that of the process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import pytest

from config.settings import DEMO_ROSTER, SIMULATED_ACCOUNT, Settings
from tests.support.databases import MEMORY
from triage.bootstrap import build
from triage.clock import SystemClock
from triage.services import records
from triage.services.audit import verify_chain
from webhooks.simulator.nights.clock import VirtualClock
from webhooks.simulator.nights.engine import Nights

NIGHT = datetime(2027, 3, 14, 3, tzinfo=UTC)
LEE, CALLER = "+16145550102", "+16145550199"


@pytest.fixture
def nights(sqlite_template: Path, request: pytest.FixtureRequest) -> Callable[[int], Nights]:
    def make(seed: int) -> Nights:
        database = Path(mkdtemp(dir=MEMORY)) / "night.db"
        request.addfinalizer(lambda: shutil.rmtree(database.parent))
        shutil.copy(sqlite_template, database)
        settings = Settings(
            _env_file=None,
            database_url=f"sqlite:///{database}",
            roster_file=DEMO_ROSTER,
            twilio_account_sid=SIMULATED_ACCOUNT,
            twilio_auth_token="a token of no account",
            twilio_from="+16145550100",
            public_url="https://afterhours.example",
        )
        clock, chance = VirtualClock(NIGHT), Random(seed)
        return Nights(
            lambda: build(settings, clock=clock),
            clock,
            reads_lists=False,
            sids=lambda prefix: f"{prefix}{chance.randbytes(16).hex()}",
        )

    return make


def a_night(nights: Nights) -> tuple[dict[str, Any], str]:
    """A voicemail and its callback in the changeover night; the case and the head of the history."""
    nights.phones.leave_voicemail(CALLER)
    nights.advance_to(nights.now + timedelta(minutes=40))
    nights.phones.text(LEE, "DONE 35 new card")
    nights.advance_to(NIGHT + timedelta(hours=9))
    case = records.show_case(nights.program.desk, "1001")
    head = verify_chain(nights.program.desk).head
    nights.close()
    return case, head


def test_a_night_passes_by_the_clock_that_it_was_given(nights: Callable[[int], Nights]) -> None:
    begun = SystemClock().now()

    case, _ = a_night(nights(1))

    assert case["state"] == "closed"
    assert case["left_at"] == NIGHT
    assert case["callback_due"] == NIGHT + timedelta(hours=2)
    assert all(NIGHT <= event["at"] < NIGHT + timedelta(hours=9) for event in case["events"])
    assert begun <= SystemClock().now() < begun + timedelta(hours=1)


@pytest.mark.thorough
def test_the_same_seed_makes_the_same_history_and_another_one_another(nights: Callable[[int], Nights]) -> None:
    heads = [a_night(nights(seed))[1] for seed in (7, 7, 8)]

    assert heads[0] == heads[1]
    assert heads[0] != heads[2]
