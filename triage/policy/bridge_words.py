"""What technicians hear and read of callbacks that run through us. Times on the wall clock of the contract."""

from __future__ import annotations

from datetime import datetime, timedelta

from triage.policy.callbacks import ATTEMPTS, BOX_LASTS_AT_MOST, CALL_IS_OF_THE_MOMENT, Outcome, is_nobody_to_call
from triage.policy.dialing import Refusal
from triage.policy.gsm7 import to_gsm7
from triage.policy.lengths import exactly
from triage.policy.speech import digits, span_in_words
from triage.policy.spoken_alert import time_left
from triage.policy.terms import Terms
from triage.policy.wording import Card, call_by, how_kept, how_kept_by_attempts

_OUTCOME_WORDS = {
    Outcome.BUSY: "busy",
    Outcome.NO_ANSWER: "no answer",
    Outcome.BOX: "a voicemail box",
    Outcome.FAILED: "the network could not ring it",
    Outcome.CANCELED: "you hung up while it rang",
    Outcome.LOST: "the phone system never told how it ended",
}


def refusal(why: Refusal, terms: Terms) -> str:
    """Why a number is not dialled, as a sentence."""
    rule = terms.dialing
    match why:
        case Refusal.NO_NUMBER:
            return "the caller's number is not known"
        case Refusal.NOT_A_NUMBER:
            return "the number is not complete"
        case Refusal.COUNTRY:
            return f"we call {' and '.join(rule.countries)} numbers only"
        case Refusal.KIND:
            return "we do not call numbers of that kind"
        case Refusal.NEVER:
            return "the policy forbids that number"
        case Refusal.CAP_NUMBER:
            return f"no more than {rule.per_number} to that number in {span_in_words(rule.per_number_within)}"
        case Refusal.CAP_NIGHT:
            return f"no more than {rule.per_night} to all numbers in {span_in_words(rule.per_night_within)}"


def ringing(card: Card) -> str:
    """The answer to CALL."""
    return f"{card.reference}: we ring you now. Press 1, and you are put through to {card.caller}."


def rings_already(reference: str, *, is_placed: bool) -> str:
    """The answer to CALL or HEAR while an earlier one rings, or waits for the end of another call of ours."""
    when = "your phone rings already" if is_placed else "your phone rings as soon as it is free"
    return f"{reference}: {when}. Pick up and press 1."


def on_the_phone(reference: str, name: str) -> str:
    return f"{reference}: {name} is on the phone with the caller now. Nothing was changed."


def not_dialled(card: Card, why: str) -> str:
    """The answer to CALL where the policy refuses the number. It is shown as the network or the keypad gave it."""
    if is_nobody_to_call(card.caller, card.flags):
        return f"{card.reference} is yours: no number and no words, nobody to call. Reply DONE {card.reference} 0."
    call = f" Call {card.caller} yourself, then reply" if card.caller else " The message may say it. Then reply"
    return to_gsm7(
        f"{card.reference} is yours, not dialled: {why}.{call}"
        f" DONE {card.reference} <minutes> or TRIED {card.reference}"
    )


NOT_PLACED = f"it was not placed within {span_in_words(CALL_IS_OF_THE_MOMENT)}"


def phone_failed(card: Card, reason: str, *, is_to_hear: bool = False) -> str:
    """The text after a call that the technician asked for and that did not reach them."""
    if is_to_hear:
        return to_gsm7(f"{card.reference}: we could not ring you: {reason}. Reply HEAR {card.reference} to try again.")
    return to_gsm7(
        f"{card.reference}: we could not ring you: {reason}."
        f" Reply CALL {card.reference} to try again, or call {card.caller} yourself."
    )


def measured(card: Card, seconds: int, all_s: int) -> str:
    """The text after a conversation; `all_s` is the length of all of the case together."""
    reference, kept = card.reference, how_kept(card)
    total = f", {exactly(all_s)} in all" if all_s > seconds else ""
    box = f" A voicemail box? TRIED {reference}" if timedelta(seconds=seconds) <= BOX_LASTS_AT_MOST else ""
    if seconds == 0:  # nothing was measured that a session could be billed by
        return f"{reference}: {exactly(seconds)} on the phone, {kept}. Reply DONE {reference} <minutes> <note>.{box}"
    return (
        f"{reference}: {exactly(seconds)} on the phone{total}, {kept}. Reply DONE {reference} <note>;"
        f" work after it: DONE {reference} <minutes>.{box}"
    )


def attempt(card: Card, outcome: Outcome, terms: Terms, now: datetime, *, is_met: bool) -> str:
    """The text after a call that did not reach the caller."""
    what = f"{card.reference}: {_OUTCOME_WORDS[outcome]}"
    if outcome not in ATTEMPTS:
        return f"{what}. No attempt on record. Reply CALL {card.reference} to try again."
    if is_met:
        return f"{what}, attempt on record; {how_kept_by_attempts(card)}. Reply DONE {card.reference} to close it."
    due = f" {call_by(card, now, terms)}" if card.due else ""
    again = span_in_words(terms.callback.attempts_apart)
    return f"{what}, attempt on record. Try again in {again}: CALL {card.reference}.{due}"


def call_runs(reference: str) -> str:
    return f"{reference}: the call to the caller is not over. Nothing was changed. Reply again after it."


def closed(reference: str, measured_s: int, stated: int | None, minutes: int, rest: str) -> str:
    """The answer to DONE where a call was measured. `rest` is the price."""
    parts = f"{exactly(measured_s)} measured" + (f" + {stated} min stated, counted as {minutes} min" if stated else "")
    return f"{reference} is closed: {parts}{rest}."


def put_through(card: Card, now: datetime) -> list[str]:
    """What a technician hears who picks up, twice over: the most important words first."""
    left = f" {time_left(card.due, now)}." if card.due else ""
    number = digits(card.caller) if card.caller else "an unknown number"
    words = f"Press 1 to call back case {digits(card.reference)}, at {number}.{left}"
    return [words, words]


NO_KEY = "No key was pressed. Nobody was called. Text C A L L to be rung again. Goodbye."
GOODBYE = "Goodbye."
ON_RECORD = "Noted. Goodbye."
CONNECTING = "One moment. Press star to end the call."


def not_put_through(why: str) -> str:
    return f"We do not make this call: {why}. Goodbye."


def after_the_call() -> str:
    """The question after a conversation: only the technician knows whether it was one."""
    return "If you spoke with the caller, hang up. If a voicemail box answered, press 2."


def after_no_answer(outcome: Outcome, *, is_met: bool) -> str:
    """What follows a call that did not reach the caller."""
    what = f"The caller was not reached: {_OUTCOME_WORDS[outcome]}."
    record = " The attempt is on record." if outcome in ATTEMPTS else ""
    met = " Attempts count as the callback now." if is_met else ""
    return f"{what}{record}{met} To try again now, press 1."
