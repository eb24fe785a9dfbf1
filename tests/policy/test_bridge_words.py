"""What a technician reads after a callback that ran through us."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.bridge_words import attempt, measured
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
    text = attempt(replace(CARD, called_back_at=DUE), Outcome.NO_ANSWER, terms, DUE, is_met=True)

    assert text == ("1042: no answer, attempt on record; the promise is met by attempts. Reply DONE 1042 to close it.")


@pytest.mark.parametrize(
    ("due", "after_due", "by_call", "by_attempts"),
    [
        (DUE, timedelta(0), "promise met", "the promise is met by attempts"),
        (DUE, timedelta(minutes=4), "called 4 min late", "attempts count as the callback, 4 min late"),
        (None, timedelta(0), "callback on record", "attempts count as the callback"),
    ],
)
def test_what_became_of_the_promise_is_said_as_it_is(
    due: datetime | None, after_due: timedelta, by_call: str, by_attempts: str, terms: Terms
) -> None:
    card = replace(CARD, due=due, called_back_at=DUE + after_due)

    assert measured(card, 300, 300).startswith(f"1042: 5 min 00 s on the phone, {by_call}. Reply DONE 1042")
    assert f"; {by_attempts}. Reply" in attempt(card, Outcome.BUSY, terms, DUE, is_met=True)
