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
