"""What the policy page is made of: notes of the shipped file, differences, nights, what a message is owed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from triage.policy.contract_figures import by_rule, by_table, changes, figures
from triage.policy.intake import Message, sort
from triage.policy.nights import nights
from triage.policy.owed_words import owed
from triage.policy.terms import Terms

SHIPPED = (Path(__file__).parents[2] / "config/policy.toml").read_text()


def test_every_reading_of_the_shipped_file_is_told_with_its_value(terms: Terms) -> None:
    found = figures(terms, terms, SHIPPED)
    contract, spoken = SHIPPED.split("[spoken.en]")

    assert sum(figure.note.is_reading for figure in found) == contract.count("Reading") - 1  # the head of the file
    assert "Reading" not in spoken
    assert [figure for figure in found if figure.shipped is not None] == []
    [edges] = [figure for figure in found if figure.key == "hours.closes"]
    assert (edges.value, edges.note.rules, edges.note.words[:12]) == ("17:00", ("T2", "T4"), "every window")
    assert by_table(found)["ladder"][3].value == "after 6m, to primary, by voice, at least 1"


def test_every_rule_has_its_sentences_and_its_readings(terms: Terms) -> None:
    rules = {rule: (said, taken) for rule, said, taken in by_rule(terms, figures(terms, terms, SHIPPED))}

    assert next(iter(rules)) == "T1"
    assert list(rules)[-1] == ""
    assert [figure.key for figure in rules["W2"][1]] == ["windows.evening.ends"]
    assert [figure.note.words for figure in rules["W6"][1]] == [
        "the window of the message sets the rate of the whole session."
    ]


def test_what_one_contract_lacks_is_added_or_removed() -> None:
    found = changes(
        {"a": {"b": True, "gone": 3}, "steps": [{"to": ["x"]}]},
        {"a": {"b": False}, "steps": [{"to": ["x"]}, {"to": ["y", "z"]}], "list": []},
        "",
    )

    assert [(change.key, change.in_a_word, change.was, change.now) for change in found] == [
        ("a.b", "changed", "yes", "no"),
        ("a.gone", "removed", "3", None),
        ("list", "added", None, "none"),
        ("steps.2.to", "added", None, "y, z"),
    ]


def test_a_night_that_runs_comes_first_and_lasts_as_long_as_it_really_does(contract: Callable[[str], Terms]) -> None:
    after_midnight = datetime(2026, 11, 1, 7, tzinfo=UTC)
    odd = contract('[windows.overnight]\nends = "07:30"')

    assert [night.in_hours for night in islice(nights(after_midnight, contract("")), 2)] == ["13 hours", "12 hours"]
    assert [night.in_hours for night in islice(nights(after_midnight, odd), 2)] == ["12 h 30 min", "11 h 30 min"]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            {},
            "technicians are alerted at once and call back by 11:30 PM EST, within 2 hours (W5). The session",
        ),
        ({}, "after-hours rate, $247.50 for 1 hour, 1 hour at least (R1, W6). Unless the caller confirms"),
        ({"emergency": True, "attested": True}, "(W5); as an emergency by SMS and call, and to two people (E2)."),
        (
            {"product": "discontinued"},
            "it is kept, and managers hear of it at Mon 8:00 AM EST (E3). It is never",
        ),
        ({"product": "server", "emergency": True}, "the emergency key changes nothing for this product (E3)"),
        ({"is_hang_up": True}, "nothing is owed; it is kept for review"),
    ],
)
def test_one_sentence_says_what_a_message_is_owed(message: dict[str, object], told: str, terms: Terms) -> None:
    now = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
    asked = Message(answered_at=now, left_at=now, **message)  # type: ignore[arg-type] # rows of a table

    words = owed(asked, sort(asked, terms), now, terms)

    assert words.startswith("It falls into the overnight window (W3): ")
    assert told in words
