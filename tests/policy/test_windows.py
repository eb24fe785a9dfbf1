"""The window of an instant: every edge, both changeover nights, closures and other zones (T1 to T5, W1 to W4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.hours import is_closure, is_support_day, local, window_at
from triage.policy.intake import Message, sort
from triage.policy.terms import Terms

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)
CLOCKS_FORWARD = datetime(2025, 3, 9, 7, tzinfo=UTC)
CLOCKS_BACK = datetime(2025, 11, 2, 6, tzinfo=UTC)

INSTANTS = st.timedeltas(timedelta(0), timedelta(days=5000)).map(lambda span: datetime(2020, 1, 1, tzinfo=UTC) + span)

# The slow second implementation: one letter for each hour of a wall-clock day, and the offsets of 2025 by hand.
WITH_SUPPORT = "OOOOOOOO" + "SSSSSSSSS" + "EEE" + "OOOO"
WITHOUT_SUPPORT = "OOOOOOOO" + "XXXXXXXXX" + "EEE" + "OOOO"
LETTERS = {"S": "support_hours", "E": "evening", "O": "overnight", "X": "other"}


def offset_of_2025(at: datetime) -> timedelta:
    return timedelta(hours=-4) if CLOCKS_FORWARD <= at < CLOCKS_BACK else timedelta(hours=-5)


def wall_of_2025(at: datetime) -> datetime:
    return at.replace(tzinfo=None) + offset_of_2025(at)


def window_by_table(wall: datetime) -> str:
    return LETTERS[(WITHOUT_SUPPORT if wall.weekday() > 4 else WITH_SUPPORT)[wall.hour]]


def minutes(start: datetime, end: datetime, step: int = 1) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(minutes=step)


def night_of(changeover: date) -> Iterator[datetime]:
    """Noon to noon around a changeover, in Eastern time and a little more."""
    noon = datetime(changeover.year, changeover.month, changeover.day, 16, tzinfo=UTC)
    return minutes(noon - timedelta(days=1), noon + timedelta(hours=2))


@pytest.mark.parametrize(
    ("day", "edge", "before", "after"),
    [
        (day, edge, before, after)
        for days, edges in (
            (
                ["2026-03-02", "2026-03-04", "2026-07-03", "2026-12-25"],
                [
                    ("00:00", "overnight", "overnight"),
                    ("08:00", "overnight", "support_hours"),
                    ("17:00", "support_hours", "evening"),
                    ("20:00", "evening", "overnight"),
                ],
            ),
            (
                ["2026-03-07", "2026-03-08", "2026-11-01", "2026-12-24"],
                [
                    ("00:00", "overnight", "overnight"),
                    ("08:00", "overnight", "other"),
                    ("17:00", "other", "evening"),
                    ("20:00", "evening", "overnight"),
                ],
            ),
        )
        for day in days
        for edge, before, after in edges
    ],
)
def test_window_changes_on_the_second_of_its_edge(
    day: str, edge: str, before: str, after: str, contract: Callable[[str], Terms]
) -> None:
    terms = contract("hours.closures = [2026-12-24]")
    on = datetime.fromisoformat(f"{day}T{edge}:00").replace(tzinfo=NEW_YORK).astimezone(UTC)
    second = timedelta(seconds=1)

    assert window_at(on - second, terms) == before
    assert window_at(on - timedelta(microseconds=1), terms) == before
    assert window_at(on, terms) == after
    assert window_at(on + second, terms) == after


@pytest.mark.parametrize("changeover", [SPRING, AUTUMN])
def test_changeover_night_has_the_right_window_at_every_minute(changeover: date, terms: Terms) -> None:
    wrong = [at for at in night_of(changeover) if window_at(at, terms) != window_by_table(wall_of_2025(at))]

    assert wrong == []


@pytest.mark.parametrize("changeover", [SPRING, AUTUMN])
def test_changeover_night_has_the_right_deadline_at_every_minute(changeover: date, terms: Terms) -> None:
    for at in night_of(changeover):
        due = sort(Message(answered_at=at, left_at=at), terms).callback_due

        assert due is not None
        assert due.timestamp() - at.timestamp() == 7200
        assert local(due, terms).replace(tzinfo=None) == wall_of_2025(at + timedelta(seconds=7200))
        assert local(due, terms).utcoffset() == offset_of_2025(due.astimezone(UTC))


@pytest.mark.parametrize("start", [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)])
def test_whole_year_agrees_with_the_plain_table(start: datetime, terms: Terms) -> None:
    half = minutes(start, start + timedelta(days=184), step=20)

    wrong = [at for at in half if at.year == 2025 and window_at(at, terms) != window_by_table(wall_of_2025(at))]

    assert wrong == []


@pytest.mark.parametrize(
    ("evening", "hours"),
    [("2025-03-07", 12), ("2025-03-08", 11), ("2025-03-09", 12), ("2025-11-01", 13), ("2025-11-02", 12)],
)
def test_overnight_window_lasts_eleven_or_thirteen_hours_when_clocks_change(
    evening: str, hours: int, terms: Terms
) -> None:
    starts = datetime.fromisoformat(f"{evening}T20:00").replace(tzinfo=NEW_YORK).astimezone(UTC)

    night = [at for at in minutes(starts, starts + timedelta(hours=14)) if window_at(at, terms) == "overnight"]

    assert len(night) == hours * 60
    assert night[-1] - night[0] == timedelta(hours=hours, minutes=-1)


def test_message_of_half_past_midnight_is_due_two_real_hours_later(terms: Terms) -> None:
    left = datetime.fromisoformat("2025-11-02T00:30:00-04:00")

    due = sort(Message(answered_at=left, left_at=left), terms).callback_due

    assert due is not None
    assert local(due, terms).isoformat() == "2025-11-02T01:30:00-05:00"


def test_fixed_zone_keeps_summer_time_all_year(contract: Callable[[str], Terms], terms: Terms) -> None:
    literal = contract('zone = "Etc/GMT+4"')
    winter_morning = datetime(2025, 1, 8, 12, 30, tzinfo=UTC)

    assert window_at(winter_morning, literal) == "support_hours"
    assert window_at(winter_morning, terms) == "overnight"


@pytest.mark.parametrize("changeover", [SPRING, AUTUMN])
def test_fixed_zone_has_no_changeover_night(changeover: date, contract: Callable[[str], Terms]) -> None:
    literal = contract('zone = "Etc/GMT+4"')

    for at in night_of(changeover):
        assert window_at(at, literal) == window_by_table(at.replace(tzinfo=None) - timedelta(hours=4))


@pytest.mark.parametrize(
    ("owner", "closed", "open_again"),
    [
        ("hours.closures = [2026-12-24]", date(2026, 12, 24), date(2026, 12, 25)),
        ('hours.observed = ["Thanksgiving Day"]', date(2026, 11, 26), date(2026, 11, 27)),
        ('hours.observed = ["thanksgiving day", "Memorial Day"]', date(2027, 11, 25), date(2027, 11, 26)),
        ('hours.observed = ["Christmas Day"]', date(2027, 12, 24), date(2027, 12, 23)),
        ('hours.observed = ["New Year\'s Day (observed)"]', date(2027, 12, 31), date(2027, 1, 1)),
        ('hours = {observed = ["Canada Day"], observed_country = "CA"}', date(2026, 7, 1), date(2026, 7, 2)),
    ],
)
def test_closure_is_a_day_without_support_hours(
    owner: str, closed: date, open_again: date, contract: Callable[[str], Terms]
) -> None:
    terms = contract(owner)

    assert is_closure(closed, terms)
    assert not is_support_day(closed, terms)
    assert window_at(datetime(closed.year, closed.month, closed.day, 16, tzinfo=UTC), terms) == "other"
    assert is_support_day(open_again, terms)


def test_closure_leaves_evening_and_night_as_they_are(contract: Callable[[str], Terms], terms: Terms) -> None:
    closed = contract("hours.closures = [2026-12-24]")
    day = minutes(datetime(2026, 12, 24, 5, tzinfo=UTC), datetime(2026, 12, 25, 5, tzinfo=UTC))

    changed = [at for at in day if window_at(at, closed) != window_at(at, terms)]

    assert changed[0] == datetime(2026, 12, 24, 13, tzinfo=UTC)
    assert len(changed) == 9 * 60


def test_no_holiday_is_kept_unless_the_owner_names_it(terms: Terms) -> None:
    assert is_support_day(date(2026, 12, 25), terms)
    assert is_support_day(date(2026, 11, 26), terms)


def test_closures_of_the_roster_come_on_top_of_the_policys(contract: Callable[[str], Terms]) -> None:
    terms = contract("hours.closures = [2026-12-24]")

    more = terms.with_closures([date(2026, 12, 31), date(2026, 12, 24)])

    assert more.hours.closures == (date(2026, 12, 24), date(2026, 12, 31))
    assert not is_support_day(date(2026, 12, 31), more)
    assert is_support_day(date(2026, 12, 31), terms)


def test_gap_that_no_window_covers_is_other_time(contract: Callable[[str], Terms]) -> None:
    terms = contract('hours.closes = "16:00"')

    assert window_at(datetime(2026, 3, 4, 21, 0, tzinfo=UTC), terms) == "other"
    assert window_at(datetime(2026, 3, 4, 22, 0, tzinfo=UTC), terms) == "evening"


@given(at=INSTANTS)
def test_window_depends_on_the_instant_and_not_on_the_zone_it_is_written_in(at: datetime, terms: Terms) -> None:
    elsewhere = at.astimezone(ZoneInfo("Asia/Seoul"))

    assert window_at(at, terms) == window_at(elsewhere, terms)
    assert local(at, terms).astimezone(UTC) == at


@given(at=INSTANTS)
def test_window_changes_on_whole_hours_only(at: datetime, terms: Terms) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)

    assert window_at(at, terms) == window_at(hour, terms)
