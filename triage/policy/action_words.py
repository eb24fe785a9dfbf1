"""What somebody reads on the page of a case after they did something with it. Times on the contract's wall clock."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from triage.policy.account_words import Drawn, paid
from triage.policy.roster import Person
from triage.policy.speech import span_in_words
from triage.policy.terms import Terms
from triage.policy.wording import Card, call_by

UNFINISHED = {
    "call runs": "The call to the caller is not over. Nothing was changed.",
    "length unknown": "Nobody measured how long it was: write the minutes.",
    "too long": "That is more than the policy believes of one session. If it is meant, tick that it is.",
    "no callback": "No minutes, and no callback is on record. If nobody answered, put the attempt on record instead.",
}
"""Why a case was not closed, by the value of handling.Unfinished."""


def taken(card: Card, now: datetime, terms: Terms) -> str:
    return f"You have it. {call_by(card, now, terms)}"


def called(ring: str, card: Card, phone: str, talking: Person | None, *, why: str) -> str:
    """`ring` is a value of handling.Ring; `phone` is theirs."""
    match ring:
        case "now":
            return f"Your phone, {phone}, rings now. Press 1 on it, and you are put through to {card.caller}."
        case "rings":
            return f"Your phone, {phone}, rings already. Pick up and press 1."
        case "waits":
            return f"Your phone, {phone}, rings as soon as it is free. Pick up and press 1."
        case "talking":
            return f"{talking.name if talking else 'Somebody'} is on the phone with the caller now. You are not rung."
        case _:
            return f"You have it. Not dialled: {why}."


def tried(terms: Terms, *, is_met: bool, is_proven: bool) -> str:
    if is_met:
        return "The attempt is on record, and attempts count as the callback now. Close the case."
    proof = "proven by the phone network" if is_proven else "by your word"
    return f"The attempt is on record, {proof}. Try again in {span_in_words(terms.callback.attempts_apart)}."


def closed(minutes: int, amount: Decimal | None, rate: str, *, is_doubtful: bool, drawn: Drawn | None = None) -> str:
    return f"The case is closed: {minutes} min{_price(minutes, amount, rate, drawn)}.{_doubt(is_doubtful=is_doubtful)}"


def closed_without_caller() -> str:
    return "The case is closed: nobody to call. Not billed, no promise counted."


def corrected(
    minutes: int,
    amount: Decimal | None,
    rate: str,
    *,
    was: str | None,
    is_doubtful: bool,
    drawn: Drawn | None = None,
) -> str:
    before = f"${was}" if was else "not billed"
    price = _price(minutes, amount, rate, drawn)
    return f"Corrected: {minutes} min{price}. Before: {before}.{_doubt(is_doubtful=is_doubtful)}"


def reopened(state: str) -> str:
    """By the state that it has now."""
    match state:
        case "open":
            return "The case waits for a callback again. Its first deadline counts, and the alerts begin anew."
        case "deferred":
            return "The case waits for its support day again."
        case _:
            return "The case is open again until somebody closes it."


def dealer_set(name: str | None, before: Decimal | None, after: Decimal | None) -> str:
    """`before` and `after` are what is billed for the case; None for nothing."""
    told = f"The case is of {name or 'no dealer'} now."
    if before is None and after is None:
        return told
    was, now = (f"${amount:.2f}" if amount is not None else "nothing" for amount in (before, after))
    return f"{told} Billed for it: {now}. Before: {was}."


def handed_over(name: str, *, is_held: bool) -> str:
    if is_held:
        return f"{name} has it now, and was told by text. The time of the promise runs on."
    return f"{name} is alerted now. Nobody has the case until somebody takes it."


def _doubt(*, is_doubtful: bool) -> str:
    return " That is longer than there was time for since the message: marked as doubtful." if is_doubtful else ""


def _price(minutes: int, amount: Decimal | None, rate: str, drawn: Drawn | None) -> str:
    price = f"${amount:.2f} at the {rate.replace('_', '-')} rate" if amount is not None else "not billed"
    return paid(drawn, minutes, price if amount else "") if drawn is not None and drawn.is_any else f", {price}"
