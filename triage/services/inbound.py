"""A call to our number, step by step: who takes it, what the caller keys in, the end of the message."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from triage.policy import menu
from triage.policy.dialing import refusal_of
from triage.policy.intake import is_hang_up, spoken_for
from triage.policy.menu import Heard, Known, Left, OpenCase, Step, Turn
from triage.policy.phone import Language
from triage.policy.terms import ProductLine
from triage.services import recognition
from triage.services.completion import set_caller
from triage.services.desk import Desk
from triage.services.intake import PostedRecording, keep_recording
from triage.store import calls, cases
from triage.store.engine import Transaction
from triage.store.models import Call, Case

_HUNG_UP = "hangup"
_KEYED = ("language", "keyed", "is_emergency", "attested", "product", "is_recognised")
"""What of a call its keys decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedCall:
    """One step of a call to our number. `from_number` is None where the number is withheld."""

    call_sid: str
    from_number: str | None
    from_place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Keys that were pressed at a question, asked `repeats` times before, in the language that it was asked in."""

    step: Step
    keys: str
    repeats: int
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEnd:
    """The end of a recording as it is told while the call lasts. `ended_by`: a key, `hangup`, or "" for silence."""

    recording_sid: str | None
    duration: timedelta | None
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the caller is told after the message. `left` is None where there is nothing to promise."""

    language: Language
    left: Left | None
    heard: Heard = Heard.SOMETHING


def refuse_call(desk: Desk, posted: PostedCall, now: datetime) -> None:
    """A blocked number rings: it gets a busy tone. A repeated request changes nothing."""
    with desk.store.write() as tx:
        call, is_new = _call(tx, desk, posted, now)
        if is_new:
            tx.record("call_refused", at=now, actor="system", call=call.sid, caller=call.from_number)


def ring_desk(desk: Desk, posted: PostedCall, now: datetime) -> None:
    """A call rings at the day desk first. It is not answered yet: nobody stated any terms (W5)."""
    with desk.store.write() as tx:
        call, is_new = _call(tx, desk, posted, now)
        if is_new:
            tx.record("desk_rung", at=now, actor="system", call=call.sid)


def desk_took_call(desk: Desk, posted: PostedCall, now: datetime) -> None:
    """Somebody at the day desk spoke with the caller: there is nothing to promise."""
    with desk.store.write() as tx:
        call, _ = _call(tx, desk, posted, now)
        if call.answered_at is not None:
            return
        call.answered_at = now
        tx.record("desk_answered", at=now, actor="system", call=call.sid)


def open_mailbox(desk: Desk, posted: PostedCall, now: datetime) -> Turn:
    """The mailbox answers: this instant picks the window (W5). A repeated request changes nothing."""
    with desk.store.write() as tx:
        call, _ = _call(tx, desk, posted, now)
        if call.answered_at is None:
            call.answered_at = now
        return menu.begin(_known(tx, desk, call, now), desk.terms)


def take_keys(desk: Desk, posted: PostedCall, pressed: Pressed, now: datetime) -> Turn:
    """Keep what a caller keyed in, and return what they hear next. The same keys twice change nothing.

    A PIN is kept nowhere: whose it is is.
    """
    pin_hash = recognition.pin_hash_of(desk, pressed.keys) if pressed.step is Step.PIN else None
    with desk.store.write() as tx:
        call, _ = _call(tx, desk, posted, now)
        if call.answered_at is None:
            call.answered_at = now
        before = _known(tx, desk, call, now)
        if pin_hash is not None:
            recognition.take_pin(tx, desk, call, pin_hash, pressed.repeats, now)
        asked = replace(_known(tx, desk, call, now), language=pressed.language or before.language)
        turn = menu.answer_to(pressed.step, pressed.keys, asked, pressed.repeats, desk.terms)
        after = turn.known
        if names := [name for name in _KEYED if getattr(after, name) != getattr(before, name)]:
            call.is_emergency, call.attested, call.product = after.is_emergency, after.attested, after.product
            call.callback_number, call.language = after.keyed, after.language
            changed = {name: getattr(after, name) for name in names}
            tx.record("keyed", at=now, actor="caller", call=call.sid, step=pressed.step.value, **changed)
        return turn


def take_recording_end(desk: Desk, posted: PostedCall, end: RecordingEnd, now: datetime) -> Ending:
    """The caller stopped speaking. Who still listens is given a reference: their case is opened now.

    The recording's own report comes later, or came before, and counts in everything but what was promised here.
    """
    terms = desk.terms
    with desk.store.write() as tx:
        call, _ = _call(tx, desk, posted, now)
        if call.recording_ended_at is None:
            call.recording_ended_at = now
        language = cast("Language", call.language)
        if end.ended_by == _HUNG_UP or end.recording_sid is None:
            return Ending(language=language, left=None)
        spoken = spoken_for(end.duration, is_ended_by_caller=bool(end.ended_by), terms=terms)
        is_known = cases.voicemail(tx.session, end.recording_sid) is not None
        if not is_known and is_hang_up(duration=spoken, is_recorded=True, is_silent=None, terms=terms):
            call.spoken_s = int(spoken.total_seconds()) if spoken is not None else None
            is_over = is_hang_up(duration=end.duration, is_recorded=True, is_silent=None, terms=terms)
            return Ending(language=language, left=None, heard=Heard.NOTHING if is_over else Heard.LITTLE)
        recording = PostedRecording(
            recording_sid=end.recording_sid,
            call_sid=posted.call_sid,
            is_recorded=True,
            duration=end.duration,
            is_confirmed=False,
        )
        case = keep_recording(tx, desk, recording, now)
        heard = Heard.NOTHING if "hang_up" in case.flags else Heard.SOMETHING
        return Ending(language=language, left=_left(case), heard=heard)


def take_call_status(desk: Desk, posted: PostedCall, status: str, sequence: int | None, now: datetime) -> None:
    """A call to our number changed its status. Late ones never move it back."""
    with desk.store.write() as tx:
        call, _ = _call(tx, desk, posted, now)
        if sequence is None or call.status_sequence is None or sequence > call.status_sequence:
            call.status, call.status_sequence = status, sequence


def recording_in(address: str, account_sid: str) -> str | None:
    """The SID of a recording of this account, from the address that the end of a recording tells; None if it has none.

    Nothing is ever fetched from such an address.
    """
    found = re.fullmatch(
        rf"https?://[^/\s]+/2010-04-01/Accounts/{re.escape(account_sid)}/Recordings/(RE[0-9a-fA-F]{{32}})", address
    )
    return found[1] if found else None


def _left(case: Case) -> Left | None:
    if {"hang_up", "blocked"} & set(case.flags) and case.callback_due is None:
        return None
    return Left(reference=case.reference, due=case.callback_due, is_deferred="deferred" in case.flags)


def _known(tx: Transaction, desk: Desk, call: Call, now: datetime) -> Known:
    terms = desk.terms
    found = recognition.of_call(tx.session, call)
    may_key_pin = found is None and recognition.may_key_pin(tx.session)
    waiting = cases.awaiting_callback_of(tx.session, call.from_number) if call.from_number else ()
    return Known(
        answered_at=call.answered_at or now,
        language=cast("Language", call.language),
        shown=call.from_number,
        may_call=refusal_of(call.from_number, terms) is None,
        keyed=call.callback_number,
        is_emergency=call.is_emergency,
        attested=call.attested,
        product=cast("ProductLine", call.product),
        open_cases=tuple(OpenCase(due=case.callback_due, keyed=case.callback_number) for case in waiting),
        is_recognised=found is not None,
        may_key_pin=may_key_pin,
        is_pin_kept_quiet=may_key_pin and recognition.are_pins_guessed(tx.session, call.from_number, terms, now),
        account=recognition.account_to_tell(tx.session, desk, call, now),
    )


def _call(tx: Transaction, desk: Desk, posted: PostedCall, now: datetime) -> tuple[Call, bool]:
    """The call, and whether this is the first that we hear of it."""
    is_new = tx.session.get(Call, posted.call_sid) is None
    call = calls.of_sid(tx.session, posted.call_sid, language=desk.terms.phone.languages[0])
    _learn_caller(tx, desk, call, posted, now)
    return call, is_new


def _learn_caller(tx: Transaction, desk: Desk, call: Call, posted: PostedCall, now: datetime) -> None:
    """Who called, also for a case whose recording was told of before its call."""
    if posted.from_number is None or call.from_number is not None:
        return
    call.from_number, call.from_place = posted.from_number, posted.from_place
    tx.session.flush()
    case = cases.case_of_call(tx.session, call.sid)
    if case is not None and case.caller is None:
        set_caller(tx, desk, case, posted.from_number, posted.from_place, now)
