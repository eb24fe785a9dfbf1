"""What a technician reads after a callback that ran through us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.bridge_words import attempt
from triage.policy.callbacks import Outcome
from triage.policy.terms import Terms
from triage.policy.wording import Card

DUE = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
CARD = Card(reference="1042", window="overnight", caller="+13105551234", place=None, due=DUE, flags=())


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(minutes=40), "Call by 1:00 AM EST, 40 min left."),
        (timedelta(0), "Call now: due 1:00 AM EST."),
        (timedelta(minutes=-15), "Call now: due 1:00 AM EST, 15 min late."),
    ],
)
def test_attempt_says_when_the_next_is_due_or_how_late_it_is(left: timedelta, said: str, terms: Terms) -> None:
    text = attempt(CARD, Outcome.BUSY, terms, DUE - left, is_met=False)

    assert text == f"1042: busy, attempt on record. Try again in 10 minutes: CALL 1042. {said}"


def test_attempts_that_meet_the_promise_ask_for_no_other(terms: Terms) -> None:
    text = attempt(CARD, Outcome.NO_ANSWER, terms, DUE, is_met=True)

    assert text == ("1042: no answer, attempt on record; the promise is met by attempts. Reply DONE 1042 to close it.")
