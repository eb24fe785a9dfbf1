"""What somebody does with a case, whichever face they ask through: by text, by a key on an alert call, on a page.

Every function works inside the caller's transaction and raises Refused where the rules do not allow it. The faces word
the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triage.errors import NobodyToCall, Refused
from triage.policy import closing_words, wording
from triage.policy.callbacks import Outcome, is_about_call, is_nobody_to_call, may_have_been_a_box
from triage.policy.dialing import Refusal
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseState
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms
from triage.services import asked_calls, bridges, callbacks, casework
from triage.services.alerts import alert, card_of, stand_others_down, summons_for, tell
from triage.services.callers import say_taken
from triage.services.casework import Closed
from triage.services.desk import Desk
from triage.store import sessions
from triage.store.bridges import last_of, measured_s, running_of_case
from triage.store.engine import Transaction
from triage.store.models import Case


@dataclass(frozen=True, slots=True)
class Deed:
    """One person does one thing with one case, in its transaction."""

    tx: Transaction
    desk: Desk
    case: Case
    person: Person
    now: datetime

    @property
    def roster(self) -> Roster:
        return self.desk.roster(self.tx.session)

    @property
    def terms(self) -> Terms:
        return self.desk.terms_of(self.tx.session, self.case.policy)


class Ring(StrEnum):
    """What becomes of asking to be put through."""

    NOW = "now"  # their phone rings
    RINGS = "rings"  # it rings already, for an earlier request
    WAITS = "waits"  # it will, as soon as it is free of another call of ours
    TALKING = "talking"  # somebody is on the phone with the caller
    REFUSED = "refused"  # the number may not be dialled; the case is theirs all the same


@dataclass(frozen=True, slots=True)
class Called:
    """`talking` is who is on the phone with the caller; `why` the number may not be dialled."""

    ring: Ring
    talking: Person | None = None
    why: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """`is_met` where the attempts on record stand for a callback, `is_proven` where the phone network saw this one."""

    is_met: bool
    is_proven: bool


class Unfinished(StrEnum):
    """Why a case is not closed by what was said; what was said is on record where it could be."""

    CALL_RUNS = "call runs"  # with the caller: nothing was done
    LENGTH_UNKNOWN = "length unknown"  # the callback counts, its minutes are still to be said
    TOO_LONG = "too long"  # the callback counts, its minutes are more than the policy believes at once
    NO_CALLBACK = "no callback"  # no minutes, and nobody called back: nothing was done


@contextmanager
def former_owner_hears(deed: Deed) -> Iterator[None]:
    """Whoever has the case before what is done here hears what somebody else did with it, by one text."""
    before, state = deed.case.owner, deed.case.state
    yield
    is_closed = deed.case.state == CaseState.CLOSED != state
    if before is not None and before != deed.person.id and (deed.case.owner != before or is_closed):
        _tell_former_owner(deed, before, by=deed.person.first_name, is_closed=is_closed)


def _tell_former_owner(deed: Deed, former: str, *, by: str, is_closed: bool = False) -> None:
    case, roster = deed.case, deed.roster
    owner = roster.person(case.owner)
    work = sessions.of_case(deed.tx.session, case.id) if is_closed else None
    worker = roster.person(work.person_id) if work else None
    change = closing_words.Change(
        by=by,
        owner=owner.first_name if owner else None,
        is_new_owner=case.owner != former,
        called_back_at=case.callback_made_at,
        is_by_attempts=case.callback_basis == "attempts",
        is_closed=is_closed,
        minutes=work.minutes if work else None,
        session_of=None if work is None or work.person_id == former else worker.first_name if worker else by,
    )
    text = closing_words.lost(card_of(case, roster), change, deed.now, deed.terms)
    people = [person for person in roster.people if person.id == former]
    tell(deed.tx, people, text, terms=deed.terms, now=deed.now, case=case)


def take(deed: Deed) -> None:
    """The person has the case now; whoever else an emergency woke stands down."""
    tx, case, terms, former = deed.tx, deed.case, deed.terms, deed.case.owner
    if casework.acknowledge(tx, case, deed.person, terms, deed.now) and case.is_emergency:
        stand_others_down(tx, case, deed.person, deed.roster, terms, deed.now, but=former)


def call(deed: Deed) -> Called:
    """Take the case, if it is still to be taken, and be rung and put through to the caller."""
    tx, case, terms, person = deed.tx, deed.case, deed.terms, deed.person
    if case.state == CaseState.CLOSED:
        raise Refused(f"{case.reference} is closed")
    if CaseState(case.state) in {CaseState.OPEN, CaseState.ACKNOWLEDGED, CaseState.DEFERRED}:
        take(deed)
    running = running_of_case(tx.session, case.id)
    if running is not None:
        return Called(Ring.TALKING, talking=deed.roster.person(running.person_id))
    is_placed = asked_calls.is_placed(tx, case, person, "bridge", terms, deed.now)
    if is_placed is not None:
        return Called(Ring.RINGS if is_placed else Ring.WAITS)
    refused = bridges.why_not(tx.session, case, terms, deed.now)
    if refused is not None:
        tx.record_of(case, "call_refused", at=deed.now, actor=f"person:{person.id}", reason=refused.value)
        return Called(Ring.REFUSED, why=refused)
    asked_calls.ring(tx, case, person, "bridge", deed.now)
    return Called(Ring.NOW)


def tried(deed: Deed) -> Tried | None:
    """They called and reached nobody; None while a call to the caller runs: then nothing is done.

    Raises Refused where the case is closed, and NobodyToCall where nothing says whom they could have called.
    """
    tx, session, case, person = deed.tx, deed.tx.session, deed.case, deed.person
    if case.state != CaseState.CLOSED and is_nobody_to_call(case.number_to_call, case.flags):
        raise NobodyToCall("There is no number to try. Nothing was changed. Close the case with 0 minutes.")
    if running_of_case(session, case.id) is not None:
        return None
    bridge = last_of(session, case.id, person.id)
    is_box = (
        bridge is not None
        and (
            (bridge.outcome == Outcome.CONNECTED and may_have_been_a_box(bridge.ended_at, bridge.seconds, deed.now))
            or (
                bridge.outcome == Outcome.BOX and is_about_call(bridge.ended_at, deed.now)
            )  # said before, by key or text
        )
        and not sessions.has_attempt_since(session, case.id, person.id, bridge.ended_at)
    )
    if bridge is not None and is_box:  # they were put through, and correct what the network took for a conversation
        return Tried(bridges.say_box(tx, deed.desk, bridge, case, deed.now), is_proven=True)
    return Tried(callbacks.tried(tx, case, person, deed.terms, deed.now), is_proven=False)


def done(
    deed: Deed, minutes: int | None, text: str, *, is_sure: bool = False, has_called: bool = False
) -> Closed | Unfinished:
    """They called back, or the phone network saw them do it, and the work is over: close the case and price it.

    Who states 0 minutes did not say by that that they called, unless `has_called`. `is_sure` where many are meant.
    Raises Refused where it is closed already.
    """
    tx, case, person, terms, now = deed.tx, deed.case, deed.person, deed.terms, deed.now
    if case.state == CaseState.CLOSED:
        raise Refused(f"{case.reference} is closed")
    if running_of_case(tx.session, case.id) is not None:
        return Unfinished.CALL_RUNS
    is_too_long = not is_sure and timedelta(minutes=minutes or 0) > terms.callback.longest_stated
    if minutes == 0 and (found := _without_callback(deed, text, has_called=has_called)):
        return found
    if not minutes and (case.callback_basis == "attempts" or case.state == CaseState.REVIEW):
        minutes = 0  # nobody was reached, or nothing was owed: there is no session
    elif case.callback_basis != "measured":
        callbacks.call_made(tx, case, person, terms, now)
        if minutes is None or is_too_long:
            if text:
                casework.note(tx, case, f"person:{person.id}", text, now)
            return Unfinished.TOO_LONG if is_too_long else Unfinished.LENGTH_UNKNOWN
    elif is_too_long:
        return Unfinished.TOO_LONG
    elif minutes is None and not measured_s(tx.session, case.id):  # the network never told how long it was
        return Unfinished.LENGTH_UNKNOWN
    return casework.close(tx, deed.desk, case, person, now, minutes=minutes, note=text)


def _without_callback(deed: Deed, text: str, *, has_called: bool) -> Closed | Unfinished | None:
    """What becomes of a case without minutes and without a callback; None where there is one, or is said to be."""
    case = deed.case
    if case.callback_made_at is not None or case.state == CaseState.REVIEW:
        return None
    if is_nobody_to_call(case.number_to_call, case.flags):
        return casework.close_without_caller(deed.tx, case, deed.person, deed.now, note=text)
    return None if has_called else Unfinished.NO_CALLBACK


def hand_over(tx: Transaction, desk: Desk, case: Case, to: Person, *, by: str, actor: str, now: datetime) -> None:
    """Somebody gives a case to a person by name; `by` is the giver's name. The time of the promise and of the ladder
    runs on.

    A case that somebody has is the other's at once, for what is left of the first one's span for a callback. One that
    nobody has is nobody's until that person takes it: they are alerted, and the ladder goes on meanwhile.
    """
    terms, roster = desk.terms_of(tx.session, case.policy), desk.roster(tx.session)
    summoned = summons_for(tx, [to], ("sms", "voice"))
    if not summoned:
        raise Refused(f"No text and no call reaches {to.name}: name somebody else.")
    if case.state not in AWAITING_CALLBACK:
        raise Refused(f"{case.reference} is {case.state}")
    is_held = case.state == CaseState.ACKNOWLEDGED
    tx.record_of(case, "handed_over", at=now, actor=actor, person=to.id, owner=case.owner if is_held else None)
    if not is_held:
        alert(tx, case, summoned, "by_name", terms=terms, now=now)
        return
    former, case.owner = case.owner, to.id
    say_taken(tx, case, to, terms, now)
    tell(tx, [to], wording.handed_over(card_of(case, roster), by, now, terms), terms=terms, now=now, case=case)
    if former not in {None, to.id}:
        _tell_former_owner(Deed(tx, desk, case, to, now), former, by=by)
