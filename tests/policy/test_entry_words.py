"""What an entry of a case's timeline says beside its title."""

from __future__ import annotations

from typing import Any

import pytest

from triage.policy.entry_words import entry_in_words, entry_one_by_one
from triage.policy.terms import Terms

NAMES = {"lee": "Lee Okafor", "kim": "Kim"}
AT = "2026-11-21T02:30:00Z"
ON_THE_CLOCK = "2026-11-20 21:30:00 EST"


@pytest.mark.parametrize(
    ("kind", "details", "said"),
    [
        (
            "called_back",
            {"person": "lee", "basis": "measured", "made_at": AT, "met": True},
            f"by Lee Okafor; at {ON_THE_CLOCK}; measured by the phone network; in time",
        ),
        (
            "closed",
            {"minutes": 35, "measured_s": 0, "stated_minutes": 35, "note": "new card", "amount": "247.50"},
            "35 min; nothing measured; 35 min typed; $247.50 before tax; note: new card",
        ),
        (
            "billed",
            {"amount": "247.50", "arithmetic": "60 min x 247.50/h", "clauses": ["W3", "R1"]},
            "$247.50 before tax; 60 min x 247.50/h; rules: W3, R1",
        ),
        ("not_billed", {"clauses": ["E3"]}, "rules: E3"),
        ("handed_over", {"person": "kim", "owner": "lee"}, "to Kim; from Lee Okafor"),
        (
            "alert_made",
            {"person": "kim", "channels": ["sms", "voice"], "reason": "ladder", "round": 1, "step": 1},
            "Kim by text and call; somebody has to take it; round 1, step 2 of the ladder",
        ),
        (
            "alert_made",
            {"person": "kim", "channels": ["sms"], "reason": "breach", "round": 1, "step": 1},
            "Kim by text; overdue; alert 2 for that reason, round 1",
        ),
        (
            "call_ended",
            {"person": "lee", "outcome": "busy", "ended_at": AT},
            f"busy; Lee Okafor's call; ended at {ON_THE_CLOCK}",
        ),
        ("call_refused", {"reason": "no_number"}, "the caller's number is not known"),
        ("call_refused", {"reason": "of another release"}, "of another release"),
        ("attempted", {"tried_at": AT, "proven": False}, f"at {ON_THE_CLOCK}; not proven: the technician's word"),
        (
            "reopened",
            {"reason": "wrong", "called_back": False, "before": {"closed_at": AT, "minutes": 35, "billed": ["9.00"]}},
            f"wrong; the caller was not called back; was closed at {ON_THE_CLOCK}; was 35 min; was billed $9.00",
        ),
        (
            "session_corrected",
            {
                "before": {"minutes": 35, "note": "card", "rate": "after_hours", "amount": "247.50", "clauses": ["R1"]},
                "after": {"minutes": 95, "note": "card", "rate": "standard", "amount": "330.00", "clauses": ["R2"]},
                "reason": "it was Friday",
            },
            (
                "was 35 min; was after-hours rate; was $247.50; rules were: R1; now 95 min; standard rate;"
                " $330.00 before tax; note: card; because: it was Friday; rules: R2"
            ),
        ),
        (
            "dealer_recognised",
            {"dealer": "ACME", "technician": "Jo Ray", "by": "PIN"},
            "dealer ACME; Jo Ray; by their PIN",
        ),
        (
            "dealer_set",
            {"dealer": None, "before": "ACME", "amount": "9.00", "amount_before": None, "reason": "sold"},
            "no dealer; was ACME; $9.00 before tax; because: sold",
        ),
        ("recording_kept", {"recording": "RE1", "sha256": "ab", "size": 9}, "9 bytes; SHA-256 ab; recording: RE1"),
        ("delivery_failed", {"person": "lee", "channel": "voice", "why": "nobody picked up"}, "call to Lee Okafor"),
        (
            "delivery_failed",
            {"person": "lee", "channel": "sms", "why": "no such number", "code": 30005},
            "text to Lee Okafor; no such number; error 30005",
        ),
    ],
)
def test_a_detail_is_said_in_words_with_names_and_the_rules_last(
    kind: str, details: dict[str, Any], said: str, terms: Terms
) -> None:
    assert entry_in_words(kind, details, terms, NAMES) == said


def test_what_has_no_words_is_shown_as_it_was_recorded(terms: Terms) -> None:
    details = {
        "person": "lee",
        "minutes": 5,
        "of_another_release": "x\u202ey",
        "before": {"deep": 1},
        "clauses": ["W3"],
    }

    said = entry_one_by_one("closed", details, terms, NAMES)

    assert said == [
        ("", "by Lee Okafor; 5 min"),
        ("of another release", "x y"),
        ("before", "(deep 1)"),
        ("rules", "W3"),
    ]
    assert entry_in_words("no_kind_of_ours", details, terms, NAMES).startswith(
        "person Lee Okafor, minutes 5, of another"
    )


def test_who_did_it_is_named_once_and_whom_it_was_about_beside(terms: Terms) -> None:
    assert entry_in_words("acknowledged", {"person": "lee"}, terms, NAMES, "person:lee") == ""
    assert entry_in_words("acknowledged", {"person": "lee"}, terms, NAMES, "account:7") == "Lee Okafor has it"
    assert entry_in_words("acknowledged", {"person": "lee"}, terms) == "lee has it"


def test_somebodys_words_are_never_taken_for_a_phrase(terms: Terms) -> None:
    assert entry_in_words("noted", {"text": "{person} \\1 {text}"}, terms, NAMES) == "{person} \\1 {text}"
