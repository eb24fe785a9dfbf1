"""The states of a case: the whole table, written down a second time."""

from __future__ import annotations

import pytest

from triage.errors import IllegalTransition
from triage.policy.lifecycle import AWAITING_CALLBACK, ENDED, CaseEvent, CaseState, is_legal, is_moot, next_state

TABLE = """
               start         acknowledge   resume        call_back     close         withdraw      dismiss
open           -             acknowledged  open          called_back   -             -             closed
acknowledged   -             acknowledged  open          called_back   -             -             closed
called_back    -             -             -             called_back   closed        acknowledged  -
closed         -             -             -             -             -             -             -
deferred       open          acknowledged  -             called_back   -             -             closed
review         -             review        -             called_back   closed        -             closed
"""
HEAD, *LINES = (line.split() for line in TABLE.strip().splitlines())
OPENING = {"reopen": "called_back", "ask_again": "open", "defer_again": "deferred", "relist": "review"}
"""What opens a closed case again, and no other."""
CELLS = [
    *((row[0], event, cell) for row in LINES for event, cell in zip(HEAD, row[1:], strict=True)),
    *((row[0], event, to if row[0] == "closed" else "-") for row in LINES for event, to in OPENING.items()),
]


def after(state: CaseState) -> set[CaseState]:
    return {next_state(state, event) for event in CaseEvent if is_legal(state, event)}


def test_table_names_every_state_and_event() -> None:
    assert {row[0] for row in LINES} == set(CaseState)
    assert {*HEAD, *OPENING} == set(CaseEvent)


@pytest.mark.parametrize(("state", "event", "cell"), [cell for cell in CELLS if cell[2] != "-"])
def test_legal_event_moves_the_case(state: str, event: str, cell: str) -> None:
    assert is_legal(CaseState(state), CaseEvent(event))
    assert next_state(CaseState(state), CaseEvent(event)) == cell


@pytest.mark.parametrize(("state", "event", "cell"), [cell for cell in CELLS if cell[2] == "-"])
def test_illegal_event_is_refused_by_name(state: str, event: str, cell: str) -> None:
    assert not is_legal(CaseState(state), CaseEvent(event))
    with pytest.raises(IllegalTransition, match=f"a case that is {state} cannot {event}"):
        next_state(CaseState(state), CaseEvent(event))


@pytest.mark.parametrize("state", CaseState)
def test_every_case_can_be_closed(state: CaseState) -> None:
    reached = {state}
    while not reached.issuperset(more := {state for one in reached for state in after(one)}):
        reached |= more

    assert CaseState.CLOSED in reached


def test_only_a_closed_case_ends_unless_somebody_opens_it_again() -> None:
    assert {CaseState.CLOSED} == ENDED
    assert {event for event in CaseEvent if is_legal(CaseState.CLOSED, event)} == set(OPENING)


def test_no_case_that_is_owed_a_callback_closes_without_one() -> None:
    assert {CaseState.OPEN, CaseState.ACKNOWLEDGED} == AWAITING_CALLBACK
    for state in (*AWAITING_CALLBACK, CaseState.DEFERRED):
        closing = {event for event in CaseEvent if is_legal(state, event) and next_state(state, event) in ENDED}
        assert closing == {CaseEvent.DISMISS}  # it was no caller, so nothing is owed


def test_only_a_voicemail_box_undoes_a_callback_and_whoever_called_keeps_the_case() -> None:
    assert after(CaseState.CALLED_BACK) == {CaseState.CALLED_BACK, CaseState.CLOSED, CaseState.ACKNOWLEDGED}
    undoing = {event for event in CaseEvent if is_legal(CaseState.CALLED_BACK, event)}
    assert undoing == {CaseEvent.CALL_BACK, CaseEvent.CLOSE, CaseEvent.WITHDRAW}


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("reason", ["ladder", "by_name", "nobody", "exhausted", "resume", "at_risk", "breach"])
def test_alert_is_moot_once_somebody_did_what_it_asks_for(state: CaseState, reason: str) -> None:
    asks_for_somebody = reason in {"ladder", "by_name", "nobody", "exhausted"}

    wanted = {CaseState.OPEN} if asks_for_somebody else {CaseState.OPEN, CaseState.ACKNOWLEDGED}
    assert is_moot(state, reason) is (state not in wanted)
