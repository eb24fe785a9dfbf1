"""Lengths of time as people read them, one rule for all texts, sheets and reports.

What is left, or late, is said in whole units and never more than it is. What took place is exact, to the second. Only
what is billed is rounded up, once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

_IN_MINUTES = 240
"""Below so many minutes hours are not used: people reckon with the promise, and that is two hours."""


def minutes_left(due: datetime, now: datetime) -> str:
    """`118 min left`, `40 s left`, `due now` or `12 min late`; whole units, never more than is left."""
    seconds = int(abs((due - now).total_seconds()))
    if seconds == 0:
        return "due now"
    minutes = seconds // 60
    span = f"{seconds} s" if seconds < 60 else f"{minutes} min" if minutes < _IN_MINUTES else f"{minutes // 60} h"
    return f"{span} {'left' if now <= due else 'late'}"


def in_two_units(span: timedelta) -> str:
    """Days, hours and minutes, the two largest: `4 days`, `3 days 11 hours`, `12 hours 30 minutes`."""
    minutes = int(span.total_seconds()) // 60
    counts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    several = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in counts if count]
    if minutes >= 1440 and minutes % 60:
        several.pop()
    return " ".join(several) or "less than a minute"


def exactly(seconds: float) -> str:
    """How long something took: `48 s`, `12 min 03 s`, `5 h 07 min 03 s`; of a second that was begun nothing counts."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes < _IN_MINUTES:
        return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60:02} min {rest:02} s"


def billed_minutes(span: timedelta) -> int:
    """A length in minutes, as it is billed; a minute that was begun counts."""
    return -(-span // timedelta(minutes=1))


def in_hours(minutes: int) -> str:
    """Minutes of a dealer's account: `15 h`, `5 h 30 min`, `45 min`, `0 min`, `-2 h`."""
    hours, rest = divmod(abs(minutes), 60)
    words = " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])
    return f"-{words}" if minutes < 0 else words
