"""When a recording is fetched again, given up, deleted elsewhere, removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.recordings import (
    Step,
    Trouble,
    due_when_kept,
    gives_up,
    is_alarming,
    pause_after,
    step_when_kept,
)
from triage.policy.terms import Recordings

LEFT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def rules(*, delete: bool = False, keep_for: timedelta = 30 * DAY) -> Recordings:
    return Recordings.model_construct(keep_for=keep_for, delete_at_provider=delete, transcription="none")


def test_pauses_grow_to_an_hour_and_stay_there() -> None:
    seconds = [pause_after(attempts).total_seconds() for attempts in (1, 2, 3, 6, 10, 11, 12, 1000)]

    assert seconds == [5, 10, 20, 160, 2560, 3600, 3600, 3600]


@pytest.mark.parametrize(
    ("trouble", "attempts", "age", "given_up"),
    [
        (Trouble.NOT_THERE, 12, DAY, True),
        (Trouble.REFUSED, 12, DAY, True),
        (Trouble.NOT_THERE, 12, DAY - timedelta(seconds=1), False),
        (Trouble.NOT_THERE, 11, 3 * DAY, False),  # we were down for three days, and have not asked often
        (Trouble.PROVIDER, 1000, 300 * DAY, False),
        (Trouble.DISK, 1000, 300 * DAY, False),
    ],
)
def test_only_what_the_provider_will_not_give_is_given_up_after_a_day(
    trouble: Trouble, attempts: int, age: timedelta, given_up: bool
) -> None:
    assert gives_up(trouble, attempts=attempts, received_at=LEFT, now=LEFT + age) is given_up


@pytest.mark.parametrize(
    ("trouble", "attempts", "alarming"),
    [
        (Trouble.DISK, 1, True),
        (Trouble.PROVIDER, 7, False),
        (Trouble.PROVIDER, 8, True),
        (Trouble.NOT_THERE, 11, False),
    ],
)
def test_people_hear_of_what_they_can_mend(trouble: Trouble, attempts: int, alarming: bool) -> None:
    assert is_alarming(trouble, attempts) is alarming


def test_a_copy_is_due_again_at_the_end_of_its_time_or_once_the_providers_may_go() -> None:
    def due(*, deleted: bool, of: Recordings) -> timedelta:
        kept = LEFT + timedelta(minutes=1)
        return due_when_kept(left_at=LEFT, kept_at=kept, is_deleted_at_provider=deleted, rules=of) - LEFT

    assert due(deleted=False, of=rules()) == 30 * DAY
    assert due(deleted=False, of=rules(delete=True)) == HOUR + timedelta(minutes=1)
    assert due(deleted=True, of=rules(delete=True)) == 30 * DAY
    assert due(deleted=False, of=rules(delete=True, keep_for=timedelta(seconds=20))) == timedelta(seconds=20)


@pytest.mark.parametrize(
    ("age", "closed", "delete", "attempts", "step"),
    [
        (30 * DAY, True, False, 0, Step.REMOVE),
        (30 * DAY, False, False, 0, None),
        (30 * DAY - timedelta(seconds=1), True, False, 0, None),
        (HOUR, False, True, 0, Step.DELETE_AT_PROVIDER),
        (30 * DAY, True, True, 0, Step.DELETE_AT_PROVIDER),
        (30 * DAY, True, True, 12, Step.REMOVE),
        (30 * DAY, False, True, 12, Step.DELETE_AT_PROVIDER),
    ],
)
def test_what_is_due_about_a_kept_copy(
    age: timedelta, closed: bool, delete: bool, attempts: int, step: Step | None
) -> None:
    decided = step_when_kept(
        left_at=LEFT,
        is_deleted_at_provider=False,
        is_closed=closed,
        attempts=attempts,
        rules=rules(delete=delete),
        now=LEFT + age,
    )

    assert decided is step
