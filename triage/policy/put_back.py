"""A clock that was ahead and has been put back: what it wrote lies in the future, and everybody would wait for it."""

from __future__ import annotations

from datetime import datetime, timedelta

CLOCKS_MAY_DIFFER_BY = timedelta(minutes=1)
"""Between nodes. A sign of life further ahead than this means that the clock was wrong, and was put back."""

MISDATED = "misdated"
"""The mark of a case that a wrong clock dated when it was opened, worked on, closed or billed. Nobody knows better when
that was, and an hour that was billed is not changed behind anybody's back: people are told."""


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether an instant lies where nobody can have been: it was written by a clock that has been put back since."""
    return at - now > CLOCKS_MAY_DIFFER_BY


def brought_back(at: datetime, seen: datetime, now: datetime) -> datetime:
    """Where an instant lies by the clock as it is, that was written by one which last showed `seen` and shows `now`.

    What was to come after so much time comes after what was left of it. What lies before the put-back keeps its order,
    and comes after what was written at this very instant before.
    """
    return at - (seen - now) + timedelta(microseconds=1)


def due_again(at: datetime, seen: datetime, now: datetime) -> datetime:
    """When something is to be looked at that was to be looked at `at`: at once, where that was over already."""
    return max(now, at - (seen - now))
