"""A voicemail becomes a case with its deadline, or joins the open case of its caller; later, perhaps, its words."""

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
from triage.policy.roster import Person
from triage.policy.terms import ProductLine, Terms
from triage.services import canary
from triage.services.alerts import card_of, tell
from triage.services.callers import give_receipt
from triage.services.completion import Learnt, complete, concerned, confirm, due_instants_of
from triage.services.desk import Desk
from triage.services.escalation import ask_owner_again, climb_afresh
from triage.services.recognition import recognise
from triage.services.recordings import plan_copy
from triage.store import calls, cases, deliveries, look_ups, rows
from triage.store.engine import Transaction
from triage.store.heard import heard
from triage.store.models import Call, Case, Voicemail

log = structlog.get_logger()

_STATES = {
    Treatment.PAGE: CaseState.OPEN,
    Treatment.DEFER: CaseState.DEFERRED,
    Treatment.LIST: CaseState.REVIEW,
    Treatment.REVIEW: CaseState.REVIEW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedRecording:
    """A recording that the phone system made, or could not make.

    `started_at` and `duration` are its own, `answered_at` is that of its call. `is_silent` is True where it says that
    nothing was said, None where it gives no reason. `from_number` is None where it does not say who called.
    `is_found` where no webhook told of it: it stood in the phone system's list. `is_confirmed` is False where only the
    end of the call told of it: its own times, length and outcome come later.
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
    is_confirmed: bool = True

    @property
    def lacks_length(self) -> bool:
        """Whether the phone system has to be asked how long it is."""
        return self.is_confirmed and self.is_recorded and self.duration is None

    @property
    def ended_at(self) -> datetime | None:
        """When the message was left by the phone system's clock; None where it does not say."""
        if self.started_at is None or (self.is_recorded and self.duration is None):
            return None
        return self.started_at + (self.duration or timedelta(0))


def take_recording(desk: Desk, posted: PostedRecording, now: datetime) -> str | None:
    """A voicemail exists: it becomes a case with its deadline, or joins the caller's open one.

    The same recording twice is one voicemail; the second time it tells what was lacking. Returns the reference of
    its case; None for a test call of ours, which makes none.
    """
    with desk.store.write() as tx:
        if canary.take_recording(
            tx, desk, posted.call_sid, posted.from_number, is_recorded=posted.is_recorded, now=now
        ):
            return None
        return keep_recording(tx, desk, posted, now).reference


def keep_recording(tx: Transaction, desk: Desk, posted: PostedRecording, now: datetime) -> Case:
    """What `take_recording` does, within a transaction. Returns the case of the voicemail."""
    found = heard(tx.session, posted.recording_sid, posted.call_sid, posted.from_number)
    if found.voicemail_id is not None:
        known = tx.session.get_one(Voicemail, found.voicemail_id)
        if posted.is_confirmed:
            _complete(tx, desk, known, posted, now)
        return tx.session.get_one(Case, known.case_id)
    call = _call(tx, desk, posted, is_known=found.has_call)
    message = _message(posted, call, desk.terms, now)
    decided = sort(message, desk.terms)
    joined = _open_case_of(tx, call.from_number, decided) if found.is_waiting else None
    case = joined or _open(tx, desk, message, decided, call, now)
    voicemail_id = _keep_voicemail(tx, case, posted, message, now)
    if posted.is_recorded:
        plan_copy(tx, voicemail_id, now)
    if joined is not None:
        _fold(tx, desk, joined, message, decided, call, now)
    if (joined is None and call.answered_at is None) or posted.lacks_length:
        _look_up(tx, case, posted, now)
    if joined is None and call.answered_at is None:
        canary.wait_for_its_caller(tx, desk, case, now)
    return case


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


def _call(tx: Transaction, desk: Desk, posted: PostedRecording, *, is_known: bool) -> Call:
    """The call of a recording, with what the recording says of it."""
    if not is_known:
        said = {"from_number": posted.from_number, "from_place": posted.from_place, "answered_at": posted.answered_at}
        return calls.write_down(tx.session, posted.call_sid, language=desk.terms.phone.languages[0], **said)
    call = tx.session.get_one(Call, posted.call_sid)
    call.answered_at = call.answered_at or posted.answered_at
    if call.from_number is None:
        call.from_number, call.from_place = posted.from_number, posted.from_place
    return call


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
        is_blocked=call.from_number in terms.phone.blocked,
        is_little=call.spoken_s is not None,
    )


def _complete(tx: Transaction, desk: Desk, known: Voicemail, posted: PostedRecording, now: datetime) -> None:
    """What the phone system says of a voicemail that is on record."""
    complete(tx, desk, known, _learnt(posted), now)
    if known.is_confirmed:
        return
    case = tx.session.get_one(Case, known.case_id)
    if posted.is_found:
        _note_found(tx, case, posted, now)
    known.duration_s = _seconds(posted.duration)
    known.status, known.error_code = _status(posted), posted.error_code
    terms = desk.terms_of(tx.session, case.policy)
    confirm(
        tx,
        case,
        known,
        is_hang_up=is_hang_up(
            duration=posted.duration, is_recorded=posted.is_recorded, is_silent=posted.is_silent, terms=terms
        ),
        now=now,
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
    case = rows.add(
        tx.session,
        Case,
        version=1,
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
        callback_number=call.callback_number,
        language=call.language,
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
    tx.record_of(
        case,
        "case_opened",
        at=now,
        actor="caller",
        window=decided.window,
        left_at=message.left_at,
        due=decided.callback_due,
        treatment=decided.treatment.value,
        product=message.product,
        attested=message.attested,
        language=call.language,
        keyed_number=call.callback_number,
        flags=list(decided.flags),
        clauses=list(decided.clauses),
    )
    recognise(tx, desk, case, now, number=call.from_number, technician_id=call.dealer_technician_id)
    cases.first_timers(tx.session, case.id, due_instants_of(case, decided, desk.terms, now))
    give_receipt(tx, case, desk.terms, now)
    return case


def _keep_voicemail(tx: Transaction, case: Case, posted: PostedRecording, message: Message, now: datetime) -> int:
    """Returns the voicemail's id."""
    voicemail_id = cases.add_voicemail(
        tx.session,
        case_id=case.id,
        recording_sid=posted.recording_sid,
        call_sid=posted.call_sid,
        status=_status(posted),
        is_confirmed=posted.is_confirmed,
        duration_s=_seconds(posted.duration),
        error_code=posted.error_code,
        left_at=message.left_at,
        received_at=now,
    )
    if posted.is_found:
        _note_found(tx, case, posted, now)
    tx.record_of(
        case,
        "voicemail_left",
        at=now,
        actor="caller",
        recording=posted.recording_sid,
        call=posted.call_sid,
        left_at=message.left_at,
        seconds=_seconds(posted.duration),
        recorded=posted.is_recorded,
    )
    return voicemail_id


def _note_found(tx: Transaction, case: Case, posted: PostedRecording, now: datetime) -> None:
    """No webhook told of the recording: the phone system's list did."""
    found = {"recording": posted.recording_sid, "left_at": posted.ended_at}
    tx.record_of(case, "found_by_reconciler", at=now, actor="system", **found)


def _status(posted: PostedRecording) -> str:
    return "completed" if posted.is_recorded else "absent"


def _seconds(duration: timedelta | None) -> int | None:
    return int(duration.total_seconds()) if duration is not None else None


def _fold(
    tx: Transaction, desk: Desk, case: Case, message: Message, decided: Sorted, call: Call, now: datetime
) -> None:
    """A further message in an open case: the first deadline stands, the newest number counts, on-call is told of it."""
    terms = desk.terms_of(tx.session, case.policy)
    recognise(tx, desk, case, now, number=call.from_number, technician_id=call.dealer_technician_id)
    is_message = decided.treatment is not Treatment.REVIEW
    new_number = (
        call.callback_number if call.callback_number != case.number_to_call and not message.is_blocked else None
    )
    if new_number:
        case.callback_number = new_number
        tx.record_of(case, "number_keyed", at=now, actor="caller", keyed_number=new_number)
    if message.emergency and not case.is_emergency:
        case.is_emergency = True
        case.flags = ["emergency", *case.flags]
        case.clauses = [*case.clauses, "E2"]
        tx.record_of(case, "became_emergency", at=now, actor="caller", clauses=["E2"])
        if case.state == CaseState.ACKNOWLEDGED and decided.treatment is not Treatment.DEFER:
            ask_owner_again(tx, case, terms, desk.roster(tx.session), now)
        else:
            climb_afresh(tx, case, now)
    if is_message:
        _learn_from(tx, case, message, now)
    elif not new_number:
        return
    tx.session.flush()
    count = len(cases.recordings(tx.session, case.id)) if is_message else None
    text = wording.second_message(card_of(case, desk.roster(tx.session)), count, now, terms, new_number)
    tell(tx, _not_alerted_now(tx, case, concerned(tx, desk, case), now), text, terms=terms, now=now, case=case)


def _not_alerted_now(tx: Transaction, case: Case, people: list[Person], now: datetime) -> list[Person]:
    """Those whom no alert tells of the case at this very instant."""
    return [person for person in people if deliveries.alert_made_at(tx.session, case.id, person.id, now) is None]


def _learn_from(tx: Transaction, case: Case, message: Message, now: datetime) -> None:
    """What the caller keyed in or said this time, where the case did not have it yet. What is owed stays as it was."""
    learnt: dict[str, object] = {}
    if case.product == "unknown" != message.product:
        case.product = learnt["product"] = message.product
    if message.attested and not case.attested:
        case.attested = learnt["attested"] = True
    gone = {"not_attested"} if case.attested else set()
    if message.is_recorded:
        gone.add("no_recording")
    if message.is_recorded and not message.is_little:
        gone.add("little_said")
    if gone := gone & set(case.flags):
        case.flags = [flag for flag in case.flags if flag not in gone]
        learnt["no_longer"] = sorted(gone)
    if learnt:
        tx.record_of(case, "message_learnt_from", at=now, actor="caller", **learnt)


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
    if posted.is_found:
        return
    look_ups.ask(tx.session, case.id, posted.call_sid, posted.recording_sid, now)
