"""What the phone system tells of calls to our number: its steps, its recording, its transcript, its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog

from triage.policy import wording
from triage.policy.intake import (
    Message,
    Sorted,
    Treatment,
    answered_at,
    folds_into,
    is_hang_up,
    left_at,
    sort,
)
from triage.policy.lifecycle import CaseState
from triage.policy.terms import ProductLine, Terms
from triage.services.alerts import card_of, tell
from triage.services.callers import give_receipt
from triage.services.completion import Learnt, complete, concerned, due_instants_of, set_caller
from triage.services.desk import Desk
from triage.services.escalation import climb_afresh
from triage.services.recordings import plan_copy
from triage.store import cases
from triage.store.engine import Transaction
from triage.store.models import Call, Case, LookUp, Voicemail

log = structlog.get_logger()

_STATES = {
    Treatment.PAGE: CaseState.OPEN,
    Treatment.DEFER: CaseState.DEFERRED,
    Treatment.LIST: CaseState.REVIEW,
    Treatment.REVIEW: CaseState.REVIEW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedCall:
    """One step of a call to our number. `from_number` is None where the number is withheld."""

    call_sid: str
    from_number: str | None
    from_place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedRecording:
    """A recording that the phone system made, or could not make.

    `started_at` and `duration` are its own, `answered_at` is that of its call. `is_silent` is True where it says that
    nothing was said, None where it gives no reason. `from_number` is None where it does not say who called.
    `is_found` where no webhook told of it: it stood in the phone system's list.
    """

    recording_sid: str
    call_sid: str
    is_recorded: bool
    started_at: datetime | None = None
    duration: timedelta | None = None
    error_code: int | None = None
    is_silent: bool | None = None
    from_number: str | None = None
    from_place: str | None = None
    answered_at: datetime | None = None
    is_found: bool = False

    @property
    def ended_at(self) -> datetime | None:
        """When the message was left by the phone system's clock; None where it does not say."""
        if self.started_at is None or (self.is_recorded and self.duration is None):
            return None
        return self.started_at + (self.duration or timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a caller said of the message by keypad; None where they did not say."""

    is_emergency: bool | None = None
    attested: bool | None = None
    product: ProductLine | None = None


def take_call(desk: Desk, posted: PostedCall, now: datetime) -> None:
    """A call was answered: this instant picks the window (W5). A repeated request changes nothing."""
    with desk.store.write() as tx:
        call = _call(tx, posted.call_sid)
        if call.answered_at is None:
            call.answered_at = now
        _learn_caller(tx, desk, call, posted, now)


def take_keys(desk: Desk, call_sid: str, keys: Keys) -> Keys:
    """Keep what a caller keyed in, and return all that is known by now."""
    with desk.store.write() as tx:
        call = _call(tx, call_sid)
        if keys.is_emergency is not None:
            call.is_emergency = keys.is_emergency
        if keys.attested is not None:
            call.attested = keys.attested
        if keys.product is not None:
            call.product = keys.product
        return Keys(is_emergency=call.is_emergency, attested=call.attested, product=cast("ProductLine", call.product))


def take_recording_end(desk: Desk, posted: PostedCall, now: datetime) -> None:
    """The caller stopped speaking. The recording itself is announced later, by `take_recording`."""
    with desk.store.write() as tx:
        call = _call(tx, posted.call_sid)
        if call.recording_ended_at is None:
            call.recording_ended_at = now
        _learn_caller(tx, desk, call, posted, now)


def take_call_status(desk: Desk, posted: PostedCall, status: str, sequence: int | None, now: datetime) -> None:
    """A call to our number changed its status. Late ones never move it back."""
    with desk.store.write() as tx:
        call = _call(tx, posted.call_sid)
        if sequence is None or call.status_sequence is None or sequence > call.status_sequence:
            call.status, call.status_sequence = status, sequence
        _learn_caller(tx, desk, call, posted, now)


def take_recording(desk: Desk, posted: PostedRecording, now: datetime) -> str:
    """A voicemail exists: it becomes a case with its deadline, or joins the caller's open one.

    The same recording twice is one voicemail; the second time it tells what was lacking. Returns the reference of
    its case.
    """
    with desk.store.write() as tx:
        known = cases.voicemail(tx.session, posted.recording_sid)
        if known is not None:
            complete(tx, desk, known, _learnt(posted), now)
            return tx.session.get_one(Case, known.case_id).reference
        known_call = tx.session.get(Call, posted.call_sid)
        call = known_call or _new_call(tx, posted.call_sid)
        call.answered_at = call.answered_at or posted.answered_at
        if call.from_number is None:
            call.from_number, call.from_place = posted.from_number, posted.from_place
        message = _message(posted, call, desk.terms, now)
        decided = sort(message, desk.terms)
        case = _open_case_of(tx, call.from_number, decided)
        is_new = case is None
        if case is None:
            case = _open(tx, desk, message, decided, call, now)
        _keep_voicemail(tx, case, posted, message, now)
        plan_copy(tx, posted.recording_sid, now)
        if not is_new:
            _fold(tx, desk, case, message, decided, now)
        if (is_new and known_call is None) or (posted.is_recorded and posted.duration is None):
            _look_up(tx, case, posted, now)
        return case.reference


def take_transcript(desk: Desk, recording_sid: str, text: str | None, now: datetime) -> bool:
    """The words of a recording, if there are any. False where the recording is not known."""
    with desk.store.write() as tx:
        voicemail = cases.voicemail(tx.session, recording_sid)
        if voicemail is None:
            log.info("transcript_without_recording", recording=recording_sid)
            return False
        if voicemail.transcript is None and text:
            voicemail.transcript = text
            tx.record("transcribed", at=now, actor="phone system", case_id=voicemail.case_id, recording=recording_sid)
        return True


def _message(posted: PostedRecording, call: Call, terms: Terms, now: datetime) -> Message:
    left = left_at(
        started_at=posted.started_at if posted.ended_at else None,  # a start without a length is no end
        duration=posted.duration,
        heard_at=call.recording_ended_at or now,
        terms=terms,
    )
    return Message(
        answered_at=answered_at(answered=call.answered_at, started_at=posted.started_at, left=left),
        left_at=left,
        product=cast("ProductLine", call.product),
        emergency=call.is_emergency,
        attested=call.attested,
        duration=posted.duration,
        is_recorded=posted.is_recorded,
        is_hang_up=is_hang_up(
            duration=posted.duration, is_recorded=posted.is_recorded, is_silent=posted.is_silent, terms=terms
        ),
    )


def _open_case_of(tx: Transaction, caller: str | None, decided: Sorted) -> Case | None:
    """The open case of this caller that the message joins; a caller without a number has none."""
    if caller is None:
        return None
    return next(
        (
            case
            for case in cases.awaiting_callback_of(tx.session, caller)
            if folds_into(case_due=case.callback_due, message=decided)
        ),
        None,
    )


def _open(tx: Transaction, desk: Desk, message: Message, decided: Sorted, call: Call, now: datetime) -> Case:
    case = Case(
        state=_STATES[decided.treatment].value,
        window=decided.window,
        support_day=decided.support_day,
        product=message.product,
        is_emergency=message.emergency,
        attested=message.attested,
        flags=list(decided.flags),
        clauses=list(decided.clauses),
        rate=decided.rate,
        is_billable=decided.billable,
        caller=call.from_number,
        caller_place=call.from_place,
        policy=desk.terms.version,
        answered_at=message.answered_at,
        left_at=message.left_at,
        opened_at=now,
        callback_due=decided.callback_due,
        ladder_base_at=now,
        ladder_step=0,
        ladder_round=1,
        ladder_passed=[],
    )
    tx.session.add(case)
    tx.session.flush()
    tx.record(
        "case_opened",
        at=now,
        actor="caller",
        case_id=case.id,
        policy=case.policy,
        window=decided.window,
        left_at=message.left_at,
        due=decided.callback_due,
        treatment=decided.treatment.value,
        flags=list(decided.flags),
        clauses=list(decided.clauses),
    )
    cases.first_timers(tx.session, case.id, due_instants_of(case, decided, desk.terms, now))
    give_receipt(tx, case, desk.terms, now)
    return case


def _keep_voicemail(tx: Transaction, case: Case, posted: PostedRecording, message: Message, now: datetime) -> None:
    duration = int(posted.duration.total_seconds()) if posted.duration is not None else None
    tx.session.add(
        Voicemail(
            case_id=case.id,
            recording_sid=posted.recording_sid,
            call_sid=posted.call_sid,
            status="completed" if posted.is_recorded else "absent",
            duration_s=duration,
            error_code=posted.error_code,
            left_at=message.left_at,
            received_at=now,
        )
    )
    if posted.is_found:
        found = {"recording": posted.recording_sid, "left_at": message.left_at}
        tx.record("found_by_reconciler", at=now, actor="system", case_id=case.id, policy=case.policy, **found)
    tx.record(
        "voicemail_left",
        at=now,
        actor="caller",
        case_id=case.id,
        policy=case.policy,
        recording=posted.recording_sid,
        call=posted.call_sid,
        left_at=message.left_at,
        seconds=duration,
        recorded=posted.is_recorded,
    )


def _fold(tx: Transaction, desk: Desk, case: Case, message: Message, decided: Sorted, now: datetime) -> None:
    """A further message in an open case: the first deadline stands, and on-call is told of it."""
    terms = desk.terms_of(tx.session, case.policy)
    if message.emergency and not case.is_emergency:
        case.is_emergency = True
        case.flags = ["emergency", *case.flags]
        case.clauses = [*case.clauses, "E2"]
        tx.record("became_emergency", at=now, actor="caller", case_id=case.id, policy=case.policy, clauses=["E2"])
        climb_afresh(tx, case, now)
    if decided.treatment is Treatment.REVIEW:
        return
    tx.session.flush()
    count = len(cases.recordings(tx.session, case.id))
    text = wording.second_message(card_of(case, desk.roster(tx.session)), count)
    tell(tx, concerned(tx, desk, case), text, terms=terms, now=now, case=case)


def _learnt(posted: PostedRecording) -> Learnt:
    return Learnt(
        answered_at=posted.answered_at,
        left_at=posted.ended_at,
        duration=posted.duration,
        from_number=posted.from_number,
        from_place=posted.from_place,
    )


def _look_up(tx: Transaction, case: Case, posted: PostedRecording, now: datetime) -> None:
    """The call or the length of the message is not known: the phone system has to be asked who it was and when."""
    if posted.is_found or tx.session.get(LookUp, case.id) is not None:
        return
    tx.session.add(
        LookUp(
            case_id=case.id,
            call_sid=posted.call_sid,
            recording_sid=posted.recording_sid,
            attempts=0,
            next_attempt_at=now,
        )
    )


def _call(tx: Transaction, call_sid: str) -> Call:
    return tx.session.get(Call, call_sid) or _new_call(tx, call_sid)


def _new_call(tx: Transaction, call_sid: str) -> Call:
    call = Call(sid=call_sid, is_emergency=False, product="unknown")
    tx.session.add(call)
    return call


def _learn_caller(tx: Transaction, desk: Desk, call: Call, posted: PostedCall, now: datetime) -> None:
    """Who called, also for a case whose recording was told of before its call."""
    if posted.from_number is None or call.from_number is not None:
        return
    call.from_number, call.from_place = posted.from_number, posted.from_place
    tx.session.flush()
    case = cases.case_of_call(tx.session, call.sid)
    if case is not None and case.caller is None:
        set_caller(tx, desk, case, posted.from_number, posted.from_place, now)
