"""DONE by text: the first one closes a case, the next one of the same person corrects it."""

from __future__ import annotations

from datetime import datetime, timedelta

from triage.policy import bridge_words, closing_words
from triage.policy.commands import number_in_words
from triage.policy.lifecycle import CaseState
from triage.services import corrections, handling
from triage.services.alerts import card_of, closed_by
from triage.services.handling import Unfinished
from triage.services.recognition import drawn_by
from triage.services.texted_scene import Scene
from triage.store import chain
from triage.store.models import Case


def done(scene: Scene, case: Case) -> str:
    """Close the case and answer with its price, or with what is missing."""
    command = scene.command
    minutes = command.minutes
    if command.odd is not None:
        return closing_words.odd_minutes(case.reference, command.odd)
    if case.state == CaseState.CLOSED:
        return _done_again(scene, case)
    closed = handling.done(scene.deed(case), minutes, command.text, is_sure=command.is_sure)
    match closed:
        case Unfinished.CALL_RUNS:
            return bridge_words.call_runs(case.reference)
        case Unfinished.LENGTH_UNKNOWN:
            return _how_long(scene, case)
        case Unfinished.TOO_LONG:
            return closing_words.too_long(case.reference, minutes or 0, scene.terms(case), is_closed=False)
        case Unfinished.NO_CALLBACK:
            return closing_words.no_callback(case.reference)
    if closed.is_nobody_to_call:
        return closing_words.nobody_to_call(case.reference)
    late = closing_words.late_callback(case.callback_due, case.callback_made_at, scene.now, scene.terms(case))
    doubt = late + _doubt(case, scene.now, is_doubtful=closed.is_doubtful)
    drawn = drawn_by(scene.tx.session, scene.desk, case, scene.now)
    if closed.measured_s:
        rest = closing_words.priced(closed.amount, closed.rate, closed.minutes, drawn)
        return bridge_words.closed(case.reference, closed.measured_s, minutes, closed.minutes, rest) + doubt
    return closing_words.billed(case.reference, closed.minutes, closed.amount, closed.rate, drawn) + doubt


def _doubt(case: Case, now: datetime, *, is_doubtful: bool) -> str:
    return closing_words.outlasts_case((case.closed_at or now) - case.left_at) if is_doubtful else ""


def _closed_by_another(scene: Scene, case: Case) -> str:
    """Nobody else corrects it by text; whoever closed it learns that it is too late for that."""
    if chain.last_at(scene.tx.session, case.id, ("closed",), scene.person.id) is not None:
        return closing_words.closed_already(case.reference, is_correctable=False)
    closed = closed_by(scene.tx, case, scene.roster, scene.terms(case), scene.now)
    return closing_words.closed_by_another(case.reference, closed)


def _done_again(scene: Scene, case: Case) -> str:
    """A second DONE corrects the minutes of the first; a text that was found late corrects nothing."""
    tx, terms, command = scene.tx, scene.terms(case), scene.command
    if scene.is_late or not corrections.may_correct(tx, case, scene.person.id, terms, scene.now):
        return _closed_by_another(scene, case)
    if command.minutes is None:
        return closing_words.closed_already(case.reference, is_correctable=True)
    if not command.is_sure and timedelta(minutes=command.minutes) > terms.callback.longest_stated:
        return closing_words.too_long(case.reference, command.minutes, terms, is_closed=True)
    actor = f"person:{scene.person.id}"
    found = corrections.correct(
        tx, scene.desk, case, scene.now, minutes=command.minutes, note=command.text, actor=actor
    )
    if found is None:
        return closing_words.unchanged(case.reference, *corrections.figures_of(tx, case))
    before = (found.minutes_before, found.amount_before)
    answer = closing_words.corrected(
        case.reference,
        found.now.minutes,
        found.now.amount,
        found.now.rate,
        before=before,
        drawn=drawn_by(tx.session, scene.desk, case, scene.now),
    )
    return answer + _doubt(case, scene.now, is_doubtful=found.now.is_doubtful)


def _how_long(scene: Scene, case: Case) -> str:
    card, is_mine = card_of(case, scene.roster), case.owner == scene.person.id
    made_at = case.callback_made_at or scene.now
    said = number_in_words(scene.command.text)
    return closing_words.how_long(card, made_at, scene.now, scene.terms(case), is_mine=is_mine, said=said)
