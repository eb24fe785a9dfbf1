"""The repair of freezegun in tests/conftest.py: each of these is an hour off without it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from freezegun.api import FakeDatetime

from triage.clock import SystemClock
from triage.policy.hours import local
from triage.policy.terms import Terms

NEW_YORK = ZoneInfo("America/New_York")
REPEATED_HOUR = "2025-11-02 06:30Z"


@freeze_time(REPEATED_HOUR)
def test_frozen_clock_tells_the_second_half_past_one_from_the_first(terms: Terms) -> None:
    here = local(SystemClock().now(), terms)

    assert isinstance(here, FakeDatetime)
    assert here.isoformat() == "2025-11-02T01:30:00-05:00"
    assert here.astimezone(UTC).isoformat() == "2025-11-02T06:30:00+00:00"


@freeze_time(REPEATED_HOUR)
def test_instant_read_from_text_keeps_its_half_past_one() -> None:
    here = datetime.fromisoformat("2025-11-02T06:30:00+00:00").astimezone(NEW_YORK)

    assert here.isoformat() == "2025-11-02T01:30:00-05:00"


@freeze_time(REPEATED_HOUR)
def test_frozen_now_of_a_zone_keeps_its_half_past_one() -> None:
    here = datetime.now(NEW_YORK)  # noqa: TID251 - the form that freezegun gets wrong

    assert here.isoformat() == "2025-11-02T01:30:00-05:00"


@freeze_time(REPEATED_HOUR)
def test_timestamp_in_a_zone_keeps_its_half_past_one() -> None:
    here = datetime.fromtimestamp(1762065000, NEW_YORK)

    assert here.isoformat() == "2025-11-02T01:30:00-05:00"


@freeze_time(REPEATED_HOUR)
def test_wall_clock_put_together_keeps_its_half_past_one() -> None:
    second = time(1, 30, fold=1)

    given = datetime.combine(date(2025, 11, 2), second, tzinfo=NEW_YORK)
    carried = datetime.combine(date(2025, 11, 2), second.replace(tzinfo=NEW_YORK))

    assert given.isoformat() == carried.isoformat() == "2025-11-02T01:30:00-05:00"


@pytest.mark.parametrize("night", ["2025-03-09", "2025-11-02"])
def test_every_minute_of_a_changeover_night_survives_the_way_there_and_back(night: str) -> None:
    with freeze_time(f"{night} 00:00Z") as frozen:
        for _ in range(24 * 60):
            now = SystemClock().now()
            frozen.tick(timedelta(minutes=1))

            assert now.astimezone(NEW_YORK).astimezone(UTC) == now


@freeze_time("2025-11-02 04:30Z")
def test_two_hours_from_half_past_midnight_end_at_the_second_half_past_one(terms: Terms) -> None:
    due = SystemClock().now() + timedelta(hours=2)

    assert local(due, terms).isoformat() == "2025-11-02T01:30:00-05:00"


def test_frozen_now_is_the_frozen_instant_with_and_without_a_zone() -> None:
    with freeze_time("2026-03-06 23:30Z", tz_offset=-5):
        naive = datetime.now()  # noqa: DTZ005, TID251 - what freezegun promises for it stays true
        aware = datetime.now(UTC)  # noqa: TID251

    assert naive.isoformat() == "2026-03-06T18:30:00"
    assert aware.isoformat() == "2026-03-06T23:30:00+00:00"
