"""Texts to callers: the receipt, a word once somebody has the case, the answer to STATUS.

A text to a caller is a delivery to nobody on the roster. Whether it may go is decided when it is about to go out: an
opt-out, a callback or a changed roster counts until the last moment. It is never repeated, and its failure moves no
ladder and wakes nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage.policy import caller_texts
from triage.policy.caller_texts import Question, Standing
from triage.policy.delivery import DeliveryState
from triage.policy.lifecycle import CaseState
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms
from triage.services.desk import Desk
from triage.store import blocks, cases, deliveries, texts
from triage.store.engine import Transaction
from triage.store.models import Case, Delivery, InboundText


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is told of their cases; `cases` are those that it speaks of."""

    text: str
    cases: tuple[Case, ...]


def give_receipt(tx: Transaction, case: Case, terms: Terms, now: datetime) -> None:
    """Once for a case, as soon as its number is known: reference and promised time. Not where nothing is owed because
    nobody spoke or the owner blocked the number."""
    if not terms.callers.receipt or case.number_to_call is None or {"hang_up", "blocked"} & {*case.flags}:
        return
    if case.callback_due is None and "not_supported" not in case.flags:
        return
    text = caller_texts.receipt(
        case.reference,
        due=case.callback_due,
        flags=case.flags,
        may_ask=terms.callers.status,
        language=case.language,
        now=now,
        terms=terms,
    )
    _plan(tx, case, "receipt", text, now)


def say_taken(tx: Transaction, case: Case, person: Person, terms: Terms, now: datetime) -> None:
    """Somebody else than before has the case, and a callback is still owed: by first name only."""
    if not terms.callers.taken or case.number_to_call is None or case.callback_due is None:
        return
    if case.callback_made_at is not None:
        return
    text = caller_texts.taken(
        case.reference, person.first_name, due=case.callback_due, language=case.language, now=now, terms=terms
    )
    _plan(tx, case, "taken", text, now)


def why_withheld(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> str | None:
    """Why a planned text to a caller does not go out after all; None where it goes."""
    case = tx.session.get_one(Case, row.case_id)
    terms = desk.terms_of(tx.session, case.policy)
    why = _why_never(tx, desk.roster(tx.session), row.phone, terms)
    if why is None and not row.is_answer:
        why = caller_texts.why_not_now(
            sent=deliveries.sent_to_caller_since(tx.session, row.phone, now - terms.callers.texts_within),
            is_called_back=case.callback_made_at is not None,
            terms=terms,
        )
    if why:
        tx.record_of(case, "caller_text_withheld", at=now, actor="system", delivery=row.id, why=why)
    return why


def answer(tx: Transaction, desk: Desk, number: str, question: Question, now: datetime) -> Answer | None:
    """How the cases of a number stand: the open ones, else the one closed last; one alone where it is named.

    None where the number has no case, or nothing is ever texted to it.
    """
    roster = desk.roster(tx.session)
    if _why_never(tx, roster, number, desk.terms):
        return None
    named = _named(tx, number, question)
    found = [named] if named else _of(tx, number)
    if not found:
        return None
    text = caller_texts.status(
        [_standing(case, roster) for case in found],
        language=question.language or found[0].language,
        now=now,
        terms=desk.terms_of(tx.session, found[0].policy),
        not_theirs=question.reference if named is None else None,
    )
    return Answer(text, tuple(found))


def passed_on(
    tx: Transaction, desk: Desk, text: InboundText, case: Case, people: Sequence[Person], now: datetime, *, waits: bool
) -> str | None:
    """What a caller is told whose words go to `people`, at the opening where it `waits`; None where that was said a
    while ago, or nothing is ever texted to them."""
    rules, roster = desk.terms.callers, desk.roster(tx.session)
    before = texts.of_sender_after(tx.session, text.from_number, now - rules.passed_on_every)
    was_said = any(other.reply and not (rules.status and caller_texts.question_in(other.body)) for other in before)
    if not rules.passed_on or was_said or _why_never(tx, roster, text.from_number, desk.terms):
        return None
    owner = people[0].first_name if [person.id for person in people] == [case.owner] else None
    return caller_texts.passed_on(case.reference, owner, language=case.language, waits_for_opening=waits)


def why_not_late(tx: Transaction, desk: Desk, text: InboundText, told: Answer, now: datetime) -> str | None:
    """Why a question that was found afterwards is not answered any more; None where the answer is still of use."""
    later = texts.of_sender_after(tx.session, text.from_number, text.received_at)
    return caller_texts.why_not_late(
        asked_at=text.received_at,
        called_at=[case.callback_made_at for case in told.cases],
        has_asked_again=any(caller_texts.question_in(other.body) for other in later),
        now=now,
        terms=desk.terms,
    )


def case_of_sender(tx: Transaction, number: str) -> Case | None:
    """The case that the words of a caller belong to: the newest open one, else the one closed last."""
    return max(_of(tx, number), key=lambda case: case.id, default=None)


def _named(tx: Transaction, number: str, question: Question) -> Case | None:
    """The case that a question names, if it is one of that number."""
    named = cases.by_reference(tx.session, question.reference) if question.reference else None
    return named if named is not None and number in {named.caller, named.callback_number} else None


def _of(tx: Transaction, number: str) -> list[Case]:
    """The open cases of a number, else the one closed last."""
    closed = cases.last_closed_of(tx.session, number)
    return list(cases.open_of_number(tx.session, number)) or ([closed] if closed else [])


def _why_never(tx: Transaction, roster: Roster, number: str, terms: Terms) -> str | None:
    return caller_texts.why_never(
        number,
        is_on_roster=roster.person_with_phone(number) is not None,
        is_opted_out=blocks.is_blocked(tx.session, number, "sms"),
        terms=terms,
    )


def _standing(case: Case, roster: Roster) -> Standing:
    owner = roster.person(case.owner)
    return Standing(
        reference=case.reference,
        state=CaseState(case.state),
        is_hang_up="hang_up" in case.flags,
        due=case.callback_due,
        technician=owner.first_name if owner else None,
        called_at=case.callback_made_at,
        was_reached=case.callback_basis != "attempts",
        closed_at=case.closed_at,
    )


def send_answer(tx: Transaction, case: Case, number: str, text: str, now: datetime) -> None:
    """The answer to a question that was found afterwards: there is no webhook to answer any more.

    Whoever asked several times gets the last answer only, unless the first one went out meanwhile.
    """
    for earlier in deliveries.unsent_answers(tx.session, number):
        earlier.state, earlier.next_attempt_at = DeliveryState.DROPPED.value, None
        earlier.reason = "the caller has asked again since"
    _plan(tx, case, "status", text, now, number)


def _plan(tx: Transaction, case: Case, what: str, text: str, now: datetime, number: str | None = None) -> None:
    phone = number or case.number_to_call
    assert phone is not None  # noqa: S101 - the callers above looked
    row = Delivery(
        case_id=case.id,
        person_id=None,
        phone=phone,
        channel="sms",
        body=text,
        state=DeliveryState.PLANNED.value,
        is_held=False,
        is_answer=what == "status",
        attempts=0,
        created_at=now,
        next_attempt_at=now,
    )
    tx.session.add(row)
    tx.session.flush()
    tx.record_of(
        case,
        "caller_text_planned",
        at=now,
        actor="system",
        what=what,
        delivery=row.id,
        language=case.language,
    )
