"""What may be done with a case on its page, by role and state."""

from __future__ import annotations

import pytest

from triage.policy.access import Role
from triage.policy.case_actions import NOT_IN_ROSTER, Action, Stand, actions_for
from triage.policy.lifecycle import CaseState

TAKE, CALL, ATTEMPT, CLOSE, HAND_OVER, NOTE = (
    Action.TAKE,
    Action.CALL,
    Action.ATTEMPT,
    Action.CLOSE,
    Action.HAND_OVER,
    Action.NOTE,
)
HELD, CLOSED = CaseState.ACKNOWLEDGED, CaseState.CLOSED


def stand(state: CaseState, owner: str | None = None, **how: object) -> Stand:
    values = {
        "is_at_risk": False,
        "talking": None,
        "not_dialled": None,
        "basis": None,
        "is_measured": False,
        "has_session": True,
    } | how
    return Stand(state=state, owner=owner, owner_name="Lee Okafor" if owner else "Somebody", **values)  # type: ignore[arg-type]


def possible(how: Stand, role: Role = Role.TECHNICIAN, person: str | None = "dana") -> set[Action]:
    return {action for action, why in actions_for(how, role, person).items() if why is None}


@pytest.mark.parametrize(
    ("how", "person", "expected"),
    [
        (stand(CaseState.OPEN), "dana", {TAKE, CALL, ATTEMPT, CLOSE, NOTE}),
        (stand(CaseState.OPEN, "lee"), "dana", {TAKE, CALL, ATTEMPT, CLOSE, NOTE}),
        (stand(CaseState.DEFERRED), "dana", {TAKE, CALL, ATTEMPT, CLOSE, NOTE}),
        (stand(HELD, "lee"), "lee", {CALL, ATTEMPT, CLOSE, HAND_OVER, NOTE}),
        (stand(HELD, "lee"), "dana", {ATTEMPT, CLOSE, NOTE}),
        (stand(HELD, "lee", is_at_risk=True), "dana", {TAKE, CALL, ATTEMPT, CLOSE, NOTE}),
        (stand(HELD, "lee", talking="Lee Okafor"), "lee", {HAND_OVER, NOTE}),
        (stand(HELD, "lee", not_dialled="Not dialled: no."), "lee", {ATTEMPT, CLOSE, HAND_OVER, NOTE}),
        (stand(CaseState.CALLED_BACK, "lee"), "lee", {CALL, ATTEMPT, CLOSE, NOTE}),
        (stand(CaseState.REVIEW), "dana", {TAKE, CALL, ATTEMPT, CLOSE, NOTE}),
        (stand(CLOSED, "lee"), "lee", {NOTE}),
    ],
)
def test_a_technician_does_what_the_state_allows(how: Stand, person: str, expected: set[Action]) -> None:
    assert possible(how, person=person) == expected


def test_managers_hand_over_what_others_have_and_who_is_not_on_call_takes_nothing() -> None:
    held = stand(HELD, "lee")

    assert possible(held, Role.MANAGER, "maria") == {ATTEMPT, CLOSE, HAND_OVER, NOTE, Action.PACK}
    closed = stand(CLOSED, "lee", has_session=False)
    assert possible(stand(CLOSED, "lee"), Role.MANAGER, None) == {Action.CORRECT, Action.REOPEN, NOTE, Action.PACK}
    assert actions_for(closed, Role.MANAGER, None)[Action.CORRECT] == "It has no session: nothing was billed."
    assert possible(stand(CaseState.OPEN), Role.ADMINISTRATOR, None) == {HAND_OVER, NOTE, Action.PACK}
    assert actions_for(stand(CaseState.OPEN), Role.MANAGER, None)[TAKE] == NOT_IN_ROSTER
    assert actions_for(held, Role.TECHNICIAN, "dana")[TAKE] == (
        "Lee Okafor has it. Others may take it over once it is at risk."
    )


@pytest.mark.parametrize("state", CaseState)
def test_auditors_change_nothing_and_every_other_reason_is_a_sentence(state: CaseState) -> None:
    assert actions_for(stand(state), Role.AUDITOR, None) == {Action.PACK: None}
    for person in ("lee", "dana", None):
        whys = actions_for(stand(state, "lee", talking="Lee Okafor"), Role.MANAGER, person).values()
        assert all(why is None or (why[0].isupper() and why.endswith(".")) for why in whys)
