"""The states of a case and what may happen in each. The table is the whole machine."""

from __future__ import annotations

from enum import StrEnum

from triage.errors import IllegalTransition


class CaseState(StrEnum):
    OPEN = "open"  # somebody has to take it: the ladder runs
    ACKNOWLEDGED = "acknowledged"  # somebody took it: the ladder waits for the callback
    CALLED_BACK = "called_back"  # the promise is met; the session is not closed yet
    CLOSED = "closed"  # done
    DEFERRED = "deferred"  # nothing happens before the next support day (E3)
    REVIEW = "review"  # no callback is owed: a hang-up, or no support (E3)


class CaseEvent(StrEnum):
    START = "start"  # the support day begins
    ACKNOWLEDGE = "acknowledge"
    RESUME = "resume"  # nobody called back in time, whoever had it passed it on, or it became an emergency
    CALL_BACK = "call_back"
    WITHDRAW = "withdraw"  # what counted as a callback had reached a voicemail box only
    CLOSE = "close"
    REOPEN = "reopen"  # it was called back; its session goes on
    ASK_AGAIN = "ask_again"  # it was closed, and nobody had called back
    DEFER_AGAIN = "defer_again"  # the same, before its support day
    RELIST = "relist"  # no callback is owed; it was closed too early
    DISMISS = "dismiss"  # there is no caller: a test call of ours, or nothing says who is to be called


_NEXT: dict[tuple[CaseState, CaseEvent], CaseState] = {
    (CaseState.DEFERRED, CaseEvent.START): CaseState.OPEN,
    (CaseState.DEFERRED, CaseEvent.ACKNOWLEDGE): CaseState.ACKNOWLEDGED,
    (CaseState.DEFERRED, CaseEvent.CALL_BACK): CaseState.CALLED_BACK,
    (CaseState.DEFERRED, CaseEvent.DISMISS): CaseState.CLOSED,
    (CaseState.OPEN, CaseEvent.ACKNOWLEDGE): CaseState.ACKNOWLEDGED,
    (CaseState.OPEN, CaseEvent.RESUME): CaseState.OPEN,
    (CaseState.OPEN, CaseEvent.CALL_BACK): CaseState.CALLED_BACK,
    (CaseState.OPEN, CaseEvent.DISMISS): CaseState.CLOSED,
    (CaseState.ACKNOWLEDGED, CaseEvent.ACKNOWLEDGE): CaseState.ACKNOWLEDGED,
    (CaseState.ACKNOWLEDGED, CaseEvent.RESUME): CaseState.OPEN,
    (CaseState.ACKNOWLEDGED, CaseEvent.CALL_BACK): CaseState.CALLED_BACK,
    (CaseState.ACKNOWLEDGED, CaseEvent.DISMISS): CaseState.CLOSED,
    (CaseState.CALLED_BACK, CaseEvent.CALL_BACK): CaseState.CALLED_BACK,
    (CaseState.CALLED_BACK, CaseEvent.WITHDRAW): CaseState.ACKNOWLEDGED,
    (CaseState.CALLED_BACK, CaseEvent.CLOSE): CaseState.CLOSED,
    (CaseState.CLOSED, CaseEvent.REOPEN): CaseState.CALLED_BACK,
    (CaseState.CLOSED, CaseEvent.ASK_AGAIN): CaseState.OPEN,
    (CaseState.CLOSED, CaseEvent.DEFER_AGAIN): CaseState.DEFERRED,
    (CaseState.CLOSED, CaseEvent.RELIST): CaseState.REVIEW,
    (CaseState.REVIEW, CaseEvent.ACKNOWLEDGE): CaseState.REVIEW,
    (CaseState.REVIEW, CaseEvent.CALL_BACK): CaseState.CALLED_BACK,
    (CaseState.REVIEW, CaseEvent.CLOSE): CaseState.CLOSED,
    (CaseState.REVIEW, CaseEvent.DISMISS): CaseState.CLOSED,
}

ENDED = frozenset({CaseState.CLOSED})
AWAITING_CALLBACK = frozenset({CaseState.OPEN, CaseState.ACKNOWLEDGED})

_ASKED_OF_ONE = frozenset({"ladder", "emergency", "by_name", "nobody", "exhausted"})


def next_state(state: CaseState, event: CaseEvent) -> CaseState:
    """The state after an event. Raises IllegalTransition where the table has no such pair."""
    try:
        return _NEXT[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


def is_legal(state: CaseState, event: CaseEvent) -> bool:
    return (state, event) in _NEXT


def is_moot(state: CaseState, reason: str) -> bool:
    """Whether an alert for this reason asks for something that somebody has done meanwhile."""
    return state not in AWAITING_CALLBACK or (state is CaseState.ACKNOWLEDGED and reason in _ASKED_OF_ONE)
