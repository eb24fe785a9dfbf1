"""What somebody does with a case: a form each, and the page again with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from triage.errors import Refused
from triage.policy.access import Permission
from triage.policy.case_actions import Action
from triage.services import case_actions
from triage.services.case_actions import Asked
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.case_forms import (
    YES,
    ActionForm,
    CloseForm,
    CorrectForm,
    DealerForm,
    HandOverForm,
    NoteForm,
    ReopenForm,
    page_of,
    rendered,
)
from webhooks.program import desk, program

Answer = Response | tuple[str, int]
Filled = TypeVar("Filled", bound=ActionForm)


@console.post("/cases/<reference>/take")
@needs(Permission.WORK_CASES)
def take_case(reference: str) -> Answer:
    """I take it."""
    return _done(reference, Action.TAKE, ActionForm(), lambda asked, _: case_actions.take(desk(), asked, _now()))


@console.post("/cases/<reference>/call")
@needs(Permission.WORK_CASES)
def call_back(reference: str) -> Answer:
    """I take it: ring me and put me through to the caller."""
    return _done(reference, Action.CALL, ActionForm(), lambda asked, _: case_actions.call(desk(), asked, _now()))


@console.post("/cases/<reference>/attempt")
@needs(Permission.WORK_CASES)
def mark_attempt(reference: str) -> Answer:
    """I called from my own phone, and nobody answered."""
    return _done(reference, Action.ATTEMPT, ActionForm(), lambda asked, _: case_actions.attempt(desk(), asked, _now()))


@console.post("/cases/<reference>/close")
@needs(Permission.WORK_CASES)
def close_case(reference: str) -> Answer:
    """I called back and am finished."""

    def close(asked: Asked, form: CloseForm) -> str:
        minutes = int(form.minutes.data) if form.minutes.data else None
        return case_actions.close(
            desk(), asked, minutes, (form.work.data or "").strip(), _now(), is_sure=form.sure.data
        )

    return _done(reference, Action.CLOSE, CloseForm(), close)


@console.post("/cases/<reference>/hand-over")
@needs(Permission.WORK_CASES)
def hand_over_case(reference: str) -> Answer:
    """Somebody else takes it."""

    def hand_over(asked: Asked, form: HandOverForm) -> str:
        return case_actions.hand_over(desk(), asked, form.person.data, _now())

    return _done(reference, Action.HAND_OVER, HandOverForm(), hand_over)


@console.post("/cases/<reference>/correct")
@needs(Permission.CORRECT_CASES)
def correct_session(reference: str) -> Answer:
    """Other minutes, or another rate, for a session that is closed."""

    def correct(asked: Asked, form: CorrectForm) -> str:
        reason = form.reason.data.strip()
        minutes = int(form.typed.data)
        return case_actions.correct(desk(), asked, minutes, form.rate.data, reason, _now(), is_sure=form.sure.data)

    return _done(reference, Action.CORRECT, CorrectForm(), correct)


@console.post("/cases/<reference>/reopen")
@needs(Permission.CORRECT_CASES)
def reopen_case(reference: str) -> Answer:
    """It was closed wrongly, or too early."""

    def reopen(asked: Asked, form: ReopenForm) -> str:
        was_called = form.called.data == YES
        return case_actions.reopen(desk(), asked, form.because.data.strip(), _now(), was_called=was_called)

    return _done(reference, Action.REOPEN, ReopenForm(), reopen)


@console.post("/cases/<reference>/dealer")
@needs(Permission.CORRECT_CASES)
def set_dealer(reference: str) -> Answer:
    """Whose technician called, where nobody or somebody else was recognised."""

    def assign(asked: Asked, form: DealerForm) -> str:
        written, why = (form.dealer.data or "").strip(), form.why.data.strip()
        return case_actions.set_dealer(desk(), asked, written, why, _now())

    return _done(reference, Action.DEALER, DealerForm(), assign)


@console.post("/cases/<reference>/note")
@needs(Permission.WORK_CASES)
def add_note(reference: str) -> Answer:
    """Words for whoever looks at the case later."""

    def note(asked: Asked, form: NoteForm) -> str:
        return case_actions.note(desk(), asked, form.note.data.strip(), _now())

    return _done(reference, Action.NOTE, NoteForm(), note)


def _done(reference: str, action: Action, form: Filled, act: Callable[[Asked, Filled], str]) -> Answer:
    """Do it and show the case; or show it with what was written, and why nothing was done."""
    page = page_of(reference)
    form.fit(page)
    if not form.validate_on_submit():
        return rendered(page, (action, form))
    try:
        words = act(Asked(signed_in(), reference, form.seen.data), form)
    except Refused as error:
        return rendered(page_of(reference), (action, form), error)
    program().bell.ring()
    flash(words)
    return redirect(url_for("console.show_case", reference=reference), 303)


def _now() -> datetime:
    return program().now()
