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
SECOND = timedelta(seconds=1)


def case(**changed: Any) -> dict[str, Any]:
    record = {"left_at": LEFT, "callback_due": DUE, "acknowledged_at": None}
    return record | {"callback_made_at": None, "breached_at": None} | changed


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (case(callback_made_at=DUE), "The promise was kept: the callback was made 0 s before the deadline."),
        (case(callback_made_at=DUE - 61 * SECOND), "The promise was kept: the callback was made 1 min 01 s before"),
        (
            case(callback_made_at=DUE + SECOND, breached_at=DUE),
            "The promise was broken: the callback was made 1 s",
        ),
        (case(breached_at=DUE), "The promise was broken: the deadline passed, and no callback in time is on record."),
        (case(callback_due=None), "No callback was promised for this message."),
        (case(), "Not decided: neither a callback nor a missed deadline is on record."),
    ],
)
def test_the_verdict_is_what_the_record_says(record: dict[str, Any], said: str) -> None:
    assert verdict(record).startswith(said)


def test_only_what_decided_about_the_case_is_shown(terms: Terms) -> None:
    shown = list(applied(terms, rules={"W3", "E3", "R1"}, product="server", is_emergency=False))

    assert {rule for rule, _ in shown} == {"T1", "T2", "T3", "T4", "T5", "W3", "E3", "R1", ""}
    assert [words for rule, words in shown if rule == "E3"] == [
        "server outside support hours: deferred to the next support day, due 2h after opening."
    ]
    assert not [words for _, words in shown if words.startswith("Emergency step")]
