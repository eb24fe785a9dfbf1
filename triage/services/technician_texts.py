"""Texts to our number: commands of technicians, words of callers, and whatever strangers send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from triage.errors import NobodyToCall, Refused
from triage.policy import bridge_words, closing_words, notice_words, outage_words, wording
from triage.policy.booking_commands import parse_booking
from triage.policy.caller_news import caller_wrote
from triage.policy.caller_texts import question_in
from triage.policy.commands import (
    ABOUT_THE_LAST_CALL,
    LAST_CALL_WITHIN,
    OF_THE_MOMENT,
    OPT_IN,
    OPT_OUT,
    QUESTION_STANDS_FOR,
    Ambiguous,
    Candidate,
    assented,
    choose,
    is_assent,
    is_reserved,
    parse,
    with_reference,
)
from triage.policy.ladder import would_reach
from triage.policy.lifecycle import CaseState
from triage.policy.roster import Person, Roster
from triage.services import callers, casework, corrections, handling, hearing, texted_bookings
from triage.services.alerts import administrators, card_of, closed_by, held_since, tell
from triage.services.completion import concerned
from triage.services.desk import Desk
from triage.services.escalation import next_alerted
from triage.services.handling import Ring, former_owner_hears
from triage.services.texted_done import done
from triage.services.texted_scene import Scene
from triage.store import blocks, cases, chain, deliveries, texts
from triage.store.bridges import last_ended_of
from triage.store.engine import Transaction
from triage.store.models import Case, InboundText

LONGEST_SENDER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One SMS to our number."""

    message_sid: str
    from_number: str
    body: str


def take_text(desk: Desk, text: Text, now: datetime) -> str | None:
    """Keep a text and do what it says, if a technician sent it. Returns the answer, None for no answer.

    The same message twice is done once and answered the same.
    """
    with desk.store.write() as tx:
        known = texts.with_sid(tx.session, text.message_sid)
        if known is not None:
            return known.reply
        kept = write_down(tx, desk, text, now)
        carry_out(tx, desk, kept, now)
        return kept.reply


def write_down(tx: Transaction, desk: Desk, text: Text, now: datetime) -> InboundText:
    """Keep a text, whoever sent it."""
    person = desk.roster(tx.session).person_with_phone(text.from_number)
    case = None if person else callers.case_of_sender(tx, text.from_number)
    kept = InboundText(
        message_sid=text.message_sid,
        from_number=text.from_number,
        sender=f"person:{person.id}" if person else ("caller" if case else "stranger"),
        case_id=case.id if case else None,
        body=text.body,
        received_at=now,
    )
    tx.session.add(kept)
    return kept


def carry_out(
    tx: Transaction, desk: Desk, kept: InboundText, now: datetime, *, found_at: datetime | None = None
) -> None:
    """Do what a text says and write down the answer. `found_at` where it was found hours after it was sent, perhaps,
    which is `now`: then it is done only where it can mean one thing, and a question answered only where that is of use.
    """
    roster = desk.roster(tx.session)
    person = roster.person_with_phone(kept.from_number)
    if is_reserved(kept.body):
        _opted(tx, desk, kept, person, roster, now)
    elif person is not None:
        body = kept.body if found_at is not None else _with_question(tx, kept, now)
        kept.reply = _answer(tx, desk, roster, person, body, now, is_late=found_at is not None)
    else:
        kept.reply = _from_outside(tx, desk, kept, roster, now, found_at)


def _with_question(tx: Transaction, kept: InboundText, now: datetime) -> str:
    """What a text says, with the words of the one before it where it answers which case that one meant."""
    tx.session.flush()
    before = texts.last_before(tx.session, kept)
    if before is None or not (before.reply or "").startswith(wording.WHICH_CASE):
        return kept.body
    is_fresh = now - before.received_at <= QUESTION_STANDS_FOR
    return (with_reference(before.body, kept.body) if is_fresh else None) or kept.body


def _opted(
    tx: Transaction, desk: Desk, text: InboundText, person: Person | None, roster: Roster, now: datetime
) -> None:
    """STOP and START: the phone system answers by itself; we have to know whom texts still reach."""
    word = text.body.strip().upper()
    actor = f"person:{person.id}" if person else "caller"
    if word in OPT_OUT and blocks.block(tx.session, text.from_number, "sms", "the phone opted out with STOP", now):
        tx.record("opted_out", at=now, actor=actor, word=word)
        if person is not None:
            others = [admin for admin in administrators(roster) if admin.id != person.id]
            tell(tx, others, notice_words.opted_out(person.name), terms=desk.terms, now=now)
    elif word in OPT_IN and blocks.unblock(tx.session, text.from_number, "sms"):
        tx.record("opted_in", at=now, actor=actor, word=word)


def _from_outside(
    tx: Transaction, desk: Desk, text: InboundText, roster: Roster, now: datetime, found_at: datetime | None
) -> str | None:
    """STATUS of a caller is answered; other words go to the case and to whoever should know. A stranger's are kept
    only, and so is what comes on top of the texts that one number is heard for."""
    rules = desk.terms.callers
    sent = texts.count_of_sender(tx.session, text.from_number, now - rules.answers_within, now)
    question = question_in(text.body) if rules.status and sent <= rules.answers else None
    answer = callers.answer(tx, desk, text.from_number, question, found_at or now) if question else None
    standing = _standing(tx, desk, text, answer, now, found_at) if answer else None
    if answer is not None and question is not None and question.is_all:
        return standing
    case = tx.session.get(Case, text.case_id) if text.case_id else None
    is_of_old = case is None or case.state == CaseState.CLOSED
    if answer is None and is_of_old and texted_bookings.pass_on(tx, desk, text, now, is_heard=sent <= rules.answers):
        return None
    if case is None:
        tx.record("text_from_stranger", at=now, actor="stranger", message=text.message_sid)
        return None
    passed_on = _pass_on(tx, desk, text, case, roster, now, sent)
    return standing or (passed_on if answer is None and found_at is None else None)


def _standing(
    tx: Transaction, desk: Desk, text: InboundText, answer: callers.Answer, now: datetime, found_at: datetime | None
) -> str | None:
    """The answer to STATUS, on record; None where it is of no use any more."""
    text.sender, text.case_id = "caller", answer.cases[0].id
    for told in answer.cases:
        tx.record_of(told, "status_asked", at=now, actor="caller", message=text.message_sid)
    why = callers.why_not_late(tx, desk, text, answer, found_at) if found_at else None
    if why is not None and found_at is not None:
        told, sid = answer.cases[0], text.message_sid
        tx.record_of(told, "caller_text_withheld", at=found_at, actor="system", message=sid, why=why)
    return answer.text if why is None else None


def _pass_on(
    tx: Transaction, desk: Desk, text: InboundText, case: Case, roster: Roster, now: datetime, sent: int
) -> str | None:
    """Tell whoever should know what a caller wrote; what the caller hears. `sent` counts their texts of a while."""
    is_closed, opens_at, most = case.state == CaseState.CLOSED, None, desk.terms.callers.answers
    people: Sequence[Person] = concerned(tx, desk, case)
    if not people:  # closed, or kept until we open: those in charge hear of it then
        people, opens_at = roster.in_charge(), cases.timers_of(tx.session, [case.id]).get(case.id, {}).get("start")
    is_heard = sent <= most and bool(people)
    tx.record_of(case, "text_from_caller", at=now, actor="caller", message=text.message_sid, passed_on=is_heard)
    if not is_heard:
        return None
    sentence = caller_wrote(
        card_of(case, roster),
        text.body,
        is_closed=is_closed,
        is_last=sent == most,
        unreached_because=blocks.blocked_because(tx.session, text.from_number, "sms"),
    )
    tell(tx, people, sentence, terms=desk.terms, now=now, case=case, not_before=opens_at)
    return callers.passed_on(tx, desk, text, case, people, now, waits=opens_at is not None)


def _answer(
    tx: Transaction, desk: Desk, roster: Roster, person: Person, body: str, now: datetime, *, is_late: bool
) -> str:
    about_booking = parse_booking(body)
    if about_booking is not None:
        return texted_bookings.answer(tx, desk, person, about_booking, now)
    command = parse(body, lambda reference: _may_mean(tx, desk, person, reference, now))
    if command is None and is_assent(body) and not is_late:
        asked = [case for case in cases.live(tx.session) if not casework.has_passed(tx, case, person)]
        command = assented(_candidates(tx, person, asked))
    if command is None:
        return wording.not_understood(body)
    if command.reference is not None and command.further:
        return wording.one_at_a_time(command.word, [command.reference, *command.further])
    scene = Scene(tx, desk, roster, person, command, now, is_late)
    if command.word in _WITHOUT_CASE:
        return _WITHOUT_CASE[command.word](scene)
    case = _meant_then(scene) if is_late else _meant(scene)
    if isinstance(case, str):
        return case
    try:
        with former_owner_hears(scene.deed(case)):
            return _WITH_CASE[command.word](scene, case)
    except NobodyToCall:
        return closing_words.no_number_to_try(case.reference)
    except Refused:
        return _why_not(scene, case)


def _may_mean(tx: Transaction, desk: Desk, person: Person, reference: str, now: datetime) -> bool:
    """Whether a case has this number that the person could close, or correct."""
    case = cases.by_reference(tx.session, reference)
    if case is None or case.state != CaseState.CLOSED:
        return case is not None
    return corrections.may_correct(tx, case, person.id, desk.terms_of(tx.session, case.policy), now)


def _meant(scene: Scene) -> Case | str:
    """The case that a command means, or the answer that asks which."""
    session, reference = scene.tx.session, scene.command.reference
    if reference is not None:
        return cases.by_reference(session, reference) or wording.no_such_case(reference)
    live = cases.live(session)
    if scene.command.word in ABOUT_THE_LAST_CALL and (called := _just_called(scene, live)):
        return called
    chosen = choose(scene.command.word, _candidates(scene.tx, scene.person, live))
    if isinstance(chosen, Ambiguous):
        return _which(scene, [case for case in live if case.reference in chosen.references])
    if chosen is None:
        return wording.NOTHING_OPEN
    return next(case for case in live if case.reference == chosen)


def _candidates(tx: Transaction, person: Person, live: Sequence[Case]) -> list[Candidate]:
    alerted = deliveries.alerted_cases(tx.session, person.id)
    return [
        Candidate(
            reference=case.reference,
            is_mine=case.owner == person.id and case.state != CaseState.REVIEW,
            is_waiting=case.state == CaseState.OPEN,
            is_alerted=case.id in alerted,
            callback_due=case.callback_due,
        )
        for case in live
    ]


def _just_called(scene: Scene, live: Sequence[Case]) -> Case | None:
    """The open case of the call that the person has just ended."""
    leg = last_ended_of(scene.tx.session, scene.person.id, scene.now - LAST_CALL_WITHIN)
    return next((case for case in live if leg is not None and case.id == leg.case_id), None)


def _which(scene: Scene, found: Sequence[Case]) -> str:
    cards = [(card_of(case, scene.roster), case.state == CaseState.CALLED_BACK) for case in found]
    return wording.which_case(cards)


def _meant_then(scene: Scene) -> Case | str:
    """The case that a command meant when it was sent; what came since must not change its meaning."""
    command, session = scene.command, scene.tx.session
    if command.word in OF_THE_MOMENT:
        return outage_words.too_late_for(command.word)
    if command.reference is not None:
        return _meant(scene)
    known = cases.known_to(session, scene.person.id, scene.now)
    return known[0] if len(known) == 1 else outage_words.too_late_to_tell(command.word)


def _ack(scene: Scene, case: Case) -> str:
    handling.take(scene.deed(case))
    return wording.taken(card_of(case, scene.roster), scene.now, scene.terms(case))


def _tried(scene: Scene, case: Case) -> str:
    found = handling.tried(scene.deed(case))
    if found is None:
        return bridge_words.call_runs(case.reference)
    card, terms = card_of(case, scene.roster), scene.terms(case)
    return wording.attempt_kept(card, terms, scene.now, is_met=found.is_met, is_proven=found.is_proven)


def _pass(scene: Scene, case: Case) -> str:
    terms = scene.terms(case)
    if casework.has_passed(scene.tx, case, scene.person):
        return wording.passed_already(case.reference, _alerted_since_passed(scene, case))
    casework.give_up(scene.tx, case, scene.person, terms, scene.now)
    following = next_alerted(scene.tx, case, terms, scene.roster, scene.now)
    return wording.passed(case.reference, [person.first_name for person in following])


def _alerted_since_passed(scene: Scene, case: Case) -> list[str]:
    """Who was alerted after the person passed, or is now, by first names."""
    session, roster = scene.tx.session, scene.roster
    following = {person.id for person in next_alerted(scene.tx, case, scene.terms(case), roster, scene.now)}
    passed_at = chain.last_at(session, case.id, ("passed",), scene.person.id)
    ids = (deliveries.alerted_people(session, case.id, since=passed_at) | following) - {scene.person.id}
    return [person.first_name for person in roster.people if person.id in ids]


def _note(scene: Scene, case: Case) -> str:
    if not scene.command.text:
        return wording.empty_note(case.reference)
    casework.note(scene.tx, case, f"person:{scene.person.id}", scene.command.text, scene.now)
    if case.state == CaseState.CLOSED:
        closed = closed_by(scene.tx, case, scene.roster, scene.terms(case), scene.now)
        return wording.noted(case.reference, f"It was {closed}.")
    owner = scene.roster.person(case.owner)
    return wording.noted(case.reference, f"{owner.first_name} has it." if owner else "Nobody has it yet.")


def _call(scene: Scene, case: Case) -> str:
    called = handling.call(scene.deed(case))
    match called.ring:
        case Ring.NOW:
            return bridge_words.ringing(card_of(case, scene.roster))
        case Ring.RINGS | Ring.WAITS:
            return bridge_words.rings_already(case.reference, is_placed=called.ring is Ring.RINGS)
        case Ring.TALKING:
            return bridge_words.on_the_phone(
                case.reference, called.talking.first_name if called.talking else "Somebody"
            )
        case Ring.REFUSED:
            assert called.why is not None  # noqa: S101 - a refusal has its reason
            why = bridge_words.refusal(called.why, scene.terms(case))
            return bridge_words.not_dialled(card_of(case, scene.roster), why)


def _hear(scene: Scene, case: Case) -> str:
    return hearing.ask_for(scene.tx, scene.desk, case, scene.person, scene.now)


def _list(scene: Scene) -> str:
    mine: list[str] = []
    waiting: list[str] = []
    stalled: list[str] = []
    for case in cases.live(scene.tx.session):
        card, terms = card_of(case, scene.roster), scene.terms(case)
        if case.owner == scene.person.id and case.state != CaseState.REVIEW:
            is_called_back = case.state == CaseState.CALLED_BACK
            mine.append(wording.card_line(card, scene.now, terms, is_called_back=is_called_back))
        elif case.state in {CaseState.OPEN, CaseState.ACKNOWLEDGED}:
            (stalled if case.owner else waiting).append(wording.waiting_line(card, scene.now, terms))
    return wording.my_cases(
        mine, waiting, stalled, booked=texted_bookings.next_line(scene.tx, scene.desk, scene.person, scene.now)
    )


def _who(scene: Scene) -> str:
    reached = would_reach(scene.desk.terms, scene.roster, scene.now)
    return wording.on_call(
        [(found.person.name, found.target, found.until) for found in reached], scene.now, scene.desk.terms
    )


def _menu(_scene: Scene) -> str:
    return wording.MENU


def _why_not(scene: Scene, case: Case) -> str:
    """The answer to a command that the rules refuse: who has the case or called back, or that it is over."""
    card, terms, is_mine = card_of(case, scene.roster), scene.terms(case), case.owner == scene.person.id
    since = held_since(scene.tx.session, case)
    if case.state == CaseState.ACKNOWLEDGED and not is_mine and since:
        return wording.held_by(card, since, scene.now, terms)
    if case.state == CaseState.CALLED_BACK and case.callback_made_at:
        is_by_attempts = case.callback_basis == "attempts"
        return closing_words.called_back_already(
            card, case.callback_made_at, scene.now, terms, is_mine=is_mine, is_by_attempts=is_by_attempts
        )
    if case.state == CaseState.CLOSED:
        if chain.last_at(scene.tx.session, case.id, ("closed",), scene.person.id) is None:
            return closing_words.closed_by_another(
                case.reference, closed_by(scene.tx, case, scene.roster, terms, scene.now)
            )
        return closing_words.closed_already(case.reference)
    return wording.nothing_to_do(case.reference, case.state)


_WITH_CASE: dict[str, Callable[[Scene, Case], str]] = {
    "ACK": _ack,
    "CALL": _call,
    "HEAR": _hear,
    "TRIED": _tried,
    "DONE": done,
    "PASS": _pass,
    "NOTE": _note,
}
_WITHOUT_CASE: dict[str, Callable[[Scene], str]] = {"LIST": _list, "WHO": _who, "MENU": _menu}
