"""What people read: alerts of two lines, and the answers to their texts.

Plain GSM-7, two segments at the most; times on the wall clock of the contract with EDT or EST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.hours import local
from triage.policy.roster import Shift
from triage.policy.speech import span_in_words
from triage.policy.terms import Terms, WindowName

WINDOW_WORDS: dict[WindowName, str] = {
    "support_hours": "support hours",
    "evening": "evening",
    "overnight": "overnight",
    "other": "weekend/closure",
}
FLAG_WORDS = {
    "emergency": "EMERGENCY",
    "not_attested": "Not attested",
    "not_supported": "Not supported",
    "deferred": "Deferred",
    "hang_up": "Hang-up",
    "no_recording": "No recording",
    "blocked": "Blocked number",
}
_HEADS = {
    "resume": "NO CALLBACK YET ",
    "at_risk": "AT RISK ",
    "breach": "OVERDUE ",
    "nobody": "NOBODY ON CALL ",
    "exhausted": "NOBODY TOOK ",
}
_SUMMARY_ROOM = 230  # characters of two segments that its references may take
MENU = "ACK, CALL, TRIED, DONE, PASS, NOTE, LIST, WHO, MENU. With more than one case add its number: DONE 1042 35 note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a text says of a case."""

    reference: str
    window: WindowName
    caller: str | None
    place: str | None
    due: datetime | None
    flags: tuple[str, ...]
    owner: str | None = None  # first name of whoever has it, or had it last
    is_held: bool = False  # whether they have it now


def alert(card: Card, reason: str, now: datetime, terms: Terms, *, is_owner: bool = False) -> str:
    """The text that asks one person to act."""
    head = _HEADS.get(by_now(card, reason, now, terms)) or (_HEADS["resume"] if is_owner else "")
    if is_owner:
        ask = f"Reply DONE {card.reference} <min> or TRIED {card.reference}"
    elif card.is_held:
        ask = f"{card.owner} has it; ACK {card.reference} takes it over"
    else:
        ask = f"Reply ACK {card.reference} or PASS"
    return _two_lines(head, card, f"{_call_by(card, now, terms)} {ask}")


def told(card: Card, sentence: str) -> str:
    """The text that tells somebody of a case and asks for nothing."""
    return _two_lines("", card, sentence)


def again(text: str) -> str:
    """The same alert sent again because nobody knows whether the first went out."""
    return f"(repeat) {text}"


def summary(references: Sequence[str]) -> str:
    """One text instead of many; it names as many cases as `named_in_summary`."""
    shown = named_in_summary(references)
    more = f" and {len(references) - len(shown)} more" if len(references) > len(shown) else ""
    return f"{len(references)} more cases wait: {' '.join(shown)}{more}\nReply LIST, or ACK and a number"


def named_in_summary(references: Sequence[str]) -> Sequence[str]:
    """The cases that one summary names: as many as fit two segments. The others wait for the next one."""
    room = _SUMMARY_ROOM
    for number, reference in enumerate(references):
        room -= len(reference) + 1
        if room < 0:
            return references[:number]
    return references


def card_line(card: Card, now: datetime, terms: Terms) -> str:
    """One line of LIST."""
    due = f"{wall_clock(card.due, now, terms)} ({minutes_left(card.due, now)})" if card.due else "no deadline"
    return f"{card.reference} {card.caller or 'withheld'} {due}"


def wall_clock(at: datetime, now: datetime, terms: Terms) -> str:
    """An instant as people say it: `3:12 AM EST`, with the day where it is not today."""
    here, today = local(at, terms), local(now, terms).date()
    day = "" if here.date() == today else here.strftime("%a ") if abs((here.date() - today).days) < 7 else _date(here)
    return f"{day}{here.hour % 12 or 12}:{here:%M} {here:%p} {here:%Z}"


def minutes_left(due: datetime, now: datetime) -> str:
    """`118 min left`, `40 s left`, `due now` or `12 min late`; whole units, never more than is left."""
    seconds = int(abs((due - now).total_seconds()))
    if seconds == 0:
        return "due now"
    minutes = seconds // 60
    span = f"{seconds} s" if seconds < 60 else f"{minutes} min" if minutes < 240 else f"{minutes // 60} h"
    return f"{span} {'left' if now <= due else 'late'}"


def taken(card: Card, now: datetime, terms: Terms) -> str:
    due = f" {_call_by(card, now, terms)}" if card.due else ""
    call = f"{card.caller} or reply CALL {card.reference}" if card.caller else "the number in the message"
    return (
        f"{card.reference} is yours. Call {call}.{due}"
        f"\nAfter it: DONE {card.reference} <minutes> <note>. No answer: TRIED {card.reference}"
    )


def held_by(card: Card, since: datetime, now: datetime, terms: Terms) -> str:
    return f"{card.reference} is with {card.owner} since {wall_clock(since, now, terms)}. Nothing for you to do."


def billed(reference: str, minutes: int, amount: Decimal | None, rate: str) -> str:
    return f"{reference} is closed: {minutes} min{priced(amount, rate)}."


def priced(amount: Decimal | None, rate: str) -> str:
    """The end of the sentence that closes a case: its price, or that nothing is billed."""
    return f", {rate.replace('_', '-')} rate, ${amount:.2f}" if amount is not None else ", not billed"


def closed_already(reference: str) -> str:
    return f"{reference} is closed already. Nothing was changed."


def nothing_to_do(reference: str, state: str) -> str:
    return f"{reference} is {state.replace('_', ' ')}: that cannot be done now. Nothing was changed."


def no_such_case(reference: str) -> str:
    return f"There is no case {reference}. Reply LIST for yours."


def which_case(word: str, references: Sequence[str]) -> str:
    shown = ", ".join(references[:8])
    return f"Which case? {shown}{' ...' if len(references) > 8 else ''}\nReply {word} and the number."


NOTHING_OPEN = "No open case waits for you. Nothing was changed. MENU lists the words."


def not_understood(body: str) -> str:
    return f"Not understood: {one_line(body, 30)}\nNothing was changed. Words: {MENU}"


def attempt_kept(card: Card, terms: Terms, now: datetime, *, is_met: bool, is_proven: bool = False) -> str:
    if is_met:
        return f"{card.reference}: attempt on record, the promise is met. Reply DONE {card.reference} to close it."
    again = span_in_words(terms.callback.attempts_apart)
    proof = "proven by the phone network" if is_proven else "unproven"
    who = f"{card.owner} has it" if card.owner else "nobody has it"
    return f"{card.reference}: attempt on record, {proof}; {who}. Try again in {again}. {_call_by(card, now, terms)}"


def how_long(reference: str) -> str:
    return f"{reference} is yours, callback on record. How many minutes? Reply DONE {reference} <minutes> <note>"


def passed(reference: str, following: Sequence[str]) -> str:
    if not following:
        return f"{reference} passed on. Nobody has it; the next round of the ladder comes in its time."
    return f"{reference} passed on. Nobody has it yet; alerted now: {', '.join(following)}."


def empty_note(reference: str) -> str:
    return f"The note is empty. Reply NOTE {reference} and your words."


def noted(reference: str, owner: str | None) -> str:
    return f"{reference}: noted. {f'{owner} has it.' if owner else 'Nobody has it yet.'}"


def my_cases(lines: Sequence[str], count: int, waiting: int) -> str:
    shown = "\n".join(lines) if lines else "You have no open case."
    more = f"\nand {count - len(lines)} more" if count > len(lines) else ""
    return f"{shown}{more}" + (f"\n{waiting} waiting for somebody" if waiting else "")


def on_call(people: Sequence[tuple[str, str, datetime | None]], now: datetime, terms: Terms) -> str:
    """WHO: who is reached first, and who after that."""
    if not people:
        return "Nobody is on call."
    lines = [
        f"{'Now' if number == 0 else 'Then'}: {one_line(name, 30)} ({target}"
        + (f" until {wall_clock(until, now, terms)})" if until else ")")
        for number, (name, target, until) in enumerate(people[:4])
    ]
    return to_gsm7("\n".join(lines))


def opted_out(name: str) -> str:
    return to_gsm7(f"{one_line(name, 40)} opted out of our texts: alerts go by call until they text START.")


def caller_wrote(card: Card, body: str) -> str:
    return to_gsm7(f"{card.reference} the caller wrote: {one_line(body, 200)}")


def second_message(card: Card, count: int, *, is_moved: bool = False) -> str:
    """What on-call hears of a further message in a case that somebody was alerted about already."""
    moved = " They keyed in ANOTHER NUMBER to call." if is_moved else ""
    return told(card, f"Message {count} of this caller.{moved} The first deadline stands.")


def uncovered(
    gaps: Sequence[Shift], unknown: Sequence[str], now: datetime, terms: Terms, *, looked_ahead: timedelta
) -> str:
    """What those in charge are told of nights that nobody covers."""
    lines = [
        f"{gap.rotation}: nobody from {wall_clock(gap.starts, now, terms)}"
        + (f" to {wall_clock(gap.ends, now, terms)}" if gap.ends < now + looked_ahead else " on")
        for gap in gaps[:3]
    ]
    lines += [f"{len(gaps) - 3} more gaps"] if len(gaps) > 3 else []
    if unknown:
        lines += [f"The ladder names what is no rotation of the roster: {', '.join(unknown[:3])}"]
    return to_gsm7(f"On-call gaps of the next {looked_ahead.days} days:\n" + "\n".join(lines))


def undelivered(name: str, channel: str, reason: str, code: int | None) -> str:
    """What administrators are told of a phone that an alert did not reach; what it was about follows."""
    by = "call" if channel == "voice" else "SMS"
    number = f" ({code})" if code else ""
    return to_gsm7(f"The alert by {by} to {one_line(name, 40)} failed: {one_line(reason, 80).rstrip('.')}{number}.")


def recording_delayed(reason: str) -> str:
    """What administrators are told while a recording waits for something to be mended; its case follows."""
    return to_gsm7(f"A recording cannot be kept yet: {one_line(reason, 120).rstrip('.')}.")


def recording_missing(reason: str) -> str:
    return to_gsm7(f"A recording could not be fetched for a day: {one_line(reason, 120).rstrip('.')}.")


def recording_damaged(fault: str) -> str:
    return to_gsm7(f"The copy of a recording is no good: {fault}. See afterhours recording verify.")


def about(references: Sequence[str]) -> str:
    shown = " ".join(references[:4])
    return f" It was about {shown}{f' and {len(references) - 4} more' if len(references) > 4 else ''}."


def by_now(card: Card, reason: str, now: datetime, terms: Terms) -> str:
    """What an alert is about at the moment it is read.

    A rung of the ladder may come when the promise is at risk or broken, and an alert of the risk after the breach.
    """
    if reason not in {"ladder", "at_risk"} or card.due is None or now < card.due - terms.promise.at_risk_before:
        return reason
    return "breach" if now >= card.due else "at_risk"


def _call_by(card: Card, now: datetime, terms: Terms) -> str:
    if card.due is None:
        return "No callback is owed."
    return f"Call by {wall_clock(card.due, now, terms)}, {minutes_left(card.due, now)}."


def _two_lines(head: str, card: Card, second: str) -> str:
    place = f" {one_line(card.place, 30)}" if card.place else ""
    flags = "".join(f" {FLAG_WORDS[flag]}." for flag in card.flags)
    caller = card.caller or "number unknown"
    return to_gsm7(f"{head}{card.reference} {WINDOW_WORDS[card.window]}: {caller}{place}.{flags}\n{second}")


def _date(here: datetime) -> str:
    return f"{here:%b} {here.day}, "
