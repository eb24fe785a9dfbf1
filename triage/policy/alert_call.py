"""What a key means on a call that alerts. Only a key answers it: whoever picks up may be a voicemail box."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from triage.policy.terms import Terms

MOST_KEYS = 10
"""Of one call; then nobody chooses any more."""

LINE_TRIED_EVERY = timedelta(seconds=30)
"""How often a call that waits for its phone's line looks whether it is free, if no report of that comes."""

_SPOKEN_FOR = timedelta(seconds=100)
"""Longer than an alert call is spoken to somebody who presses no key."""

_MOST_WRONG = 2


class Choice(StrEnum):
    """What the person on the call wants."""

    TAKE = "take"
    CALL_NOW = "call_now"  # take it, and be put through to the caller
    HAND_ON = "hand_on"
    LISTEN = "listen"  # hear the recordings, then choose
    AGAIN = "again"  # a key that means nothing: hear the menu again
    NOTHING = "nothing"  # so many of those that nobody chooses


KEYS = {"1": Choice.TAKE, "2": Choice.CALL_NOW, "3": Choice.HAND_ON, "9": Choice.LISTEN}

ANSWERS = frozenset({Choice.TAKE, Choice.CALL_NOW, Choice.HAND_ON})
"""What answers the alert. To listen does not: whoever falls asleep over it has decided nothing."""


def choice(pressed: str) -> Choice:
    """What the last of these keys asks for, after those before it on the same call."""
    meant = KEYS.get(pressed[-1:])
    if meant in ANSWERS:
        return meant
    wrong = sum(key not in KEYS for key in pressed)
    if wrong > _MOST_WRONG or len(pressed) >= MOST_KEYS:
        return Choice.NOTHING
    return meant or Choice.AGAIN


def is_answered(pressed: str) -> bool:
    """Whether one of these keys answered the call, whatever was pressed after it."""
    return any(KEYS.get(key) in ANSWERS for key in pressed)


def with_key(pressed: str, key: str, turn: int) -> str | None:
    """The keys of a call after the `turn`-th one, from 1; None where that turn had its key already, or came too late.

    A phone system repeats its requests: each turn counts once. A turn that never arrived leaves a gap, `-`.
    """
    if not len(pressed) < turn <= MOST_KEYS:
        return None
    return pressed.ljust(turn - 1, "-") + key


def keeps_line_for(terms: Terms) -> timedelta:
    """How long a call of ours whose end nobody reports is taken to keep its phone's line, from its placing on."""
    return max(terms.alert_call.rings_for, terms.callback.technician_rings_for) + _SPOKEN_FOR
