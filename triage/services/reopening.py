"""A closed case is opened again. What was promised stays promised, and the history keeps what was billed."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from triage.errors import Refused
from triage.policy import closing_words
from triage.policy.callbacks import NOBODY_TO_CALL
from triage.policy.fields import WindowName
from triage.policy.intake import work_begins
from triage.policy.lifecycle import CaseEvent, CaseState, next_state
from triage.policy.terms import Terms
from triage.services.alerts import card_of, tell
from triage.services.billing import take_back
from triage.services.callbacks import withdraw_session
from triage.services.desk import Desk
from triage.services.escalation import climb_afresh, watch_promise
from triage.store import cases, chain, sessions
from triage.store.engine import Transaction
from triage.store.models import Case


def reopen(
    tx: Transaction, desk: Desk, case: Case, *, was_called: bool, reason: str, by: str, actor: str, now: datetime
) -> None:
    """Open a closed case again; `by` is the name of whoever does it, and whoever had it is told.

    Where the caller was called back, or nothing was owed, the case waits to be closed again, and the promise stands as
    it was decided. Where they were not (`was_called` is False), a callback that somebody stated is taken back: the
    first deadline counts, and the alerts begin again. What the phone network measured, and attempts, are not taken
    back: Refused. So it is for a case that is not closed.
    """
    if not was_called and case.callback_basis in {"measured", "attempts"}:
        raise Refused("The callback is on record: what was measured, and attempts, cannot be taken back.")
    terms = desk.terms_of(tx.session, case.policy)
    session = sessions.of_case(tx.session, case.id)
    billed = [str(line.amount) for line in sessions.lines_of(tx.session, session.id)] if session else []
    before = {"closed_at": case.closed_at, "minutes": session.minutes if session else None, "billed": billed}
    if NOBODY_TO_CALL in case.flags and not was_called:
        _owe_again(tx, case)
    event, begins_at = _event(case, terms, now, was_called=was_called)
    case.state, case.closed_at = next_state(CaseState(case.state), event).value, None
    tx.record_of(case, "reopened", at=now, actor=actor, reason=reason, called_back=was_called, before=before)
    if session is not None and was_called:
        session.closed_at = session.minutes = session.stated_minutes = None
        take_back(tx, desk, session, now)
    elif not was_called:
        case.callback_made_at = case.callback_basis = None
        withdraw_session(tx, desk, case, now)
    if event is CaseEvent.ASK_AGAIN:
        climb_afresh(tx, case, now)
        watch_promise(tx, case, terms)
    elif event is CaseEvent.DEFER_AGAIN:
        cases.set_timer(tx.session, case.id, "start", begins_at)
        watch_promise(tx, case, terms)
    text = closing_words.reopened(card_of(case, desk.roster(tx.session)), by, reason, was_called=was_called)
    people = [person for person in desk.roster(tx.session).people if person.id == case.owner]
    tell(tx, people, text, terms=terms, now=now, case=case)


def _owe_again(tx: Transaction, case: Case) -> None:
    """There is somebody to call after all: the first deadline counts."""
    due = chain.last_of_kind(tx.session, [case.id], "closed")[case.id].get("due")
    case.callback_due = datetime.fromisoformat(due) if due else None
    case.flags = [flag for flag in case.flags if flag != NOBODY_TO_CALL]


def _event(case: Case, terms: Terms, now: datetime, *, was_called: bool) -> tuple[CaseEvent, datetime]:
    """What opens the case again, and when its clock starts."""
    begins_at = work_begins(
        window=cast("WindowName", case.window), left_at=case.left_at, is_deferred="deferred" in case.flags, terms=terms
    )
    if case.callback_made_at is not None and was_called:
        return CaseEvent.REOPEN, begins_at
    if case.callback_due is None:
        return CaseEvent.RELIST, begins_at
    return CaseEvent.DEFER_AGAIN if now < begins_at else CaseEvent.ASK_AGAIN, begins_at
