"""How a case stands, and what comes next for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.board import Standing, next_step, standing
from triage.policy.ladder import Position
from triage.policy.lifecycle import CaseState
from triage.policy.terms import Terms

NOW = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "due", "at_risk_at", "stands"),
    [
        (CaseState.OPEN, NOW + HOUR, None, Standing.WAITING),
        (CaseState.ACKNOWLEDGED, NOW + HOUR, None, Standing.TAKEN),
        (CaseState.ACKNOWLEDGED, NOW + SECOND, NOW - HOUR, Standing.AT_RISK),
        (CaseState.ACKNOWLEDGED, NOW, NOW - HOUR, Standing.OVERDUE),
        (CaseState.OPEN, NOW - SECOND, None, Standing.OVERDUE),
        (CaseState.OPEN, None, None, Standing.WAITING),
        (CaseState.CALLED_BACK, NOW - HOUR, NOW - HOUR, Standing.CALLED_BACK),
        (CaseState.DEFERRED, NOW + HOUR, None, Standing.DEFERRED),
        (CaseState.REVIEW, None, None, Standing.REVIEW),
    ],
)
def test_a_promise_that_is_late_or_at_risk_says_so_whoever_has_the_case(
    state: CaseState, due: datetime | None, at_risk_at: datetime | None, stands: Standing
) -> None:
    assert standing(state, due=due, at_risk_at=at_risk_at, now=NOW) is stands


@pytest.mark.parametrize(
    ("timers", "is_held", "words"),
    [
        ({"ladder": NOW, "breach": NOW + HOUR}, False, "primary by SMS and call"),
        ({"ladder": NOW + HOUR, "at_risk": NOW}, True, "at risk: owner, primary, secondary, managers by SMS"),
        ({"ladder": NOW, "breach": NOW + HOUR}, True, "alerts begin again"),
        ({"breach": NOW}, False, "overdue: owner, everyone, managers by SMS and call"),
        ({"start": NOW}, False, "support hours begin"),
    ],
)
def test_first_thing_that_the_program_does_by_itself_is_named(
    timers: dict[str, datetime], is_held: bool, words: str, terms: Terms
) -> None:
    step = next_step(timers, Position(NOW, step=1), terms, is_emergency=False, is_held=is_held)

    assert step is not None
    assert (step.at, step.words) == (NOW, words)


def test_nothing_comes_by_itself_where_there_is_no_timer(terms: Terms) -> None:
    assert next_step({}, Position(NOW), terms, is_emergency=False, is_held=False) is None
