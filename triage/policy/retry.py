"""When something that did not go out is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

SENDING_LEASE = timedelta(seconds=30)
"""How long a sender may hold a delivery: longer than its call can take, connecting and reading."""

SEARCH_EVERY = timedelta(seconds=10)
"""How often the provider's list is searched for a delivery of unknown outcome."""

REPEAT_AFTER = timedelta(seconds=40)
"""From an attempt of unknown outcome to its marked repeat.

By then a list that lags has caught up, and a report to the address that names the delivery would have come.
"""

GIVE_UP_SEARCHING_AFTER = timedelta(minutes=10)
"""Where the provider's list itself does not answer: an alert twice is better than none."""

ASK_EVERY = timedelta(minutes=2)
"""How soon the phone system is asked again about a text or call where it did not answer the question."""

_ASKED_AFTER = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 15, 60, 24 * 60))
"""When the phone system is asked what became of a text or call whose end it did not report, from its sending on.

Ends are reported within seconds, a text is given up after half an hour, and some carriers never confirm any.
"""

LAST_ASKED_AFTER = _ASKED_AFTER[-1]

_MOST_ATTEMPTS = 6


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` that certainly did not go out: 1, 2, 4, 8, 16 s; then None."""
    if attempts >= _MOST_ATTEMPTS:
        return None
    return now + timedelta(seconds=2 ** (attempts - 1))


def may_repeat(*, started_at: datetime, was_searched: bool, rings_for: timedelta, now: datetime) -> bool:
    """Whether an alert of unknown outcome may be repeated: the list was searched and did not have it.

    Lists lag, so a call, which `rings_for` so long (zero: a text), may be ringing all the same until that time is over
    also for one that was placed as late as its sender could. Nobody is rung twice at once.
    """
    rung_out_after = SENDING_LEASE + rings_for
    return now - started_at >= max(REPEAT_AFTER if was_searched else GIVE_UP_SEARCHING_AFTER, rung_out_after)


def next_question(sent_at: datetime, now: datetime) -> datetime | None:
    """When to ask next what became of a text or call, if no report tells until then; None where that is given up.

    On the full minute, so that of many that are lost together one ring of the bell is enough.
    """
    for pause in _ASKED_AFTER:
        at = (sent_at + pause).replace(second=0, microsecond=0) + timedelta(minutes=1)
        if at > now:
            return at
    return None
