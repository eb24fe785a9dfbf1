"""What becomes known of a voicemail after its case was opened: who called, when, how long the message is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from triage.policy import wording
from triage.policy.intake import Message, Sorted, at_risk_at, sort
from triage.policy.lifecycle import CaseEvent, CaseState, is_legal, next_state
from triage.policy.pins import DOUBTFUL_PIN
from triage.policy.put_back import MISDATED
from triage.policy.roster import Person
from triage.policy.terms import ProductLine, Terms
from triage.ports import CallDetails
from triage.services.alerts import card_of, tell
from triage.services.callers import give_receipt
from triage.services.canary import is_test_call
from triage.services.desk import Desk
from triage.services.recognition import recognise
from triage.store import calls, cases, deliveries
from triage.store.engine import Transaction
from triage.store.models import Call, Case, Voicemail


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What the phone system says of a voicemail that is on record; None for what it does not say."""

    answered_at: datetime | None = None
    left_at: datetime | None = None
    duration: timedelta | None = None
    from_number: str | None = None
    from_place: str | None = None


def complete(tx: Transaction, desk: Desk, voicemail: Voicemail, learnt: Learnt, now: datetime) -> None:
    """Fill in what a voicemail lacked; what is known stays, but for times, of which the earlier ones count (W5)."""
    case = tx.session.get_one(Case, voicemail.case_id)
    call = tx.session.get(Call, voicemail.call_sid)
    answered = learnt.answered_at if call is None or call.answered_at is None else None
    if call is not None:
        call.answered_at = call.answered_at or answered
        if call.from_number is None:
            call.from_number, call.from_place = learnt.from_number, learnt.from_place
    if learnt.duration is not None and voicemail.duration_s is None and voicemail.status == "completed":
        voicemail.duration_s = int(learnt.duration.total_seconds())
    if learnt.left_at is not None:
        voicemail.left_at = min(learnt.left_at, voicemail.left_at)
    learn_times(tx, desk, case, answered=answered, left=learnt.left_at, now=now)
    if learnt.from_number is not None and case.caller is None:  # last: what is told then names the right deadline
        set_caller(tx, desk, case, learnt.from_number, learnt.from_place, now)


def learn_call(tx: Transaction, desk: Desk, details: CallDetails, now: datetime) -> bool:
    """A call to our number as the phone system has it, which is over. True where nothing had told us of it."""
    is_new = tx.session.get(Call, details.call_sid) is None
    call = calls.of_sid(tx.session, details.call_sid, language=desk.terms.phone.languages[0])
    call.status = details.status
    case = cases.case_of_call(tx.session, call.sid)
    if call.answered_at is None and details.status == "completed":
        call.answered_at = details.started_at
        if case is not None and cases.recordings(tx.session, case.id)[0].call_sid == call.sid:
            learn_times(tx, desk, case, answered=details.started_at, left=None, now=now)
    if call.from_number is None and details.from_number is not None:
        call.from_number = details.from_number
        if case is not None and case.caller is None:
            set_caller(tx, desk, case, details.from_number, None, now)
    return is_new


def confirm(tx: Transaction, case: Case, voicemail: Voicemail, *, is_hang_up: bool, now: datetime) -> None:
    """A recording that only the end of its call had told of is what the phone system now says that it is.

    The caller was given a reference and a time: what was promised stays, a flag says what the recording turned out
    to be, where the case has no other.
    """
    voicemail.is_confirmed = True
    tx.record_of(
        case,
        "recording_confirmed",
        at=now,
        actor="phone system",
        recording=voicemail.recording_sid,
        left_at=voicemail.left_at,
        seconds=voicemail.duration_s,
        recorded=voicemail.status == "completed",
    )
    found = {"hang_up": is_hang_up, "no_recording": voicemail.status != "completed"}
    if cases.recordings(tx.session, case.id)[0].id == voicemail.id:
        case.flags = [*case.flags, *(flag for flag, holds in found.items() if holds and flag not in case.flags)]


def set_caller(tx: Transaction, desk: Desk, case: Case, number: str, place: str | None, now: datetime) -> None:
    """The number to call back, learnt after the case was opened: whoever was alerted without it hears of it."""
    if is_test_call(desk, number) and is_legal(CaseState(case.state), CaseEvent.DISMISS):
        _dismiss(tx, desk, case, now)
        return
    case.caller, case.caller_place = number, place
    tx.record_of(case, "caller_learnt", at=now, actor="phone system", caller=number)
    recognise(tx, desk, case, now, number=number)
    if number in desk.terms.phone.blocked:
        case.flags = [*case.flags, "blocked"]
    if case.callback_number is not None:
        return  # they keyed in what to call, and the receipt went there when the case was opened
    terms = desk.terms_of(tx.session, case.policy)
    text = wording.told(card_of(case, desk.roster(tx.session)), "Now the number to call is known.")
    tell(tx, concerned(tx, desk, case), text, terms=terms, now=now, case=case)
    give_receipt(tx, case, terms, now)


def _dismiss(tx: Transaction, desk: Desk, case: Case, now: datetime) -> None:
    """It was our own test call, whose way to us was broken: nothing is owed, and nobody has to do anything."""
    case.state = next_state(CaseState(case.state), CaseEvent.DISMISS).value
    case.callback_due, case.closed_at, case.is_billable = None, now, False
    cases.stop_asking(tx.session, case.id)
    tx.record_of(case, "test_call_dismissed", at=now, actor="phone system")
    text = wording.told(card_of(case, desk.roster(tx.session)), "Our own test call. Nothing for you to do.")
    tell(tx, concerned(tx, desk, case), text, terms=desk.terms_of(tx.session, case.policy), now=now, case=case)


def learn_times(
    tx: Transaction, desk: Desk, case: Case, *, answered: datetime | None, left: datetime | None, now: datetime
) -> None:
    """The phone system's own times of a case that came without them: earlier ones count (W5)."""
    terms = desk.terms_of(tx.session, case.policy)
    new_left = min(left, case.left_at) if left else case.left_at
    new_answered = min(at for at in (answered, case.answered_at, new_left) if at)
    is_settled = case.callback_made_at is not None or case.state == CaseState.CLOSED
    if (new_left, new_answered) == (case.left_at, case.answered_at) or is_settled:
        return
    case.left_at, case.answered_at = new_left, new_answered
    owes_nothing = case.callback_due is None  # a call that was promised stays promised, whatever is learnt later
    message = Message(
        answered_at=new_answered,
        left_at=new_left,
        product=cast("ProductLine", case.product),
        emergency=case.is_emergency,
        attested=case.attested,
        is_recorded="no_recording" not in case.flags,
        is_hang_up=owes_nothing and "hang_up" in case.flags,
        is_blocked=owes_nothing and "blocked" in case.flags,
        is_little="little_said" in case.flags,
    )
    decided = sort(message, terms)
    later = {"hang_up", "blocked", MISDATED, DOUBTFUL_PIN}
    learnt_later = [flag for flag in case.flags if flag in later and flag not in decided.flags]
    case.window, case.rate, case.support_day = decided.window, decided.rate, decided.support_day
    case.flags, case.clauses = [*decided.flags, *learnt_later], list(decided.clauses)
    case.callback_due = decided.callback_due
    tx.record_of(
        case,
        "resorted",
        at=now,
        actor="phone system",
        window=decided.window,
        due=decided.callback_due,
        clauses=list(decided.clauses),
    )
    for kind, due_at in due_instants_of(case, decided, terms, now).items():
        cases.set_timer(tx.session, case.id, kind, due_at)


def due_instants_of(case: Case, decided: Sorted, terms: Terms, now: datetime) -> dict[str, datetime]:
    """Everything that will fall due for the case, by kind."""
    found = {}
    if case.callback_due is not None:
        if case.at_risk_at is None:
            found["at_risk"] = at_risk_at(left=case.left_at, due=case.callback_due, before=terms.promise.at_risk_before)
        if case.breached_at is None:
            found["breach"] = case.callback_due
    if case.state == CaseState.OPEN and case.opened_at == now:
        found["ladder"] = now
    elif case.state in {CaseState.DEFERRED, CaseState.REVIEW} and decided.alert_at is not None:
        found["start"] = decided.alert_at
    return found


def concerned(tx: Transaction, desk: Desk, case: Case) -> list[Person]:
    """Whoever has the case; everybody who was alerted about it where nobody has."""
    concerned = {case.owner} if case.owner else deliveries.alerted_people(tx.session, case.id)
    return [person for person in desk.roster(tx.session).people if person.id in concerned]
