"""When unanswered attempts stand for a callback."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from triage.policy.terms import Callback


def attempts_meet_the_promise(attempts: Iterable[datetime], rule: Callback) -> bool:
    """Whether enough attempts, each long enough after the one before, are on record."""
    counted = 0
    last: datetime | None = None
    for at in sorted(attempts):
        if last is None or at - last >= rule.attempts_apart:
            counted += 1
            last = at
    return counted >= rule.attempts_that_count
