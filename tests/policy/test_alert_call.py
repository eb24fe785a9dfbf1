"""What the keys of an alert call mean, one after the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.alert_call import ANSWERS, MOST_KEYS, Choice, choice, with_key

KEYPAD = "0123456789*#"
KEYS = st.text(KEYPAD, min_size=1, max_size=MOST_KEYS)


@pytest.mark.parametrize(
    ("pressed", "wanted"),
    [
        *(("1", "take"), ("2", "call_now"), ("3", "hand_on"), ("9", "listen")),
        *(("7", "again"), ("77", "again"), ("777", "nothing"), ("*#0", "nothing")),
        *(("771", "take"), ("7773", "hand_on"), ("97", "again"), ("9797", "again"), ("97977", "nothing")),
        *(("999", "listen"), ("99", "listen"), ("91", "take"), ("-1", "take")),
        *(("9" * (MOST_KEYS - 1), "listen"), ("9" * MOST_KEYS, "nothing")),
    ],
)
def test_last_key_is_what_is_wanted(pressed: str, wanted: str) -> None:
    assert choice(pressed) == wanted


def test_only_a_decision_answers_the_alert() -> None:
    assert {choice(key) for key in KEYPAD} & ANSWERS == {Choice.TAKE, Choice.CALL_NOW, Choice.HAND_ON}


@given(pressed=KEYS)
def test_keys_that_decide_nothing_come_to_an_end(pressed: str) -> None:
    waiting = [choice(pressed[:number]) for number in range(1, len(pressed) + 1)]

    assert len([wanted for wanted in waiting if wanted in {Choice.AGAIN, Choice.LISTEN}]) < MOST_KEYS


@pytest.mark.parametrize(
    ("pressed", "turn", "after"),
    [
        *(("", 1, "7"), ("3", 1, None), ("39", 2, None), ("3", 2, "37"), ("3", 4, "3--7"), ("", 2, "-7")),
        *(("9" * 9, 10, "9" * 9 + "7"), ("9" * 10, 11, None), ("", 11, None)),
    ],
)
def test_each_turn_has_one_key(pressed: str, turn: int, after: str | None) -> None:
    assert with_key(pressed, "7", turn) == after
