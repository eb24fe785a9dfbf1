"""What somebody may do with a case on its page, by their role and by how the case stands; why not, where not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from triage.policy.access import Permission, Role, may
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseState


class Action(StrEnum):
    """In the order in which a page offers them."""

    TAKE = "take"
    CALL = "call"
    ATTEMPT = "attempt"
    CLOSE = "close"
    HAND_OVER = "hand over"
    CORRECT = "correct"
    REOPEN = "reopen"
    DEALER = "dealer"
    NOTE = "note"
    PACK = "pack"


NEEDS: Mapping[Action, Permission] = {
    Action.TAKE: Permission.WORK_CASES,
    Action.CALL: Permission.WORK_CASES,
    Action.ATTEMPT: Permission.WORK_CASES,
    Action.CLOSE: Permission.WORK_CASES,
    Action.HAND_OVER: Permission.WORK_CASES,
    Action.CORRECT: Permission.CORRECT_CASES,
    Action.REOPEN: Permission.CORRECT_CASES,
    Action.DEALER: Permission.CORRECT_CASES,
    Action.NOTE: Permission.WORK_CASES,
    Action.PACK: Permission.READ_HISTORY,
}

MOVES = frozenset(
    {"acknowledged", "attempted", "call_ended", "callback_withdrawn", "called_back", "caller_dialled", "closed"}
    | {"handed_over", "passed", "reopened", "session_corrected", "dealer_set", "started", "test_call_dismissed"}
)
"""Entries of the history after which a case is no longer the one that somebody decided upon."""

NOT_IN_ROSTER = "Your account names nobody of the roster. An administrator can say under Accounts who you are."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How a case stands. `owner` has it, or had it last; `talking` is who is on the phone with the caller."""

    state: CaseState
    owner: str | None
    owner_name: str
    is_at_risk: bool
    talking: str | None
    not_dialled: str | None  # why its number may not be dialled
    basis: str | None  # how the callback is known, where there is one
    is_measured: bool  # whether the phone network measured a conversation
    has_session: bool
    has_dealers: bool = False  # whether any is on file

    @property
    def can_ask_again(self) -> bool:
        """Whether its callback, if there is one, may be taken back: what somebody only stated."""
        return self.basis in {None, "stated"}

    @property
    def is_held(self) -> bool:
        """Whether somebody has it and is to call back."""
        return self.state is CaseState.ACKNOWLEDGED

    @property
    def needs_minutes(self) -> bool:
        """Whether whoever closes it has to say how long the work took."""
        return not self.is_measured and self.basis != "attempts" and self.state is not CaseState.REVIEW


def actions_for(stand: Stand, role: Role, person_id: str | None) -> dict[Action, str | None]:
    """Every action that the role allows: None where it can be done now, else a sentence that says why not.

    `person_id` is who asks in the roster; None where they are not in it.
    """
    return {action: _why_not(action, stand, role, person_id) for action in Action if may(role, NEEDS[action])}


def _why_not(action: Action, stand: Stand, role: Role, person_id: str | None) -> str | None:
    is_mine = person_id is not None and stand.owner == person_id
    if action in _BY_SOMEBODY_ON_CALL and person_id is None:
        return NOT_IN_ROSTER
    match action:
        case Action.TAKE:
            return _why_not_taken(stand, is_mine=is_mine)
        case Action.CALL:
            return (
                _is_over(stand)
                or _somebody_talks(stand)
                or _held_by_another(stand, is_mine=is_mine)
                or stand.not_dialled
            )
        case Action.ATTEMPT | Action.CLOSE:
            return _is_over(stand) or _somebody_talks(stand)
        case Action.HAND_OVER:
            if stand.state not in AWAITING_CALLBACK:
                return _is_over(stand) or "Nobody has to call back now."
            if (stand.is_held and is_mine) or may(role, Permission.CORRECT_CASES):
                return None
            return (
                f"{stand.owner_name} has it: only they or a manager hand it over."
                if stand.is_held
                else "Take it first."
            )
        case Action.CORRECT | Action.REOPEN:
            return _why_not_corrected(stand, is_reopened=action is Action.REOPEN)
        case Action.DEALER | Action.NOTE | Action.PACK:
            return "No dealer is on file." if action is Action.DEALER and not stand.has_dealers else None


_BY_SOMEBODY_ON_CALL = frozenset({Action.TAKE, Action.CALL, Action.ATTEMPT, Action.CLOSE})


def _why_not_taken(stand: Stand, *, is_mine: bool) -> str | None:
    match stand.state:
        case CaseState.OPEN | CaseState.DEFERRED:
            return None
        case CaseState.REVIEW:
            return "You have it." if is_mine else None
        case CaseState.ACKNOWLEDGED:
            return "You have it." if is_mine else _held_by_another(stand, is_mine=is_mine)
        case CaseState.CALLED_BACK:
            return "You have called back." if is_mine else f"{stand.owner_name} has called back."
        case CaseState.CLOSED:
            return "It is closed."


def _why_not_corrected(stand: Stand, *, is_reopened: bool) -> str | None:
    if stand.state is not CaseState.CLOSED:
        return "It is not closed."
    return None if is_reopened or stand.has_session else "It has no session: nothing was billed."


def _held_by_another(stand: Stand, *, is_mine: bool) -> str | None:
    """Before a case is at risk nobody takes it from whoever has it."""
    if stand.state is not CaseState.ACKNOWLEDGED or is_mine or stand.is_at_risk:
        return None
    return f"{stand.owner_name} has it. Others may take it over once it is at risk."


def _is_over(stand: Stand) -> str | None:
    return "It is closed." if stand.state is CaseState.CLOSED else None


def _somebody_talks(stand: Stand) -> str | None:
    return f"{stand.talking} is on the phone with the caller." if stand.talking else None
