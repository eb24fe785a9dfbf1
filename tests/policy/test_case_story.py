"""The verdict of a case's story, and what of the contract it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from triage.policy.case_story import verdict
from triage.policy.contract_words import applied
from triage.policy.terms import Terms

LEFT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
DUE = LEFT + timedelta(hours=2)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


NAMES = {"lee": "Lee Okafor", "kim": "Kim"}


def case(*events: dict[str, Any], **changed: Any) -> dict[str, Any]:
    record = {"left_at": LEFT, "callback_due": DUE, "acknowledged_at": None, "events": events}
    return record | {"callback_made_at": None, "breached_at": None} | changed


def broken(*events: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return case(*events, breached_at=DUE, **changed)


def event(kind: str, minutes: int = 0, person: str | None = "lee", **details: Any) -> dict[str, Any]:
    """So many minutes after the deadline."""
    return {"kind": kind, "at": DUE + minutes * MINUTE, "details": {"person": person, **details}}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (case(callback_made_at=DUE), "The promise was kept: the callback was made 0 s before the deadline."),
        (
            case(callback_made_at=DUE - 61 * SECOND),
            "The promise was kept: the callback was made 1 min 01 s before the deadline.",
        ),
        (case(callback_due=None), "No callback was promised for this message."),
        (case(), "Not decided: neither a callback nor a missed deadline is on record."),
    ],
)
def test_the_verdict_is_what_the_record_says(record: dict[str, Any], said: str, terms: Terms) -> None:
    assert verdict(record, terms, NAMES) == said


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (broken(), "nobody was alerted, and nobody took it."),
        (broken(event("alert_made")), "1 alert, nobody answered."),
        (broken(*[event("alert_made")] * 14), "14 alerts, nobody answered."),
        (broken(event("alert_made"), event("passed"), event("alert_made")), "2 alerts, nobody took it."),
        (broken(event("acknowledged", -85)), "Lee Okafor took it at 10:05 PM EST, and no callback is on record."),
        (
            broken(event("acknowledged", 459)),
            "nobody took it until Sat 7:09 AM EST; Lee Okafor took it, and no callback is on record.",
        ),
        (
            broken(event("acknowledged", -85), event("attempted"), event("acknowledged", 9, "kim")),
            "Lee Okafor and then Kim took it at 10:05 PM EST, tried once and reached nobody.",
        ),
        (
            broken(event("acknowledged", -85), event("caller_dialled", -84)),
            "Lee Okafor took it at 10:05 PM EST and did not get through.",
        ),
        (
            broken(event("acknowledged", -9), event("called_back", 6), callback_made_at=DUE + 6 * MINUTE),
            "Lee Okafor called at 11:36 PM EST, 6 min late.",
        ),
        (
            broken(
                event("acknowledged", 5),
                event("called_back", 6, basis="stated"),
                callback_made_at=DUE + 6 * MINUTE,
            ),
            "nobody took it until 11:35 PM EST; Lee Okafor called, by their own word, at 11:36 PM EST, 6 min late.",
        ),
        (
            case(event("called_back", 1, None, basis="attempts"), callback_made_at=DUE + SECOND),
            "somebody reached nobody; the attempt that counts as the callback was at 11:30 PM EST, 1 s late.",
        ),
    ],
)
def test_a_broken_promise_says_in_a_sentence_why(record: dict[str, Any], said: str, terms: Terms) -> None:
    assert verdict(record, terms, NAMES) == f"Broken: {said}"


def test_only_what_decided_about_the_case_is_shown(terms: Terms) -> None:
    shown = list(applied(terms, rules={"W3", "E3", "R1"}, product="server", is_emergency=False))

    assert {rule for rule, _ in shown} == {"T1", "T2", "T3", "T4", "T5", "W3", "E3", "R1", ""}
    assert [words for rule, words in shown if rule == "E3"] == [
        "Server outside support hours: deferred to the next support day, due 2 hours after opening."
    ]
    assert not [words for _, words in shown if words.startswith("Emergency step")]
