"""The figures of the report, and when attempts stand for a callback."""

from __future__ import annotations

import math
import tomllib
from array import array
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import SHIPPED_POLICY
from triage.policy import sla
from triage.policy.calendar_groups import weeks
from triage.policy.callbacks import met_by_attempts_at
from triage.policy.fields import write_span
from triage.policy.instants import instant_of, microseconds_of
from triage.policy.sla import Figures, Outcome, Tally, nth, outcome, span
from triage.policy.terms import Callback

LEFT = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
DUE = LEFT + timedelta(hours=2)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def callback_rule(attempts: int, apart: timedelta) -> Callback:
    shipped = tomllib.loads(SHIPPED_POLICY.read_text())["callback"]
    written = {**shipped, "attempts_that_count": attempts, "attempts_apart": write_span(apart)}
    return Callback.model_validate(written)


class CaseTimes(NamedTuple):
    begins_at: datetime = LEFT
    callback_due: datetime | None = DUE
    acknowledged_at: datetime | None = None
    callback_made_at: datetime | None = None
    breached_at: datetime | None = None
    basis: str | None = None


class Judged(NamedTuple):
    outcome: Outcome
    to_acknowledge_s: float | None
    to_callback_s: float | None
    basis: str | None


def judged(case: CaseTimes, now: datetime) -> Judged:
    begins, due, acknowledged, made, breached = (None if at is None else microseconds_of(at) for at in case[:5])
    assert begins is not None
    became = outcome(due, made, breached, microseconds_of(now))
    return Judged(became, span(begins, acknowledged), span(begins, made), case.basis)


def tally(cases: list[CaseTimes], now: datetime) -> Tally:
    found = Tally()
    for case in cases:
        found.add(judged(case, now))
    return found


def figures(cases: list[CaseTimes], now: datetime) -> Figures:
    return tally(cases, now).figures()


@pytest.mark.parametrize(
    ("known", "now", "expected"),
    [
        ({}, DUE - SECOND, "open"),
        ({}, DUE, "breached"),
        ({}, DUE + SECOND, "breached"),
        ({"callback_made_at": DUE - SECOND}, DUE - SECOND, "met"),
        ({"callback_made_at": DUE - SECOND}, DUE + MINUTE, "met"),
        ({"callback_made_at": DUE}, DUE + MINUTE, "met"),
        ({"callback_made_at": DUE + SECOND}, DUE + MINUTE, "breached"),
        ({"callback_made_at": DUE - SECOND, "breached_at": DUE}, DUE + MINUTE, "breached"),
        ({"breached_at": DUE}, DUE + MINUTE, "breached"),
        ({"acknowledged_at": LEFT}, DUE - SECOND, "open"),
        ({"acknowledged_at": LEFT}, DUE, "breached"),
        ({"callback_due": None}, DUE + MINUTE, "unpromised"),
        ({"callback_due": None, "callback_made_at": DUE}, DUE + MINUTE, "unpromised"),
    ],
)
def test_only_a_callback_in_time_keeps_the_promise(known: dict[str, Any], now: datetime, expected: str) -> None:
    case = CaseTimes(**known)

    assert outcome(case.callback_due, case.callback_made_at, case.breached_at, now) == expected
    assert judged(case, now).outcome == expected


def test_promises_met_are_split_by_what_the_callback_rests_on() -> None:
    made = {"callback_made_at": LEFT + MINUTE}
    bases = ["measured", "measured", "stated", "attempts"]
    late = CaseTimes(callback_made_at=DUE + MINUTE, basis="measured")
    cases = [CaseTimes(**made, basis=basis) for basis in bases]

    counted = figures([*cases, late, CaseTimes(callback_due=None, **made, basis="stated")], DUE)

    assert (counted.met, counted.met_measured, counted.met_stated, counted.met_by_attempts) == (4, 2, 1, 1)


def test_figures_of_nothing_are_empty() -> None:
    nothing = figures([], DUE)

    assert (nothing.count, nothing.met, nothing.breached, nothing.open, nothing.unpromised) == (0, 0, 0, 0, 0)
    assert set(nothing.as_dict().values()) == {0, None}


def test_every_figure_says_which_cases_are_behind_it() -> None:
    assert set(figures([], DUE).as_dict()) == set(sla.BEHIND)


def test_weeks_of_a_span_run_from_monday_to_sunday_and_end_with_it() -> None:
    wednesday = date(2026, 11, 18)

    assert weeks(wednesday, wednesday) == [(wednesday, wednesday)]
    assert weeks(wednesday, date(2026, 11, 23)) == [
        (wednesday, date(2026, 11, 22)),
        (date(2026, 11, 23), date(2026, 11, 23)),
    ]


def test_share_is_of_the_promises_that_are_decided() -> None:
    met, late = CaseTimes(callback_made_at=LEFT + MINUTE), CaseTimes(callback_made_at=DUE + MINUTE)
    cases = [met, met, late, CaseTimes(begins_at=DUE, callback_due=DUE + MINUTE), CaseTimes(callback_due=None)]

    counted = figures(cases, DUE)

    assert (counted.count, counted.met, counted.breached, counted.open, counted.unpromised) == (5, 2, 1, 1, 1)
    assert counted.met_share == 0.6667


def test_times_are_counted_from_the_message_in_seconds() -> None:
    cases = [
        CaseTimes(acknowledged_at=LEFT + n * SECOND, callback_made_at=LEFT + 10 * n * SECOND) for n in range(1, 21)
    ]

    counted = figures(cases, DUE)

    assert (counted.mtta_median_s, counted.mtta_p95_s) == (10.5, 19)
    assert (counted.mttc_median_s, counted.mttc_p95_s) == (105, 190)


def test_whoever_was_there_before_the_clock_started_took_no_time() -> None:
    assert figures([CaseTimes(acknowledged_at=LEFT - MINUTE)], DUE).mtta_median_s == 0


def test_elapsed_time_over_the_repeated_hour_is_real_time() -> None:
    left = datetime.fromisoformat("2025-11-02T00:30:00-04:00").astimezone(UTC)
    made = datetime.fromisoformat("2025-11-02T01:30:00-05:00").astimezone(UTC)

    assert figures([CaseTimes(begins_at=left, callback_made_at=made)], DUE).mttc_median_s == 7200


@given(at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - it wants them so
def test_an_instant_in_microseconds_is_the_same_instant(at: datetime) -> None:
    assert instant_of(microseconds_of(at)) == at
    assert instant_of(microseconds_of(at) + 1) - at == timedelta(microseconds=1)


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (2, 2), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_percentile_is_the_nearest_rank(count: int, rank: int) -> None:
    cases = [CaseTimes(callback_made_at=LEFT + n * SECOND) for n in range(1, count + 1)]

    assert figures(cases, DUE).mttc_p95_s == rank


@given(seconds=st.lists(st.integers(0, 20_000), min_size=1, max_size=60))
def test_percentile_is_a_time_that_occurred_and_that_95_of_100_kept(seconds: list[int]) -> None:
    counted = figures([CaseTimes(callback_made_at=LEFT + n * SECOND) for n in seconds], DUE)

    assert counted.mttc_p95_s in seconds
    within = [n for n in seconds if n <= (counted.mttc_p95_s or 0)]
    below = [n for n in seconds if n < (counted.mttc_p95_s or 0)]
    assert len(within) >= math.ceil(0.95 * len(seconds)) > len(below)


@given(data=st.data(), made=st.lists(st.none() | st.integers(0, 20_000), max_size=20), now=st.integers(0, 20_000))
def test_every_case_is_counted_once_in_any_order(data: st.DataObject, made: list[int | None], now: int) -> None:
    cases = [CaseTimes(callback_made_at=None if n is None else LEFT + n * SECOND) for n in made]

    counted = figures(cases, LEFT + now * SECOND)

    assert counted.met + counted.breached + counted.open + counted.unpromised == counted.count == len(made)
    shuffled, middle = data.draw(st.permutations(cases)), data.draw(st.integers(0, len(cases)))
    assert figures(shuffled, LEFT + now * SECOND) == counted
    parts = [tally(some, LEFT + now * SECOND) for some in (shuffled[:middle], shuffled[middle:])]
    assert Tally(parts).figures() == counted


@pytest.mark.parametrize(
    ("minutes", "met_at"),
    [
        ([], None),
        ([0], None),
        ([0, 9], None),
        ([0, 10], 10),
        ([10, 0], 10),
        ([0, 0], None),
        ([0, 5, 9], None),
        ([0, 5, 10], 10),
        ([0, 9, 18], 18),
        ([0, 60], 60),
        ([0, 60, 70], 60),
    ],
)
def test_second_of_two_attempts_ten_minutes_apart_stands_for_a_callback(minutes: list[int], met_at: int | None) -> None:
    rule = callback_rule(2, timedelta(minutes=10))

    met = None if met_at is None else LEFT + met_at * MINUTE
    assert met_by_attempts_at([LEFT + n * MINUTE for n in minutes], rule) == met


@pytest.mark.parametrize(("seconds", "is_enough"), [(599, False), (600, True), (601, True)])
def test_second_attempt_counts_on_its_second(seconds: int, is_enough: bool) -> None:
    rule = callback_rule(2, timedelta(minutes=10))

    assert (met_by_attempts_at([LEFT, LEFT + seconds * SECOND], rule) is not None) is is_enough


def test_each_attempt_is_counted_from_the_one_before() -> None:
    rule = callback_rule(3, timedelta(minutes=10))

    assert met_by_attempts_at([LEFT, LEFT + 10 * MINUTE, LEFT + 20 * MINUTE], rule)
    assert not met_by_attempts_at([LEFT, LEFT + 10 * MINUTE, LEFT + 19 * MINUTE], rule)


def test_one_attempt_is_enough_where_the_owner_says_so() -> None:
    rule = callback_rule(1, timedelta(minutes=10))

    assert met_by_attempts_at([LEFT], rule)
    assert not met_by_attempts_at([], rule)


@given(st.lists(st.lists(st.floats(0, 1e7) | st.sampled_from([0.0, 60.0, 60.5]), max_size=30), min_size=1, max_size=12))
def test_the_nth_of_many_runs_is_that_of_all_in_one_order(lists: list[list[float]]) -> None:
    runs = [array("d", sorted(each)) for each in lists]
    ordered = sorted(value for each in lists for value in each)

    assert [nth(runs, rank) for rank in range(len(ordered))] == ordered
