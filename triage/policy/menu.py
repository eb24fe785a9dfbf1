"""The steps of a call to our number: what is asked, what a key means, what comes next, what is said at the end.

Every turn holds all the questions that are left, so that a caller who presses nothing reaches the recording without
another word from us. A question is repeated twice at the most, and a number may be changed as often after it was read
back, so that no call goes round for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import phonenumbers

from triage.policy.account_words import DealerAccount, greeting
from triage.policy.dialing import Refusal, refusal_of
from triage.policy.hours import window_at
from triage.policy.intake import Message, Sorted, Treatment, folds_into, sort
from triage.policy.phone import Language
from triage.policy.pins import is_pin
from triage.policy.speech import clock, digits, of_window, sentences
from triage.policy.terms import ProductLine, Terms

MOST_REPEATS = 2
PRODUCTS: dict[str, ProductLine] = {
    "1": "emg",
    "2": "ucp",
    "3": "application",
    "4": "server",
    "5": "discontinued",
    "0": "unknown",
}


class Step(StrEnum):
    """The questions in their order; of the last two a call has one at a time."""

    GREETING = "greeting"  # the terms of the window; is it an emergency (E2), which language
    PIN = "pin"  # who is it; only where the number does not say it, and somebody has a PIN
    PRODUCT = "product"  # which product line (E3)
    ATTEST = "attest"  # on site, troubleshooting done (E1); only where the window requires it
    NUMBER = "number"  # is this the number to call back
    DIGITS = "digits"  # key in the number to call back


class Reception(StrEnum):
    """Who takes a call to our number."""

    MAILBOX = "mailbox"
    DESK = "desk"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case of the same caller that waits for its callback. `keyed` is the number that it got by key, if any."""

    due: datetime | None
    keyed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a call.

    `answered_at` is when its greeting began (W5). `shown` is the number of the caller, `may_call` whether a callback
    may dial it, `keyed` the number that the caller keyed in instead. `open_cases` are theirs, oldest first.
    `is_recognised` where their dealer is known; else `may_key_pin` says whether they are asked for a PIN, and
    `is_pin_kept_quiet` that they do not hear whether it was right: PINs are being guessed. `account` is told to a
    technician who calls from a phone of their own.
    """

    answered_at: datetime
    language: Language
    shown: str | None = None
    may_call: bool = False
    keyed: str | None = None
    is_emergency: bool = False
    attested: bool | None = None
    product: ProductLine = "unknown"
    open_cases: tuple[OpenCase, ...] = ()
    is_recognised: bool = False
    may_key_pin: bool = False
    is_pin_kept_quiet: bool = False
    account: DealerAccount | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Something said, and the language it is said in."""

    language: Language
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the menu. `repeats` is how often it was asked before."""

    step: Step
    repeats: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known by now, and what the caller hears next: words, the questions that are left, words, the tone."""

    known: Known
    said: tuple[Line, ...]
    questions: tuple[Question, ...]
    before_tone: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The case of a message that was just left. `due` is None where no call is promised."""

    reference: str
    due: datetime | None
    is_deferred: bool = False


class Heard(StrEnum):
    """What was heard of a message, as far as anybody knows when it ends."""

    SOMETHING = "something"
    LITTLE = "little"  # silence may be all of it, or a fault of the line: whoever called may be called back
    NOTHING = "nothing"  # a hang-up, certainly


def reception(caller: str | None, now: datetime, terms: Terms) -> Reception:
    """Who takes a call that rings now."""
    if caller in terms.phone.blocked:
        return Reception.REFUSED
    if terms.phone.day_desk and window_at(now, terms) == "support_hours":
        return Reception.DESK
    return Reception.MAILBOX


def begin(known: Known, terms: Terms) -> Turn:
    """The greeting, and everything after it."""
    return _turn(known, (), _greeting(known, 0, terms), terms)


def number_to_call(known: Known, terms: Terms) -> str | None:
    """The number that a callback would dial: the one keyed in, else that of the open case that the message joins."""
    return known.keyed or _number_of_case(known, terms) or (known.shown if known.may_call else None)


def answer_to(step: Step, keys: str, known: Known, repeats: int, terms: Terms) -> Turn:
    """What follows from the keys that were pressed at a question which had been asked `repeats` times before."""
    words = sentences(known.language, terms)
    match step, keys:
        case Step.GREETING, "1":
            return _go_on(step, replace(known, is_emergency=True), words.emergency_noted, terms)
        case Step.GREETING, "9" if (other := _other_language(known, terms)) and repeats < MOST_REPEATS:
            in_other = replace(known, language=other)
            return _turn(in_other, (), _greeting(in_other, repeats + 1, terms), terms)
        case Step.PIN, _:
            return _take_pin(keys, known, repeats, terms)
        case Step.PRODUCT, _ if keys in PRODUCTS:
            chosen = replace(known, product=PRODUCTS[keys])
            return _go_on(step, chosen, _owed(chosen, terms), terms)
        case Step.ATTEST, "1":
            return _go_on(step, replace(known, attested=True), words.noted, terms)
        case Step.NUMBER, "1":
            return _ask(Step.DIGITS, known, repeats, "", terms)
        case Step.DIGITS, _:
            return _take_number(keys, known, repeats, terms)
    if repeats < MOST_REPEATS:
        return _ask(step, known, repeats + 1, words.strange_key, terms)
    return _go_on(step, known, "", terms)


def goodbye(left: Left | None, language: Language, now: datetime, terms: Terms, heard: Heard = Heard.SOMETHING) -> str:
    """What is said after the message: its reference, and when the call comes."""
    words = sentences(language, terms)
    if left is None:
        return {Heard.SOMETHING: words.thanks, Heard.LITTLE: words.little, Heard.NOTHING: words.nothing}[heard]
    reference = digits(left.reference)
    if left.due is None:
        return words.kept.format(reference=reference)
    if left.due <= now:
        return words.overdue.format(reference=reference)
    sentence = words.deferred if left.is_deferred else words.promised
    return sentence.format(reference=reference, due=clock(left.due, now, language, terms))


def nothing_recorded(language: Language, terms: Terms) -> str:
    """What whoever still listens hears where the phone system recorded nothing: what then becomes of their call."""
    words = sentences(language, terms)
    return words.nothing if terms.intake.absent_recording == "list" else words.little


def keyed_number(keys: str, terms: Terms) -> str | None:
    """The number that somebody keyed in, in E.164; None where it cannot be one. Keys are those of a phone at home."""
    if not keys.isascii() or not keys.isdecimal():
        return None
    try:
        parsed = phonenumbers.parse(keys, next(iter(terms.dialing.countries), "US"))
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def terms_of_the_window(known: Known, terms: Terms) -> tuple[str, str]:
    """What is stated before anything is asked: whose mailbox and the promise; then the rate (W1 to W4)."""
    words, name = sentences(known.language, terms), window_at(known.answered_at, terms)
    opening, promise, billed = (
        of_window(sentence, name, known.language, terms) for sentence in (words.opening, words.promise, words.billed)
    )
    return f"{opening} {promise}", billed


def _turn(known: Known, said: tuple[Line, ...], questions: tuple[Question, ...], terms: Terms) -> Turn:
    words = sentences(known.language, terms)
    return Turn(known, said, questions, _lines(known, _number_at_last(known, questions, terms), words.record))


def _number_at_last(known: Known, questions: tuple[Question, ...], terms: Terms) -> str:
    """What a caller hears who keys in no number: which one stays, or that none is known."""
    if not number_to_call(known, terms):
        return sentences(known.language, terms).say_number
    is_asked = any(question.step is Step.DIGITS for question in questions)
    return _number_kept(known, terms) if is_asked else ""


def _number_kept(known: Known, terms: Terms) -> str:
    """Which number stays; empty where none is known."""
    words, number = sentences(known.language, terms), number_to_call(known, terms)
    sentence = words.number_listed_kept if _decided(known, terms).treatment is Treatment.LIST else words.number_kept
    return sentence.format(number=digits(number)) if number else ""


def _number_asked(known: Known, terms: Terms) -> str:
    """The number to call, and how to change it. Where no call is promised, none is spoken of (E3)."""
    words, number = sentences(known.language, terms), number_to_call(known, terms)
    sentence = words.number
    if _decided(known, terms).treatment is Treatment.LIST:
        sentence = words.number_listed
    elif known.keyed is None and number != known.shown:
        sentence = words.number_of_case
    return sentence.format(number=digits(number or ""))


def _number_of_case(known: Known, terms: Terms) -> str | None:
    """The number that was keyed in for the open case which this message joins."""
    decided = _decided(known, terms)
    joined = (case for case in known.open_cases if folds_into(case_due=case.due, message=decided))
    return next((case.keyed for case in joined), None)


def _go_on(step: Step, known: Known, said: str, terms: Terms) -> Turn:
    return _turn(known, _lines(known, said), _after(step, known, terms), terms)


def _ask(step: Step, known: Known, repeats: int, said: str, terms: Terms) -> Turn:
    """One question again, or a further one, before those that are left."""
    question = Question(step, repeats, _asked(step, known, repeats, terms))
    return _turn(known, _lines(known, said), (question, *_after(step, known, terms)), terms)


def _take_pin(keys: str, known: Known, repeats: int, terms: Terms) -> Turn:
    """After a PIN; whoever is not recognised by now keyed in a wrong one."""
    words = sentences(known.language, terms)
    if known.is_recognised or (known.is_pin_kept_quiet and is_pin(keys)):
        return _go_on(Step.PIN, known, words.noted, terms)
    if known.may_key_pin and repeats < MOST_REPEATS:
        return _ask(Step.PIN, known, repeats + 1, words.no_pin, terms)
    return _go_on(Step.PIN, known, words.no_pin, terms)


def _take_number(keys: str, known: Known, repeats: int, terms: Terms) -> Turn:
    words = sentences(known.language, terms)
    number = keyed_number(keys, terms)
    refused = Refusal.NOT_A_NUMBER if number is None else refusal_of(number, terms)
    if refused is None:
        keyed = replace(known, keyed=number)
        if repeats <= MOST_REPEATS:  # the last one that may be repeated is read back, and may still be changed
            return _ask(Step.NUMBER, keyed, repeats + 1, "", terms)
        return _go_on(Step.DIGITS, keyed, _number_kept(keyed, terms), terms)
    reason = words.no_number if refused is Refusal.NOT_A_NUMBER else words.not_dialled
    if repeats < MOST_REPEATS:
        return _ask(Step.DIGITS, known, repeats + 1, reason, terms)
    return _go_on(Step.DIGITS, known, f"{reason} {_number_kept(known, terms)}", terms)


def _greeting(known: Known, repeats: int, terms: Terms) -> tuple[Question, ...]:
    """The first question with the terms before it, and all that come after it. The promise is what comes first."""
    promise, billed = terms_of_the_window(known, terms)
    hello = greeting(known.account, window_at(known.answered_at, terms), known.language, terms) if known.account else ""
    lines = (
        *_lines(known, hello, promise),
        *_choice(known, repeats, terms),
        *_lines(known, billed, _emergency(known, terms)),
    )
    return (Question(Step.GREETING, repeats, lines), *_after(Step.GREETING, known, terms))


def _after(step: Step, known: Known, terms: Terms) -> tuple[Question, ...]:
    if step in {Step.NUMBER, Step.DIGITS}:
        return ()
    last = Step.NUMBER if number_to_call(known, terms) else Step.DIGITS
    steps = (Step.GREETING, Step.PIN, Step.PRODUCT, Step.ATTEST, last)
    left = steps[steps.index(step) + 1 :]
    is_asked = {
        Step.PIN: known.may_key_pin and not known.is_recognised,
        Step.ATTEST: _decided(known, terms).onsite_required,
    }
    return tuple(
        Question(further, 0, _asked(further, known, 0, terms)) for further in left if is_asked.get(further, True)
    )


def _asked(step: Step, known: Known, repeats: int, terms: Terms) -> tuple[Line, ...]:
    words = sentences(known.language, terms)
    match step:
        case Step.GREETING:
            return (*_lines(known, _emergency(known, terms)), *_choice(known, repeats, terms))
        case Step.PIN:
            return _lines(known, words.pin)
        case Step.PRODUCT:
            return _lines(known, words.product)
        case Step.ATTEST:
            return _lines(known, words.attest)
        case Step.NUMBER:
            return _lines(known, _number_asked(known, terms))
        case Step.DIGITS:
            why = "" if repeats else _why_no_number(known, terms)
            return _lines(known, why, words.key_number)


def _emergency(known: Known, terms: Terms) -> str:
    return sentences(known.language, terms).emergency.format(percent=terms.emergency.more_than_percent)


def _choice(known: Known, repeats: int, terms: Terms) -> tuple[Line, ...]:
    """The other language, offered in itself as long as it may be chosen."""
    other = _other_language(known, terms)
    return (Line(other, sentences(other, terms).chosen_by),) if other and repeats < MOST_REPEATS else ()


def _why_no_number(known: Known, terms: Terms) -> str:
    if number_to_call(known, terms):
        return ""
    words = sentences(known.language, terms)
    return words.not_callable if known.shown else words.withheld


def _owed(known: Known, terms: Terms) -> str:
    """What the product that was keyed in is owed, where it differs from the window's promise (E3)."""
    words, decided = sentences(known.language, terms), _decided(known, terms)
    also = f" {words.no_exception}" if known.is_emergency else ""
    if decided.treatment is Treatment.LIST:
        return words.discontinued + also
    if decided.treatment is Treatment.DEFER and decided.callback_due is not None:
        due = clock(decided.callback_due, known.answered_at, known.language, terms)
        return words.server.format(due=due) + also
    return ""


def _decided(known: Known, terms: Terms) -> Sorted:
    """What a message left at the greeting would be owed."""
    message = Message(
        answered_at=known.answered_at,
        left_at=known.answered_at,
        product=known.product,
        emergency=known.is_emergency,
        attested=known.attested,
    )
    return sort(message, terms)


def _other_language(known: Known, terms: Terms) -> Language | None:
    return next((language for language in terms.phone.languages if language != known.language), None)


def _lines(known: Known, *texts: str) -> tuple[Line, ...]:
    """The texts as one line; none where nothing is said."""
    text = " ".join(text.strip() for text in texts if text.strip())
    return (Line(known.language, text),) if text else ()
