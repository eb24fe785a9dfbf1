"""What somebody does with a case on its page: for the case as they saw it, or not at all.

Each function returns what to say when it is done. They raise NotFound; MovedOn where somebody did something with the
case since the page was made; Refused where the rules do not allow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.errors import MovedOn, NotFound, Refused
from triage.policy import action_words as words
from triage.policy.bridge_words import refusal
from triage.policy.case_actions import MOVES, Action, Stand, actions_for
from triage.policy.event_words import event_in_words
from triage.policy.lifecycle import CaseState
from triage.policy.wording import wall_clock
from triage.services import bridges, casework, corrections, handling, recognition, reopening
from triage.services.alerts import card_of
from triage.services.desk import Desk, names_of
from triage.services.handling import Deed, Unfinished
from triage.services.sign_in import SignedIn
from triage.store import Session, cases, chain, dealers, sessions
from triage.store.bridges import measured_s, running_of_case
from triage.store.engine import Transaction
from triage.store.models import Case


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for something about which case, and the newest entry of its history that their page told of."""

    who: SignedIn
    reference: str
    seen: int


def stand_of(session: Session, desk: Desk, case: Case, now: datetime) -> Stand:
    """How a case stands for whoever wants to do something with it."""
    roster, terms = desk.roster(session), desk.terms_of(session, case.policy)
    owner, running = roster.person(case.owner), running_of_case(session, case.id)
    talking = roster.person(running.person_id) if running else None
    refused = bridges.why_not(session, case, terms, now)
    return Stand(
        state=CaseState(case.state),
        owner=case.owner,
        owner_name=owner.name if owner else "Somebody",
        is_at_risk=case.at_risk_at is not None,
        talking=(talking.name if talking else "Somebody") if running else None,
        not_dialled=f"Not dialled: {refusal(refused, terms)}." if refused else None,
        basis=case.callback_basis,
        is_measured=measured_s(session, case.id) > 0,
        has_session=sessions.of_case(session, case.id) is not None,
        has_dealers=dealers.is_any(session),
    )


def take(desk: Desk, asked: Asked, now: datetime) -> str:
    """As ACK."""
    with _deed(desk, asked, Action.TAKE, now) as deed:
        handling.take(deed)
        return words.taken(card_of(deed.case, deed.roster), now, deed.terms)


def call(desk: Desk, asked: Asked, now: datetime) -> str:
    """As CALL."""
    with _deed(desk, asked, Action.CALL, now) as deed:
        called = handling.call(deed)
        why = refusal(called.why, deed.terms) if called.why else ""
        return words.called(
            called.ring.value, card_of(deed.case, deed.roster), deed.person.phone, called.talking, why=why
        )


def attempt(desk: Desk, asked: Asked, now: datetime) -> str:
    """As TRIED."""
    with _deed(desk, asked, Action.ATTEMPT, now) as deed:
        found = handling.tried(deed)
        if found is None:
            raise Refused("A call to the caller runs. Nothing was changed.")
        return words.tried(deed.terms, is_met=found.is_met, is_proven=found.is_proven)


def close(desk: Desk, asked: Asked, minutes: int | None, text: str, now: datetime, *, is_sure: bool = False) -> str:
    """As DONE by somebody who says that they called. `is_sure` where many minutes are meant."""
    with _deed(desk, asked, Action.CLOSE, now) as deed:
        closed = handling.done(deed, minutes, text, is_sure=is_sure, has_called=True)
        if isinstance(closed, Unfinished):
            raise Refused(words.UNFINISHED[closed.value])
        if closed.is_nobody_to_call:
            return words.closed_without_caller()
        drawn = recognition.drawn_by(deed.tx.session, desk, deed.case, now)
        return words.closed(closed.minutes, closed.amount, closed.rate, is_doubtful=closed.is_doubtful, drawn=drawn)


def hand_over(desk: Desk, asked: Asked, person_id: str, now: datetime) -> str:
    """Give the case to somebody by name."""
    with _case(desk, asked, Action.HAND_OVER, now) as (tx, case):
        to = desk.roster(tx.session).person(person_id)
        if to is None or (to.id == case.owner and case.state == CaseState.ACKNOWLEDGED):
            raise Refused("Choose somebody else of the roster.")
        handling.hand_over(tx, desk, case, to, by=asked.who.name, actor=asked.who.actor, now=now)
        return words.handed_over(to.name, is_held=case.state == CaseState.ACKNOWLEDGED)


def correct(
    desk: Desk, asked: Asked, minutes: int, rate: str, reason: str, now: datetime, *, is_sure: bool = False
) -> str:
    """Other minutes than those that were typed, or another rate (W6). `is_sure` where many minutes are meant.

    Raises Refused where nothing would change.
    """
    with _case(desk, asked, Action.CORRECT, now) as (tx, case):
        terms, actor = desk.terms_of(tx.session, case.policy), asked.who.actor
        if not is_sure and timedelta(minutes=minutes) > terms.callback.longest_stated:
            raise Refused(words.UNFINISHED["too long"])
        found = corrections.correct(tx, desk, case, now, minutes=minutes, actor=actor, rate=rate, reason=reason)
        if found is None:
            raise Refused("That is what the session has already. Nothing was changed.")
        closed, was = found.now, found.amount_before
        drawn = recognition.drawn_by(tx.session, desk, case, now)
        return words.corrected(
            closed.minutes, closed.amount, closed.rate, was=was, is_doubtful=closed.is_doubtful, drawn=drawn
        )


def reopen(desk: Desk, asked: Asked, reason: str, now: datetime, *, was_called: bool) -> str:
    """A closed case is open again: for its session, or for its promise where nobody had called back."""
    with _case(desk, asked, Action.REOPEN, now) as (tx, case):
        who = asked.who
        reopening.reopen(tx, desk, case, was_called=was_called, reason=reason, by=who.name, actor=who.actor, now=now)
        return words.reopened(case.state)


def set_dealer(desk: Desk, asked: Asked, written: str, reason: str, now: datetime) -> str:
    """Whose case it is: by a code or the beginning of a name; empty for no dealer."""
    with _case(desk, asked, Action.DEALER, now) as (tx, case):
        found = recognition.set_by_hand(tx, desk, case, written, now, actor=asked.who.actor, reason=reason)
        return words.dealer_set(found.dealer.name if found.dealer else None, found.before, found.after)


def set_dealer_here(desk: Desk, reference: str, written: str, reason: str, *, actor: str, now: datetime) -> str:
    """The same for somebody at the machine itself."""
    with desk.store.write() as tx:
        case = cases.by_reference(tx.session, reference)
        if case is None:
            raise NotFound(f"there is no case {reference}; `afterhours case list` shows them")
        if not (reason := reason.strip()):
            raise Refused("write why: the history keeps it")
        found = recognition.set_by_hand(tx, desk, case, written, now, actor=actor, reason=reason)
        return words.dealer_set(found.dealer.name if found.dealer else None, found.before, found.after)


def note(desk: Desk, asked: Asked, text: str, now: datetime) -> str:
    """As NOTE. The same words again from the same page are a form that was sent twice: they are on record once."""
    with _case(desk, asked, Action.NOTE, now) as (tx, case):
        since = chain.entries_since(tx.session, case.id, asked.seen, ["noted"])
        if any(entry.actor == asked.who.actor and entry.details.get("text") == text for entry in since):
            return "The note is part of the history already."
        casework.note(tx, case, asked.who.actor, text, now)
        return "The note is part of the history."


@contextmanager
def _deed(desk: Desk, asked: Asked, action: Action, now: datetime) -> Iterator[Deed]:
    """What a person of the roster does, through their account; the case's former owner hears of it."""
    with _case(desk, asked, action, now) as (tx, case):
        person = desk.roster(tx.session).person(asked.who.person_id)
        assert person is not None  # noqa: S101 - else the action was refused
        deed = Deed(tx, desk, case, person, now)
        with handling.former_owner_hears(deed):
            yield deed


@contextmanager
def _case(desk: Desk, asked: Asked, action: Action, now: datetime) -> Iterator[tuple[Transaction, Case]]:
    with desk.store.write() as tx:
        tx.account = asked.who.actor
        case = cases.by_reference(tx.session, asked.reference)
        if case is None:
            raise NotFound(f"There is no case {asked.reference}.")
        _is_as_seen(tx, desk, case, asked, now)
        person = desk.roster(tx.session).person(asked.who.person_id)
        allowed = actions_for(stand_of(tx.session, desk, case, now), asked.who.role, person.id if person else None)
        if (why_not := allowed[action]) is not None:
            raise Refused(why_not)
        yield tx, case


def _is_as_seen(tx: Transaction, desk: Desk, case: Case, asked: Asked, now: datetime) -> None:
    if asked.seen > chain.newest_number(tx.session, case.id):
        raise MovedOn("Not done: the page does not show the case as it is. Look again, then decide.")
    since = chain.entries_since(tx.session, case.id, asked.seen, MOVES)
    if since:
        names, terms = names_of(tx.session, desk), desk.terms_of(tx.session, case.policy)
        told = [
            f"{wall_clock(entry.at, now, terms)} {event_in_words(entry.kind)}"
            f" ({names.get(entry.actor.removeprefix('person:'), entry.actor)})"
            for entry in since[-_MOST_TOLD:]
        ]
        raise MovedOn(f"Not done, as the case moved on: {'; '.join(told)}. Look again, then decide.")


_MOST_TOLD = 4
