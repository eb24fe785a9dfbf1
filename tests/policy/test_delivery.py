"""The life of one SMS or call, when it is tried again, and Twilio's words in ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.delivery import FINAL, DeliveryState, accepts, is_spent
from triage.policy.retry import GIVE_UP_SEARCHING_AFTER, REPEAT_AFTER, SENDING_LEASE, may_repeat, next_attempt
from triage.policy.twilio_words import (
    ALERT_CALL_STATUS,
    ASKED_CALL_STATUS,
    ERROR_CODES,
    MESSAGE_STATUS,
    UNEXPLAINED,
    meaning,
)

NOW = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
ORDER = ("planned", "sending", "unknown", "accepted", "sent", "delivered")


def after(reports: list[DeliveryState]) -> DeliveryState:
    state = DeliveryState.PLANNED
    for reported in reports:
        state = reported if accepts(state, reported) else state
    return state


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(ORDER)))
def test_report_moves_a_delivery_forward_only(earlier: str, later: str) -> None:
    assert accepts(DeliveryState(earlier), DeliveryState(later))
    assert not accepts(DeliveryState(later), DeliveryState(earlier))


@pytest.mark.parametrize("state", DeliveryState)
def test_repeated_report_changes_nothing(state: DeliveryState) -> None:
    assert not accepts(state, state)


def test_nothing_follows_what_is_final() -> None:
    assert {DeliveryState(word) for word in ("delivered", "failed", "bundled", "dropped")} == FINAL
    assert not [(state, report) for state in FINAL for report in DeliveryState if accepts(state, report)]


@pytest.mark.parametrize("state", [state for state in DeliveryState if state not in FINAL])
@pytest.mark.parametrize("final", sorted(FINAL))
def test_every_unfinished_delivery_can_end_in_any_way(state: DeliveryState, final: DeliveryState) -> None:
    assert accepts(state, final)


@given(reports=st.lists(st.sampled_from([DeliveryState(word) for word in ORDER])), data=st.data())
def test_reports_in_any_order_and_number_end_in_the_same_state(
    reports: list[DeliveryState], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations([*reports, *reports]))

    assert after(shuffled) == after(reports)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)])
def test_pause_doubles_with_every_attempt(attempts: int, seconds: int) -> None:
    assert next_attempt(attempts, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("attempts", [6, 7, 100])
def test_sixth_attempt_is_the_last(attempts: int) -> None:
    assert next_attempt(attempts, NOW) is None


@pytest.mark.parametrize(
    ("seconds", "was_searched", "allowed"),
    [
        *((39, True, False), (40, True, True), (41, True, True)),
        *((120, False, False), (599, False, False), (600, False, True), (601, False, True)),
    ],
)
def test_unknown_outcome_is_repeated_once_the_list_did_not_have_it(
    seconds: int, was_searched: bool, allowed: bool
) -> None:
    started = NOW - timedelta(seconds=seconds)

    assert may_repeat(started_at=started, was_searched=was_searched, rings_for=timedelta(0), now=NOW) is allowed


@pytest.mark.parametrize(("rings_for", "waits_for"), [(5, 40), (10, 40), (20, 50), (90, 120), (600, 630)])
@pytest.mark.parametrize("was_searched", [True, False])
def test_call_is_repeated_only_when_the_first_can_ring_no_more(
    rings_for: int, waits_for: int, was_searched: bool
) -> None:
    waits_for = waits_for if was_searched else max(waits_for, 600)
    for seconds, is_allowed in ((waits_for - 1, False), (waits_for, True)):
        started, rings = NOW - timedelta(seconds=seconds), timedelta(seconds=rings_for)
        allowed = may_repeat(started_at=started, was_searched=was_searched, rings_for=rings, now=NOW)
        assert allowed is is_allowed


def test_sender_is_given_up_before_its_alert_is_repeated() -> None:
    assert SENDING_LEASE < REPEAT_AFTER < GIVE_UP_SEARCHING_AFTER


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *(("accepted", "accepted"), ("scheduled", "accepted"), ("queued", "accepted"), ("sending", "accepted")),
        *(("sent", "sent"), ("delivered", "delivered"), ("read", "delivered"), ("partially_delivered", "delivered")),
        *(("undelivered", "failed"), ("failed", "failed"), ("canceled", "failed")),
    ],
)
def test_status_of_a_message_in_our_words(status: str, state: str) -> None:
    assert MESSAGE_STATUS[status] == state
    assert len(MESSAGE_STATUS) == 11


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *(("queued", "accepted"), ("initiated", "accepted"), ("ringing", "sent")),
        *(("in-progress", "sent"), ("completed", "failed")),
        *(("busy", "failed"), ("no-answer", "failed"), ("failed", "failed"), ("canceled", "failed")),
    ],
)
def test_status_of_an_alert_call_never_makes_it_answered(status: str, state: str) -> None:
    assert ALERT_CALL_STATUS[status] == state
    assert len(ALERT_CALL_STATUS) == 9


def test_call_that_puts_a_technician_through_is_delivered_once_they_pick_up() -> None:
    differs = {status: state for status, state in ASKED_CALL_STATUS.items() if ALERT_CALL_STATUS[status] != state}

    assert differs == {"in-progress": "delivered", "completed": "delivered"}


@pytest.mark.parametrize(
    ("rung", "spent"),
    [
        ("sms:delivered", False),
        ("sms:failed", True),
        ("sms:failed sms:delivered", False),
        ("sms:failed sms:bundled", False),
        ("sms:failed sms:dropped", True),
        ("sms:delivered voice:failed", True),
        ("sms:failed voice:sent", False),
        ("sms:failed voice:unknown", False),
        ("sms:delivered voice:delivered", False),
        ("sms:delivered voice:failed voice:sent", False),
        ("sms:delivered voice:failed sms:delivered voice:failed sms:delivered", True),
        ("sms:delivered voice:failed voice:dropped", True),
        ("sms:delivered voice:dropped", False),
        ("sms:failed voice:dropped", True),
    ],
)
def test_rung_is_spent_when_its_calls_are_dead_or_its_texts_where_it_called_nobody(rung: str, spent: bool) -> None:
    sent = [(carrier, DeliveryState(state)) for carrier, state in (one.split(":") for one in rung.split())]

    assert is_spent(sent) is spent


@pytest.mark.parametrize(
    ("code", "marks"),
    [
        *((20003, "permanent"), (20429, ""), (21211, "permanent"), (21408, "permanent")),
        *((21602, "permanent"), (21606, "permanent"), (21610, "permanent blocks"), (21611, "")),
        *((21614, "permanent blocks"), (21617, "permanent"), (30001, ""), (30003, ""), (30004, "permanent")),
        *((30005, "permanent"), (30006, "permanent blocks"), (30007, "permanent"), (30008, "")),
        *((20005, "permanent"), (30002, "permanent"), (30023, "permanent"), (30032, "permanent")),
        *((30022, ""), (30034, "permanent"), (30036, ""), (63038, "permanent")),
    ],
)
def test_error_code_in_our_words(code: int, marks: str) -> None:
    meant = meaning(code)
    found = {"permanent": meant.is_permanent, "blocks": meant.blocks_texts}

    assert " ".join(mark for mark, holds in found.items() if holds) == marks
    assert meant is ERROR_CODES[code]
    assert meant.reason[0].isalpha()
    assert len(ERROR_CODES) == 25


@pytest.mark.parametrize("code", [None, 0, 99999])
def test_code_that_nobody_knows_may_pass(code: int | None) -> None:
    assert meaning(code) is UNEXPLAINED
    assert not UNEXPLAINED.is_permanent
