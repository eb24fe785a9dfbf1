"""When a test call is due, which hop is missing, and an alarm that any phone can show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.canary import Hop, Progress, alarm, next_run, text
from triage.policy.gsm7 import is_gsm7, segments
from triage.policy.terms import Terms

Contract = Callable[[str], Terms]
STARTED = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)  # 4:30 PM EST


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "now", "following"),
    [
        ('["16:30"]', "2026-11-23T21:29:59", "2026-11-23T21:30:00"),
        ('["16:30"]', "2026-11-23T21:30:00", "2026-11-24T21:30:00"),
        ('["06:00", "16:30"]', "2026-11-23T21:30:01", "2026-11-24T11:00:00"),
        ('["16:30"]', "2026-10-31T21:00:00", "2026-11-01T21:30:00"),  # the clocks go back in between
        ('["02:30"]', "2026-03-08T06:00:00", "2026-03-08T07:30:00"),  # an hour that the clock leaves out
    ],
)
def test_next_run_is_on_the_wall_clock_of_the_contract(at: str, now: str, following: str, contract: Contract) -> None:
    assert next_run(utc(now), contract(f"canary.at = {at}")) == utc(following)


def test_no_time_of_day_is_no_run(contract: Contract) -> None:
    assert next_run(STARTED, contract("canary.at = []")) is None


def progress(seen: int) -> Progress:
    called, answered, recorded, delivered = (
        STARTED + timedelta(seconds=2 * number) if number <= seen else None for number in range(1, 5)
    )
    return Progress(
        started_at=STARTED, called_at=called, answered_at=answered, recorded_at=recorded, delivered_at=delivered
    )


@pytest.mark.parametrize(("seen", "missing"), [*enumerate(Hop), (4, None)])
def test_first_hop_that_was_not_seen_is_missing(seen: int, missing: Hop | None) -> None:
    assert progress(seen).missing == missing
    assert list(progress(seen).seconds.values()) == [2.0, 4.0, 6.0, 8.0][:seen]


@pytest.mark.parametrize("hop", Hop)
@pytest.mark.parametrize("why", [None, "a reason — as long as a provider's sentence may be, and longer than that"])
def test_alarm_is_two_segments_at_the_most(hop: Hop, why: str | None, terms: Terms) -> None:
    words = alarm(hop, why, started=STARTED, now=STARTED + timedelta(days=1), terms=terms)

    assert words.startswith("The test call of Mon 4:30 PM EST failed: ")
    assert is_gsm7(words)
    assert segments(words) <= 2


def test_texts_of_two_runs_differ() -> None:
    assert text(1) != text(2)  # else the provider's list could not tell them apart
