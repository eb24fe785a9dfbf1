"""What people read when a case was called back, closed, or did something without whoever had it.

Plain GSM-7; times on the wall clock of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from triage.policy.account_words import Drawn, paid
from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.lengths import exactly, minutes_left
from triage.policy.speech import span_in_words
from triage.policy.terms import Terms
from triage.policy.wording import Card, told, wall_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was done with a case by somebody who did not have it. Names are first names.

    `minutes` are those of a session that was closed, in the name of `session_of`; None where there is none.
    """

    by: str
    owner: str | None  # who has it now, or had it last
    is_new_owner: bool
    called_back_at: datetime | None
    is_by_attempts: bool = False
    is_closed: bool = False
    minutes: int | None = None
    session_of: str | None = None


def lost(card: Card, change: Change, now: datetime, terms: Terms) -> str:
    """What whoever had a case hears of what somebody else has done with it."""
    return told(card, f"{to_gsm7(_what_became(change, now, terms))}. Nothing for you to do.")


def _what_became(change: Change, now: datetime, terms: Terms) -> str:
    called = ""
    if change.is_new_owner and change.called_back_at is not None:
        how = "tried often enough, which counts as the callback," if change.is_by_attempts else "called back"
        called = f"{how} {wall_clock(change.called_back_at, now, terms)}"
    if change.is_closed:
        name = f"{change.session_of}'s" if change.session_of else "your"
        session = f": {change.minutes} min in {name} name" if change.minutes else ", not billed"
        return f"{change.by} {f'{called} and ' if called else ''}closed it{session}"
    if called:
        return f"{change.owner} {called}"
    return f"{change.owner} has it now" if change.owner else f"{change.by} passed it on"


def called_back_already(
    card: Card, made_at: datetime, now: datetime, terms: Terms, *, is_mine: bool, is_by_attempts: bool
) -> str:
    """The answer to ACK and PASS once the promise is met."""
    who = "you" if is_mine else card.owner or "somebody"
    did = "tried often enough, last" if is_by_attempts else "called back"
    rest = f"Reply DONE {card.reference} <minutes> <note>" if is_mine else "Nothing for you to do."
    left = "" if is_mine else "; not closed yet"
    return to_gsm7(
        f"{card.reference}: {who} {did} {wall_clock(made_at, now, terms)}{left}. Nothing was changed. {rest}"
    )


def how_long(
    card: Card, made_at: datetime, now: datetime, terms: Terms, *, is_mine: bool, said: str | None = None
) -> str:
    """The answer to DONE without minutes. `said` is a number that was written as a word in their place."""
    what = f"{said} is no number of minutes." if said else "How many minutes?"
    ask = f"{what} Reply DONE {card.reference} <minutes> <note>"
    if is_mine:
        return f"{card.reference} is yours, callback on record. {ask}"
    return to_gsm7(f"{card.reference}: {card.owner} called back {wall_clock(made_at, now, terms)}. {ask}")


def billed(reference: str, minutes: int, amount: Decimal | None, rate: str, drawn: Drawn | None = None) -> str:
    return f"{reference} is closed: {minutes} min{priced(amount, rate, minutes, drawn)}."


def priced(amount: Decimal | None, rate: str, minutes: int = 0, drawn: Drawn | None = None) -> str:
    """The end of the sentence that closes a case: its price, what paid for it, or that nothing is billed."""
    if drawn is not None and drawn.is_any:
        return paid(drawn, minutes, f"{rate.replace('_', '-')} rate, ${amount:.2f}" if amount else "")
    return f", {rate.replace('_', '-')} rate, ${amount:.2f}" if amount is not None else ", not billed"


def corrected(
    reference: str,
    minutes: int,
    amount: Decimal | None,
    rate: str,
    *,
    before: tuple[int, str | None],
    drawn: Drawn | None = None,
) -> str:
    """The answer to a DONE that corrects an earlier one; `before` is its minutes and its price."""
    was = f"${before[1]}" if before[1] else "not billed"
    price = priced(amount, rate, minutes, drawn)
    return f"{reference} is corrected: {minutes} min{price}. Before: {before[0]} min, {was}."


def nobody_to_call(reference: str) -> str:
    """The answer to DONE 0 where nothing says who is to be called."""
    return f"{reference} closed: nobody to call. Not billed, no promise counted."


def no_number_to_try(reference: str) -> str:
    """The answer to TRIED in such a case."""
    return f"{reference}: there is no number to try. Nothing was changed. Reply DONE {reference} 0 to close it."


def closed_by(name: str | None, at: datetime, now: datetime, terms: Terms) -> str:
    """Who closed a case, and when; `name` is None where it was nobody's doing."""
    return f"closed{f' by {one_line(name, 20)}' if name else ''} at {wall_clock(at, now, terms)}"


def closed_by_another(reference: str, closed: str) -> str:
    """The answer to whoever wants something of a case that somebody else has closed; `closed` says who and when."""
    return f"{reference}: {closed}. Nothing was changed. A manager can correct it in the console."


def unchanged(reference: str, minutes: int, amount: Decimal | None) -> str:
    """The answer to a correction by the figures that the session has."""
    price = f"${amount:.2f}" if amount is not None else "not billed"
    return f"{reference} has {minutes} min already, {price}. Nothing was changed."


def late_callback(due: datetime | None, made_at: datetime | None, now: datetime, terms: Terms) -> str:
    """What is added for whoever closes a case whose promise was broken."""
    if due is None or made_at is None or made_at <= due:
        return ""
    return f" Callback {wall_clock(made_at, now, terms)}, {minutes_left(due, made_at)}."


def closed_already(reference: str, *, is_correctable: bool | None = None) -> str:
    """`is_correctable` where it was asked for, and by whoever may."""
    text = f"{reference} is closed already. Nothing was changed."
    if is_correctable is None:
        return text
    how = f"To correct its minutes reply DONE {reference} <minutes> <note>"
    return f"{text} {how if is_correctable else 'A manager can correct it in the console.'}"


def too_long(reference: str, minutes: int, terms: Terms, *, is_closed: bool) -> str:
    """The answer to more minutes than are believed at once."""
    stands = f"{reference} is unchanged." if is_closed else f"{reference}: callback on record, still open."
    most = span_in_words(terms.callback.longest_stated)
    return (
        f"{stands} More than {most}? Reply DONE {reference} {minutes} SURE, or DONE {reference} and the right minutes."
    )


def odd_minutes(reference: str, odd: str) -> str:
    """The answer to something in the place of minutes that is no number of them."""
    return to_gsm7(
        f"{reference}: {odd} is no number of minutes. Nothing was changed."
        f" Reply DONE {reference} 35 or DONE {reference} 1h30, and your note."
    )


def reopened(card: Card, by: str, reason: str, *, was_called: bool) -> str:
    """What whoever had a closed case hears when it is opened again."""
    rest = f"Reply DONE {card.reference} once it is finished." if was_called else "They wait for a call again."
    return told(card, f"{one_line(by, 20)} reopened it: {one_line(reason, 60).rstrip('.')}. {rest}")


def no_callback(reference: str) -> str:
    """The answer to DONE with no minutes of a case that nobody is on record as having called back."""
    return (
        f"{reference} stays open: no callback is on record. No answer: TRIED {reference}."
        f" You spoke with them: DONE {reference}, then DONE {reference} 0"
    )


def outlasts_case(age: timedelta) -> str:
    """What is added for whoever stated more work than there was time for."""
    return f" The case is only {exactly(age.total_seconds())} old: managers see it."
