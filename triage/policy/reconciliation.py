"""What is made of the phone system's lists: what its webhooks may still tell, and from when on to look again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

WEBHOOKS_MAY_TAKE = timedelta(minutes=1)
"""Younger things are left to their webhook: Twilio gives up on one after 15 seconds."""

LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""Where something was left open, or a list failed."""

SIGN_OF_LIFE_WITHIN = timedelta(minutes=1)
"""A scheduler that finds its last sign of life older than this was down."""

LONGEST_CALL = timedelta(hours=4)
"""Twilio lists a call by its start, and ends it after so long."""

TRIED_FOR = timedelta(days=1)
"""What cannot be taken from a list for so long is given up, and people are told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to when everything in a list is settled; `held_since` since when something open holds the mark there."""

    at: datetime
    held_since: datetime | None = None


def is_left_to_webhooks(at: datetime, now: datetime) -> bool:
    """Whether the webhook of something that ended at this instant may still be on its way."""
    return now - at < WEBHOOKS_MAY_TAKE


def next_place(place: Place, looked_at: datetime, unsettled: Mapping[str, datetime]) -> tuple[Place, list[str]]:
    """Where a look moves a mark to, and what it gives up, by SID; `unsettled` is when each was listed.

    What is open holds the mark back, or brings it back, for a day; then all that is older than a day is given up.
    What was given up is no longer looked at, and no longer told of: it lies before the mark.
    """
    a_day_ago = looked_at - TRIED_FOR
    still = {sid: at for sid, at in unsettled.items() if at >= place.at or at > a_day_ago}
    given_up: list[str] = []
    if place.held_since is not None and place.held_since <= a_day_ago:
        given_up = sorted(sid for sid, at in still.items() if at <= a_day_ago)
    oldest = min((at for sid, at in still.items() if sid not in given_up), default=None)
    if oldest is None or oldest > looked_at:
        return Place(max(place.at, looked_at)), given_up
    is_held_there = oldest == place.at and place.held_since is not None
    return Place(oldest, place.held_since if is_held_there else looked_at), given_up


def was_down(last_seen: datetime | None, now: datetime) -> bool:
    return last_seen is not None and now - last_seen > SIGN_OF_LIFE_WITHIN
