"""Whether texts or calls get through at all: one dead phone is no fault of the carriage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.carriage import Sent, blocked, taken_within
from triage.policy.delivery import DeliveryState

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def sent(told: str) -> Sent:
    """From words such as `a failed 30034`: whose phone, its state, a code; `-` before the state was never taken."""
    phone, state, *code = told.split()
    return Sent(
        at=NOW - timedelta(minutes=5),
        channel="voice" if state == "unanswered" else "sms",
        phone=phone,
        is_to_staff=phone.islower(),
        is_taken=not state.startswith("-"),
        state=DeliveryState("failed" if state == "unanswered" else state.lstrip("-")),
        code=int(code[0]) if code else None,
        reason="nobody picked up" if state == "unanswered" else "a reason.",
    )


@pytest.mark.parametrize(
    ("newest_first", "why"),
    [
        ("", None),
        ("a delivered, b failed 30034", None),
        ("a failed 30034, b delivered", "our number is not registered with the carriers (30034)"),
        ("a failed 30002", "the account is suspended (30002)"),
        ("a -failed 20005", "the account is not active (20005)"),
        ("b accepted, a -failed 20003", None),
        ("b accepted, a failed 30034", "our number is not registered with the carriers (30034)"),
        ("a failed, b failed", None),
        ("a failed 30008, b failed 30008, a failed 30008", "the last 3 to 2 phones did not get through: a reason"),
        ("a failed, a failed, a failed", None),
        ("a failed 30005, b failed 30005, c failed 30005", None),
        ("A failed 30006, B failed 30006, C failed 30006", None),
        ("a failed 30003, b failed 30003, c failed 30003", "the last 3 to 3 phones did not get through: a reason"),
        ("A failed 30003, B failed 30003, C failed 30003", None),
        ("a -unknown, a -dropped, a -dropped", "the phone system did not answer the last 3 attempts"),
        ("a -unknown, a -dropped", None),
        ("a unanswered, b failed 30034", None),
        ("a sent, b failed 30034", None),
    ],
)
def test_it_is_told_from_the_newest(newest_first: str, why: str | None) -> None:
    found = blocked([sent(told) for told in newest_first.split(", ") if told], NOW)

    assert (found.why if found else None) == why


def test_within_what_time_a_share_was_taken_is_told_for_each_channel() -> None:
    spans = [("sms", timedelta(seconds=number)) for number in range(1, 101)] + [("voice", timedelta(seconds=7))]

    seconds = {name: span.total_seconds() for name, span in taken_within(spans).items()}

    assert {share: found for (channel, share), found in seconds.items() if channel == "sms"} == {
        0.5: 50,
        0.99: 99,
        1: 100,
    }
    assert {found for (channel, _), found in seconds.items() if channel == "voice"} == {7}
    assert taken_within([]) == {}
