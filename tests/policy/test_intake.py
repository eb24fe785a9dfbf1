"""What a message is owed: products by windows, hang-ups, its instants, and folding (W1 to W6, E1 to E3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.intake import Message, Sorted, Treatment, answered_at, folds_into, is_hang_up, left_at, sort
from triage.policy.terms import ProductLine, Terms

# One instant in each window, and the opening that follows it. The clocks go forward in the night to March 8.
ANSWERED = {
    "support_hours": "2026-03-04T10:00:00-05:00",
    "evening": "2026-03-04T18:00:00-05:00",
    "overnight": "2026-03-06T23:30:00-05:00",
    "other": "2026-03-07T12:00:00-05:00",
}
OPENING = {
    "support_hours": "2026-03-05T08:00:00-05:00",
    "evening": "2026-03-05T08:00:00-05:00",
    "overnight": "2026-03-09T08:00:00-04:00",
    "other": "2026-03-09T08:00:00-04:00",
}
WINDOWS = tuple(ANSWERED)
PAGED = ("emg", "ucp", "application", "unknown")
TWO_HOURS = timedelta(hours=2)
HEARD = datetime(2026, 3, 7, 4, 32, tzinfo=UTC)


def a_message(window: str = "overnight", **known: Any) -> Message:
    answered = datetime.fromisoformat(ANSWERED[window]).astimezone(UTC)
    known.setdefault("answered_at", answered)
    known.setdefault("left_at", known["answered_at"] + timedelta(minutes=1))
    return Message(**known)


def opening_after(window: str) -> datetime:
    return datetime.fromisoformat(OPENING[window]).astimezone(UTC)


def a_promise(treatment: Treatment, due: datetime | None, terms: Terms) -> Sorted:
    return replace(sort(a_message(), terms), treatment=treatment, callback_due=due)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("product", PAGED)
def test_supported_products_are_paged_at_once_and_due_two_hours_after_the_message(
    product: ProductLine, window: str, terms: Terms
) -> None:
    message = a_message(window, product=product)

    result = sort(message, terms)

    assert result.window == window
    assert (result.treatment, result.pages, result.alert_at) == (Treatment.PAGE, True, message.left_at)
    assert result.callback_due == message.left_at + TWO_HOURS
    assert result.billable
    assert not {"deferred", "not_supported"} & set(result.flags)


@pytest.mark.parametrize("window", ["evening", "overnight", "other"])
@pytest.mark.parametrize("emergency", [False, True])
def test_server_product_outside_support_hours_waits_for_two_hours_of_the_next_support_day(
    window: str, emergency: bool, terms: Terms
) -> None:
    result = sort(a_message(window, product="server", emergency=emergency), terms)

    assert (result.treatment, result.pages) == (Treatment.DEFER, False)
    assert result.alert_at == opening_after(window)
    assert result.callback_due == opening_after(window) + TWO_HOURS
    assert result.billable
    assert "deferred" in result.flags
    assert "E3" in result.clauses


def test_server_product_in_support_hours_is_owed_what_every_message_is(terms: Terms) -> None:
    message = a_message("support_hours", product="server")

    result = sort(message, terms)

    assert result.pages
    assert result.callback_due == message.left_at + TWO_HOURS
    assert "E3" not in result.clauses


def test_server_message_spoken_across_the_opening_belongs_to_the_day_that_begins(terms: Terms) -> None:
    answered = datetime.fromisoformat("2026-03-09T07:59:00-04:00").astimezone(UTC)
    message = a_message(product="server", answered_at=answered, left_at=answered + timedelta(minutes=2))

    result = sort(message, terms)

    assert result.window == "overnight"
    assert result.alert_at == message.left_at
    assert result.callback_due == message.left_at + TWO_HOURS


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("emergency", [False, True])
def test_discontinued_product_is_listed_for_the_next_support_day_and_owed_no_callback(
    window: str, emergency: bool, terms: Terms
) -> None:
    result = sort(a_message(window, product="discontinued", emergency=emergency), terms)

    assert (result.treatment, result.pages, result.callback_due) == (Treatment.LIST, False, None)
    assert result.alert_at == opening_after(window)
    assert not result.billable
    assert "not_supported" in result.flags
    assert "E3" in result.clauses


def test_product_that_the_owner_lists_is_kept_for_the_next_support_day(contract: Callable[[str], Terms]) -> None:
    terms = contract('products.application.after_hours = "list"')

    night, day = (sort(a_message(window, product="application"), terms) for window in ("overnight", "support_hours"))

    assert (night.treatment, night.billable, night.flags) == (Treatment.LIST, True, ())
    assert day.treatment is Treatment.PAGE


@pytest.mark.parametrize(
    ("window", "rate", "clauses"),
    [
        ("support_hours", "standard", {"W1", "R2"}),
        ("evening", "standard", {"W2", "R2"}),
        ("overnight", "after_hours", {"W3", "R1", "E1"}),
        ("other", "after_hours", {"W4", "R1", "E1"}),
    ],
)
def test_window_of_the_message_sets_rate_condition_and_clauses(
    window: str, rate: str, clauses: set[str], terms: Terms
) -> None:
    result = sort(a_message(window, attested=True), terms)

    assert result.rate == rate
    assert result.onsite_required is ("E1" in clauses)
    assert set(result.clauses) == clauses | {"W5", "W6"}
    assert result.flags == ()


def test_closure_day_is_no_support_day_and_cites_its_rule(contract: Callable[[str], Terms]) -> None:
    terms = contract("hours.closures = [2026-03-04]")

    result = sort(a_message("support_hours"), terms)

    assert (result.window, result.support_day, result.rate) == ("other", False, "after_hours")
    assert {"T3", "W4", "R1"} <= set(result.clauses)


def test_local_time_is_the_wall_clock_when_the_call_was_answered(terms: Terms) -> None:
    result = sort(a_message("overnight"), terms)

    assert result.local_time.isoformat() == ANSWERED["overnight"]
    assert result.support_day


@pytest.mark.parametrize("window", ["overnight", "other"])
@pytest.mark.parametrize("attested", [None, False])
def test_message_without_attestation_is_flagged_and_still_due(window: str, attested: bool | None, terms: Terms) -> None:
    message = a_message(window, attested=attested)

    result = sort(message, terms)

    assert result.flags == ("not_attested",)
    assert result.callback_due == message.left_at + TWO_HOURS


@pytest.mark.parametrize("window", ["support_hours", "evening"])
def test_attestation_is_no_condition_where_the_window_has_none(window: str, terms: Terms) -> None:
    assert sort(a_message(window, attested=None), terms).flags == ()


def test_emergency_is_flagged_and_cites_its_rule(terms: Terms) -> None:
    result = sort(a_message("other", emergency=True, attested=True), terms)

    assert result.flags == ("emergency",)
    assert "E2" in result.clauses
    assert result.pages


def test_window_is_that_of_the_answer_and_deadline_that_of_the_end(terms: Terms) -> None:
    answered = datetime.fromisoformat("2026-03-04T19:59:30-05:00")
    message = Message(answered_at=answered, left_at=answered + timedelta(minutes=3))

    result = sort(message, terms)

    assert (result.window, result.rate) == ("evening", "standard")
    assert result.callback_due == answered + timedelta(hours=2, minutes=3)


def test_each_window_may_have_a_promise_of_its_own(contract: Callable[[str], Terms]) -> None:
    terms = contract('windows.evening.callback_within = "20s"\nwindows.other.callback_within = "3h"')

    spans = {}
    for window in WINDOWS:
        message = a_message(window)
        due = sort(message, terms).callback_due
        spans[window] = due - message.left_at if due else None

    assert spans["evening"] == timedelta(seconds=20)
    assert spans["other"] == timedelta(hours=3)
    assert spans["support_hours"] == spans["overnight"] == TWO_HOURS


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("product", get_args(ProductLine))
def test_hang_up_is_kept_for_review_and_owed_nothing(product: ProductLine, window: str, terms: Terms) -> None:
    result = sort(a_message(window, product=product, is_hang_up=True), terms)

    assert (result.treatment, result.pages) == (Treatment.REVIEW, False)
    assert result.callback_due is None
    assert result.alert_at is None
    assert "hang_up" in result.flags


def test_missing_recording_is_flagged_and_still_due(terms: Terms) -> None:
    message = a_message("evening", is_recorded=False)

    result = sort(message, terms)

    assert result.flags == ("no_recording",)
    assert result.callback_due == message.left_at + TWO_HOURS


@pytest.mark.parametrize(
    ("seconds", "is_short"), [(0, True), (2, True), (2.999, True), (3, False), (4, False), (None, False)]
)
def test_recording_under_three_seconds_is_a_hang_up(seconds: float | None, is_short: bool, terms: Terms) -> None:
    duration = None if seconds is None else timedelta(seconds=seconds)

    assert is_hang_up(duration=duration, is_recorded=True, is_silent=None, terms=terms) is is_short


@pytest.mark.parametrize(
    ("absent_recording", "is_silent", "is_nobody"),
    [
        ("page", None, False),
        ("page", False, False),
        ("page", True, True),
        ("list", None, True),
        ("list", False, False),
        ("list", True, True),
    ],
)
def test_absent_recording_is_a_missed_call_unless_it_was_silent_or_the_owner_says_otherwise(
    absent_recording: str, is_silent: bool | None, is_nobody: bool, contract: Callable[[str], Terms]
) -> None:
    terms = contract(f'intake.absent_recording = "{absent_recording}"')

    found = is_hang_up(duration=timedelta(0), is_recorded=False, is_silent=is_silent, terms=terms)

    assert found is is_nobody


def test_message_is_left_when_its_recording_ends(terms: Terms) -> None:
    left = left_at(
        started_at=HEARD - timedelta(seconds=90), duration=timedelta(seconds=30), heard_at=HEARD, terms=terms
    )

    assert left == HEARD - timedelta(seconds=60)


def test_message_found_hours_later_keeps_its_own_time(terms: Terms) -> None:
    started = HEARD - timedelta(hours=9)

    left = left_at(started_at=started, duration=timedelta(seconds=40), heard_at=HEARD, terms=terms)

    assert left == started + timedelta(seconds=40)


def test_recording_without_a_length_ends_where_it_starts(terms: Terms) -> None:
    started = HEARD - timedelta(seconds=5)

    assert left_at(started_at=started, duration=None, heard_at=HEARD, terms=terms) == started


def test_recording_without_a_start_ended_when_we_heard_of_it(terms: Terms) -> None:
    assert left_at(started_at=None, duration=timedelta(seconds=30), heard_at=HEARD, terms=terms) == HEARD


@pytest.mark.parametrize(
    ("ahead", "believed"),
    [(timedelta(seconds=59), True), (timedelta(seconds=60), True), (timedelta(seconds=61), False)],
)
def test_recording_dated_ahead_is_believed_up_to_the_tolerance(ahead: timedelta, believed: bool, terms: Terms) -> None:
    left = left_at(started_at=HEARD + ahead, duration=None, heard_at=HEARD, terms=terms)

    assert left == (HEARD + ahead if believed else HEARD)


def test_tolerance_counts_the_end_of_the_recording_and_not_its_start(terms: Terms) -> None:
    left = left_at(started_at=HEARD, duration=timedelta(minutes=4), heard_at=HEARD, terms=terms)

    assert left == HEARD


@given(
    started=st.none() | st.integers(-400_000, 400_000),
    duration=st.none() | st.integers(0, 300),
    tolerance=st.integers(0, 600),
)
def test_message_is_never_left_further_ahead_than_the_tolerance(
    started: int | None, duration: int | None, tolerance: int, terms: Terms
) -> None:
    rule = terms.intake.model_copy(update={"clock_tolerance": timedelta(seconds=tolerance)})
    start = None if started is None else HEARD + timedelta(seconds=started)
    length = None if duration is None else timedelta(seconds=duration)

    left = left_at(started_at=start, duration=length, heard_at=HEARD, terms=terms.model_copy(update={"intake": rule}))

    assert left <= HEARD + timedelta(seconds=tolerance)
    assert left in {HEARD, (start or HEARD) + (length or timedelta(0))}


@pytest.mark.parametrize(
    ("answered", "started", "expected"),
    [(-60, -50, -60), (None, -50, -50), (-60, None, -60), (None, None, 0), (-10, -50, -50), (90, 60, 0)],
)
def test_call_was_answered_no_later_than_its_recording_began(
    answered: int | None, started: int | None, expected: int
) -> None:
    at = [None if seconds is None else HEARD + timedelta(seconds=seconds) for seconds in (answered, started)]

    assert answered_at(answered=at[0], started_at=at[1], left=HEARD) == HEARD + timedelta(seconds=expected)


def test_second_message_joins_the_case_that_is_due_first(terms: Terms) -> None:
    later = a_promise(Treatment.PAGE, HEARD + TWO_HOURS, terms)

    assert folds_into(case_due=HEARD + TWO_HOURS - timedelta(seconds=1), message=later)
    assert folds_into(case_due=HEARD + TWO_HOURS, message=later)


def test_message_with_an_earlier_deadline_opens_a_case_of_its_own(terms: Terms) -> None:
    urgent = a_promise(Treatment.PAGE, HEARD + TWO_HOURS, terms)

    assert not folds_into(case_due=HEARD + TWO_HOURS + timedelta(seconds=1), message=urgent)


@pytest.mark.parametrize("case_due", [None, HEARD])
def test_hang_up_joins_whatever_case_is_open(case_due: datetime | None, terms: Terms) -> None:
    assert folds_into(case_due=case_due, message=a_promise(Treatment.REVIEW, None, terms))


def test_promise_never_joins_a_case_that_promises_nothing(terms: Terms) -> None:
    assert not folds_into(case_due=None, message=a_promise(Treatment.PAGE, HEARD, terms))
    assert not folds_into(case_due=None, message=a_promise(Treatment.DEFER, HEARD, terms))


@given(
    seconds=st.integers(0, 4 * 365 * 86_400),
    spoken=st.integers(0, 300),
    product=st.sampled_from(get_args(ProductLine)),
    later=st.integers(0, 300_000),
)
def test_deadline_follows_the_message_and_never_moves_back(
    seconds: int, spoken: int, product: ProductLine, later: int, terms: Terms
) -> None:
    answered = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    message = Message(answered_at=answered, left_at=answered + timedelta(seconds=spoken), product=product)

    result = sort(message, terms)
    delayed = sort(replace(message, left_at=message.left_at + timedelta(seconds=later)), terms)

    assert result.alert_at is not None
    assert result.alert_at >= message.left_at
    assert (result.callback_due is None) is (product == "discontinued")
    if result.callback_due and delayed.callback_due:
        assert result.callback_due >= message.left_at + TWO_HOURS
        assert delayed.callback_due >= result.callback_due
