"""What is made of the phone system's lists: what its webhooks may still tell, and from when on to look again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

WEBHOOKS_MAY_TAKE = timedelta(minutes=1)
"""Younger things are left to their webhook: Twilio gives up on one after 15 seconds."""

LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""Where something was left open, or a list failed."""

SIGN_OF_LIFE_WITHIN = timedelta(minutes=1)
"""A scheduler that finds its last sign of life older than this was down."""

_WAITED_FOR = timedelta(days=1)


def is_left_to_webhooks(at: datetime, now: datetime) -> bool:
    """Whether the webhook of something that ended at this instant may still be on its way."""
    return now - at < WEBHOOKS_MAY_TAKE


def next_mark(looked_at: datetime, unsettled: Iterable[datetime]) -> datetime:
    """Up to when everything is settled: what is still open holds the mark back, for a day at the most."""
    return max(min([looked_at, *unsettled]), looked_at - _WAITED_FOR)


def was_down(last_seen: datetime | None, now: datetime) -> bool:
    return last_seen is not None and now - last_seen > SIGN_OF_LIFE_WITHIN
