"""Our own copies of the recordings: when the audio is fetched, how long it is kept, when it may go elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from triage.policy.terms import Recordings

FIRST_LOOK_AFTER = timedelta(seconds=2)
"""The file is made once the call is over; to ask for it in the same moment would be in vain."""

TASK_LEASE = timedelta(minutes=3)
"""How long one task may take before another node takes it up: longer than the longest download."""

DELETE_AFTER = timedelta(hours=1)
"""How long the provider keeps its copy beside ours at least: it makes the transcript from it."""

LOOK_AGAIN_AT_OPEN_CASE = timedelta(days=1)

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=1)
_GIVE_UP_AFTER = timedelta(days=1)
_TRIED_OFTEN = 8  # about ten minutes
_ATTEMPTS_BEFORE_GIVING_UP = 12


class CopyState(StrEnum):
    WANTED = "wanted"  # to be fetched
    KEPT = "kept"  # on our disk, its hash on record
    MISSING = "missing"  # given up
    REMOVED = "removed"  # its time is over; hash and transcript stay


class Step(StrEnum):
    """What is to be done about a copy."""

    FETCH = "fetch"
    DELETE_AT_PROVIDER = "delete_at_provider"
    REMOVE = "remove"


class Trouble(StrEnum):
    """Why a recording could not be fetched."""

    NOT_THERE = "not_there"  # the provider does not have it, or not yet
    REFUSED = "refused"  # it will never do, such as one that is too large
    PROVIDER = "provider"  # no good answer
    DISK = "disk"  # our own folder


def pause_after(attempts: int) -> timedelta:
    """From the end of so many attempts to the next: 5 s, doubled each time, an hour at most."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 12)), _LONGEST_PAUSE)


def gives_up(trouble: Trouble, *, attempts: int, received_at: datetime, now: datetime) -> bool:
    """Whether a recording is given up: a day after we heard of it, where the provider answers and does not give it.

    Where the provider or our disk is in trouble, it is fetched once they are mended, whenever that is.
    """
    is_final = trouble in {Trouble.NOT_THERE, Trouble.REFUSED}
    return is_final and attempts >= _ATTEMPTS_BEFORE_GIVING_UP and now - received_at >= _GIVE_UP_AFTER


def is_alarming(trouble: Trouble, attempts: int) -> bool:
    """Whether administrators should hear of it before it is given up: somebody has to mend something."""
    return trouble is Trouble.DISK or (trouble is Trouble.PROVIDER and attempts >= _TRIED_OFTEN)


def due_when_kept(*, left_at: datetime, kept_at: datetime, is_deleted_at_provider: bool, rules: Recordings) -> datetime:
    """The next instant at which something is due about a copy that is on our disk."""
    ends = left_at + rules.keep_for
    if rules.delete_at_provider and not is_deleted_at_provider:
        return min(kept_at + DELETE_AFTER, ends)
    return ends


def step_when_kept(
    *, left_at: datetime, is_deleted_at_provider: bool, is_closed: bool, attempts: int, rules: Recordings, now: datetime
) -> Step | None:
    """What is due about a copy on our disk; None where its time is over and its case is not.

    The provider's copy goes first, but a provider that refuses does not prolong the life of ours.
    """
    ends = is_closed and now >= left_at + rules.keep_for
    to_delete = rules.delete_at_provider and not is_deleted_at_provider
    if to_delete and not (ends and attempts >= _ATTEMPTS_BEFORE_GIVING_UP):
        return Step.DELETE_AT_PROVIDER
    return Step.REMOVE if ends else None
