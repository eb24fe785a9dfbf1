"""What a call to the caller came to, and when unanswered attempts stand for a callback."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from triage.policy.terms import Callback


class Outcome(StrEnum):
    """What became of one call to the caller, as the phone network has it."""

    CONNECTED = "connected"  # somebody picked up
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    BOX = "box"  # somebody picked up, and the technician says that it was a voicemail box
    FAILED = "failed"  # the network could not ring it
    CANCELED = "canceled"  # the technician hung up while it rang
    LOST = "lost"  # the phone system never told, though it was asked


NOBODY_TO_CALL = "nobody_to_call"
"""The flag of a case that was closed for that."""

_WITHOUT_WORDS = frozenset({"no_recording", "little_said", "hang_up"})


def is_nobody_to_call(number: str | None, flags: Iterable[str]) -> bool:
    """Whether nothing says who is to be called: there is no number, and no message that could name one."""
    return number is None and not _WITHOUT_WORDS.isdisjoint(flags)


ATTEMPTS = frozenset({Outcome.BUSY, Outcome.NO_ANSWER, Outcome.BOX})
"""What is an attempt on record: the phone rang, or could have, and the caller did not talk."""

_ENDS = {
    "completed": Outcome.CONNECTED,
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELED,
}


def outcome_of(status: str) -> Outcome | None:
    """What a call status of the phone system says of the caller's leg; None while the leg runs.

    `completed` is a leg that was picked up: a leg nobody picks up ends as busy, no-answer, failed or canceled.
    """
    return _ENDS.get(status)


_GUESSED = frozenset({Outcome.CANCELED, Outcome.LOST})
"""What is also concluded from hearing nothing."""


def may_be_replaced(outcome: Outcome, reported: Outcome) -> bool:
    """Whether a report says more than what is on record, which may be no more than silence."""
    return outcome in _GUESSED and reported not in _GUESSED


BOX_LASTS_AT_MOST = timedelta(minutes=3)
"""Reading: whatever lasted longer was a conversation; a text does not make a voicemail box of it."""

BOX_KEY_WITHIN = timedelta(seconds=30)
"""Longer than the question after a conversation is spoken and waits for its key: then the words are told."""

SAID_WITHIN = timedelta(minutes=10)
"""Reading: so long after the call TRIED is taken to be about it; later it is about another try."""

CALL_IS_OF_THE_MOMENT = timedelta(minutes=3)
"""Reading: a technician who asked to be put through and was not rung by then is told so, and not rung any more."""


def is_about_call(ended_at: datetime | None, now: datetime) -> bool:
    """Whether TRIED is about a call of theirs that is over, and not about another try since."""
    return ended_at is not None and now - ended_at <= SAID_WITHIN


def may_have_been_a_box(ended_at: datetime | None, seconds: int | None, now: datetime) -> bool:
    """Whether TRIED may mean that a connected call reached a voicemail box only."""
    if ended_at is None or seconds is None:
        return False
    return is_about_call(ended_at, now) and timedelta(seconds=seconds) <= BOX_LASTS_AT_MOST


def met_by_attempts_at(attempts: Iterable[datetime], rule: Callback) -> datetime | None:
    """When enough attempts, each long enough after the one before, had been made; None where they are too few.

    Attempts are told of late, and in any order: the one that was told of last need not be the one that met it.
    """
    counted = 0
    last: datetime | None = None
    for at in sorted(attempts):
        if last is None or at - last >= rule.attempts_apart:
            counted += 1
            last = at
        if counted >= rule.attempts_that_count:
            return last
    return None
