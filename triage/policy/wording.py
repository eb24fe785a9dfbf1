"""What people read: alerts of two lines, and the answers to their texts.

Plain GSM-7, two segments at the most; times on the wall clock of the contract with EDT or EST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.policy.callbacks import is_nobody_to_call
from triage.policy.dialing import refusal_of
from triage.policy.fields import WindowName
from triage.policy.gsm7 import one_line, segments, septets, to_gsm7
from triage.policy.hours import local
from triage.policy.lengths import minutes_left
from triage.policy.put_back import MISDATED
from triage.policy.speech import span_in_words
from triage.policy.term_words import FLAG_WORDS, LANGUAGE_WORDS, PRODUCT_WORDS, WINDOW_WORDS
from triage.policy.terms import ProductLine, Terms

_HEADS = {
    "by_name": "FOR YOU ",
    "emergency": "NOW AN EMERGENCY ",
    "resume": "NO CALLBACK YET ",
    "at_risk": "AT RISK ",
    "breach": "OVERDUE ",
    "nobody": "NOBODY ON CALL ",
    "exhausted": "NOBODY TOOK ",
}
_SUMMARY_ROOM = 230  # characters of two segments that its references may take
_LIST_ROOM = 306  # characters of two segments
_OWN_ROOM = 210  # of those, for the cases of whoever asks, where others wait
_MOST_SEGMENTS = 2
_MOST_LISTED = 12
_SAME_CLOCK = timedelta(hours=12)  # within it a time of day needs no weekday
NO_NUMBER = "number unknown"
_COMMANDS = "ACK, CALL, HEAR, TRIED, DONE, PASS, NOTE, LIST, WHO, MENU."
MENU = (
    "ACK take, CALL ring me through, HEAR play, TRIED no answer, DONE 1042 35 note, PASS next, NOTE, LIST, WHO."
    " With more than one case add its number."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a text says of a case."""

    reference: str
    window: WindowName
    caller: str | None
    place: str | None
    due: datetime | None
    flags: tuple[str, ...]
    product: ProductLine = "unknown"
    owner: str | None = None  # first name of whoever has it, or had it last
    is_held: bool = False  # whether they have it now
    since: datetime | None = None  # when they took it
    language: str = "en"  # that the caller chose
    has_recording: bool = True  # whether there is, or may yet come, anything to hear
    called_back_at: datetime | None = None
    dealer: str | None = None
    account: tuple[str, ...] = ()  # whose call it is and who pays, the longest words first


def alert(card: Card, reason: str, now: datetime, terms: Terms, *, is_owner: bool = False) -> str:
    """The text that asks one person to act."""
    head = _HEADS.get(by_now(card, reason, now, terms)) or (_HEADS["resume"] if is_owner else "")
    call = [f"CALL {card.reference}"] if may_call(card, terms) else []
    if is_nobody_to_call(card.caller, card.flags):
        ask = f"Nobody to call: reply DONE {card.reference} 0"
    elif is_owner and (reason == "emergency" or (reason == "ladder" and "emergency" in card.flags)):
        ask = _reply(f"ACK {card.reference}", *call, "PASS")
    elif is_owner:
        ask = _reply(*call, f"DONE {card.reference} <min>", f"TRIED {card.reference}")
    elif card.is_held:
        ask = f"{card.owner} has it; ACK {card.reference} takes it over"
    else:
        ask = had_by(card, now, terms) + _reply(f"ACK {card.reference}", *call, "PASS")
    when = call_by(card, now, terms)
    if card.owner and not is_owner:  # the line is long enough
        when = when.replace("Call now: due", "Due")
    return _two_lines(head, card, f"{when} {ask}")


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


def card_line(card: Card, now: datetime, terms: Terms, *, is_called_back: bool = False) -> str:
    """A case of theirs in LIST."""
    if is_called_back:
        return f"{card.reference} {card.caller or NO_NUMBER} called back, send DONE"
    due = f"{wall_clock(card.due, now, terms)} ({minutes_left(card.due, now)})" if card.due else "no deadline"
    return f"{card.reference} {card.caller or NO_NUMBER} {due}"


def waiting_line(card: Card, now: datetime, terms: Terms) -> str:
    """A case in LIST that anybody may take, and who had it last."""
    emergency = " EMERGENCY" if "emergency" in card.flags else ""
    due = f" {wall_clock(card.due, now, terms)}{' LATE' if now >= card.due else ''}" if card.due else ""
    return f"{card.reference}{emergency}{due}{f' ({one_line(card.owner, 20)})' if card.owner else ''}"


def may_call(card: Card, terms: Terms) -> bool:
    """Whether CALL would dial the number of the case, but for the caps of the moment."""
    return refusal_of(card.caller, terms) is None


def wall_clock(at: datetime, now: datetime, terms: Terms) -> str:
    """An instant as people say it: `3:12 AM EST`, with the day where it is not today."""
    return f"{_clock(at, now, terms)} {local(at, terms):%Z}"


def taken(card: Card, now: datetime, terms: Terms) -> str:
    due = f" {call_by(card, now, terms)}" if card.due else ""
    if is_nobody_to_call(card.caller, card.flags):
        return f"{card.reference} is yours. No number and no words: nobody to call. Reply DONE {card.reference} 0."
    return (
        f"{card.reference} is yours. {_how_to_call(card, terms)}{due}"
        f"\nThen DONE {card.reference} <minutes> <note>. No answer: TRIED {card.reference}"
    )


def _how_to_call(card: Card, terms: Terms) -> str:
    """What a technician can do to reach the caller; CALL is offered only where it dials."""
    if card.caller is None:
        return "Their number is not known; the message may say it."
    if may_call(card, terms):
        words = "CALL or HEAR" if card.has_recording else "CALL"
        return f"Call {card.caller} or reply {words} {card.reference}."
    return f"Call {card.caller} from your own phone; CALL may not dial it."


def handed_over(card: Card, by: str, now: datetime, terms: Terms) -> str:
    """What somebody reads to whom a case was given that another person had."""
    call = [f"CALL {card.reference}"] if may_call(card, terms) else []
    ask = _reply(*call, f"DONE {card.reference} <min>", "PASS")
    return told(card, f"{one_line(by, 20)} gave it to you. {call_by(card, now, terms)} {ask}")


def had_by(card: Card, now: datetime, terms: Terms) -> str:
    """Who had a case and did not call back, for whoever is asked next; empty where nobody had it."""
    if card.owner is None:
        return ""
    is_near = card.since is not None and now - card.since < _SAME_CLOCK
    since = f" since {_clock(card.since, card.since if is_near else now, terms)}" if card.since else ""
    return f"{one_line(card.owner, 20)}{since or ' had it'}, no callback. "


def held_by(card: Card, since: datetime, now: datetime, terms: Terms) -> str:
    return f"{card.reference} is with {card.owner} since {wall_clock(since, now, terms)}. Nothing for you to do."


def nothing_to_do(reference: str, state: str) -> str:
    return f"{reference} is {state.replace('_', ' ')}: that cannot be done now. Nothing was changed."


def one_at_a_time(word: str, references: Sequence[str]) -> str:
    """The answer to a command that names more than one case."""
    named = ", ".join(references[:5])
    return f"One case at a time, please. Nothing was changed. Reply {word} {references[0]}, then the next of {named}."


def no_such_case(reference: str) -> str:
    return f"There is no case {reference}. Reply LIST for yours."


WHICH_CASE = "Which case?"


def which_case(cards: Sequence[tuple[Card, bool]]) -> str:
    """The question where a command could mean several cases; the flag says whether one was called back."""
    shown = "; ".join(
        f"{card.reference} {one_line(card.place or card.caller or 'no number', 20)}{', called back' if is_back else ''}"
        for card, is_back in cards[:5]
    )
    more = f" and {len(cards) - 5} more" if len(cards) > 5 else ""
    return to_gsm7(f"{WHICH_CASE} {shown}{more}\nReply with its number only.")


NOTHING_OPEN = "No open case waits for you. Nothing was changed. MENU lists the words."


def not_understood(body: str) -> str:
    return to_gsm7(
        f"Not understood: {one_line(body, 20)}\nNothing was changed. Words: {_COMMANDS} With a case: DONE 1042 35 note"
    )


def how_kept(card: Card) -> str:
    """What a callback that is on record did for the promise."""
    if card.due is None or card.called_back_at is None:
        return "callback on record"
    is_late = card.called_back_at > card.due
    return f"called {minutes_left(card.due, card.called_back_at)}" if is_late else "promise met"


def how_kept_by_attempts(card: Card) -> str:
    """The same, where attempts stand for the callback."""
    kept = how_kept(card)
    late = f", {kept.removeprefix('called ')}" if kept.endswith("late") else ""
    return "the promise is met by attempts" if kept == "promise met" else f"attempts count as the callback{late}"


def attempt_kept(card: Card, terms: Terms, now: datetime, *, is_met: bool, is_proven: bool = False) -> str:
    if is_met:
        kept = how_kept_by_attempts(card)
        return f"{card.reference}: attempt on record, {kept}. Reply DONE {card.reference} to close it."
    again = span_in_words(terms.callback.attempts_apart)
    proof = "proven by the phone network" if is_proven else "unproven"
    who = f"{card.owner} has it" if card.owner else "nobody has it"
    return f"{card.reference}: attempt on record, {proof}; {who}. Try again in {again}. {call_by(card, now, terms)}"


def passed(reference: str, following: Sequence[str]) -> str:
    if not following:
        return f"{reference} passed on. Nobody has it; the next round of the ladder comes in its time."
    return f"{reference} passed on. Nobody has it yet; alerted now: {', '.join(following)}."


def passed_already(reference: str, following: Sequence[str]) -> str:
    """The answer to a second PASS of somebody who was not asked again since the first."""
    if not following:
        return f"{reference}: passed already. Nobody has it; the next round of the ladder comes in its time."
    are = "is" if len(following) == 1 else "are"
    return f"{reference}: passed already; {', '.join(following)} {are} being alerted."


def empty_note(reference: str) -> str:
    return f"The note is empty. Reply NOTE {reference} and your words."


def noted(reference: str, whose: str) -> str:
    """The answer to NOTE; `whose` is a sentence that says who has the case, or who closed it."""
    return f"{reference}: noted. {whose}"


def my_cases(mine: Sequence[str], waiting: Sequence[str], stalled: Sequence[str], *, booked: str = "") -> str:
    """LIST: the lines of their own cases, then what nobody has taken and what was taken and not called back.

    As many of each as two segments hold, the most urgent first; how many there are is always said. Their next session
    that was `booked` ahead stands last, where there is room.
    """
    text = "You have no open case."
    if mine:
        text = _as_many_as_fit("", mine, "\n", _OWN_ROOM if waiting or stalled else _LIST_ROOM)
    for what, lines in (("waiting", waiting), ("taken, no callback yet", stalled)):
        if lines:
            kept_free = 40 if lines is waiting and stalled else 0
            room = _LIST_ROOM - septets(text) - 1 - kept_free
            text += "\n" + _as_many_as_fit(f"{len(lines)} {what}", lines, ", ", room)
    if booked and septets(text) + 1 + septets(booked) <= _LIST_ROOM:
        text += f"\n{booked}"
    return text


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


def second_message(card: Card, count: int | None, now: datetime, terms: Terms, new_number: str | None = None) -> str:
    """What on-call hears of a further call in a case that somebody was alerted about already: the count of its message,
    if there is one, and the number to call from now on, if it is another one."""
    message = f"{_nth(count)} message, same caller. " if count else ""
    moved = f"Caller now says {new_number}. " if new_number else ""
    what = f"{message}{moved}{call_by(card, now, terms)}"
    if not card.is_held:
        call = [f"CALL {card.reference}"] if may_call(card, terms) else []
        what += f" {_reply(f'ACK {card.reference}', *call, 'PASS')}"
    return told(card, what) if new_number or card.is_held else to_gsm7(f"{card.reference}: {what}")


def _nth(count: int) -> str:
    """`2nd`, `3rd`, `11th`."""
    ending = "th" if count % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def by_now(card: Card, reason: str, now: datetime, terms: Terms) -> str:
    """What an alert is about at the moment it is read.

    A rung of the ladder may come when the promise is at risk or broken, and an alert of the risk after the breach.
    """
    if reason not in {"ladder", "at_risk"} or card.due is None or now < card.due - terms.promise.at_risk_before:
        return reason
    return "breach" if now >= card.due else "at_risk"


def call_by(card: Card, now: datetime, terms: Terms) -> str:
    """Until when to call, or how late it is."""
    if card.due is None:
        return "No callback is owed."
    due = wall_clock(card.due, now, terms)
    if now < card.due:
        return f"Call by {due}, {minutes_left(card.due, now)}."
    return f"Call now: due {due}, {minutes_left(card.due, now)}." if now > card.due else f"Call now: due {due}."


def _clock(at: datetime, now: datetime, terms: Terms) -> str:
    here, today = local(at, terms), local(now, terms).date()
    day = "" if here.date() == today else here.strftime("%a ") if abs((here.date() - today).days) < 7 else _date(here)
    return f"{day}{here.hour % 12 or 12}:{here:%M} {here:%p}"


def _reply(*commands: str) -> str:
    return f"Reply {', '.join(commands[:-1])} or {commands[-1]}"


def _two_lines(head: str, card: Card, second: str) -> str:
    """A case and what is to be done. Where that saves a segment the town goes, words of the dealer, the product."""
    place = f" {one_line(card.place, 30)}" if card.place else ""
    spoken = f" {LANGUAGE_WORDS[card.language]}." if card.language in LANGUAGE_WORDS else ""
    product = f" {PRODUCT_WORDS[card.product]}." if PRODUCT_WORDS[card.product] else ""
    flags = "".join(f" {FLAG_WORDS[flag]}." for flag in card.flags if flag != MISDATED)  # that is for who bills
    first = f"{head}{card.reference} {WINDOW_WORDS[card.window]}: {card.caller or NO_NUMBER}"
    lines = [f"{line}\n" for line in card.account] or [""]
    rooms = [(place, product, lines[0]), *(("", product, line) for line in lines), ("", "", lines[-1])]
    texts = [to_gsm7(f"{first}{where}.{flags}{spoken}{what}\n{line}{second}") for where, what, line in rooms]
    short = next((text for text in texts if segments(text) == 1), None)
    return short or next((text for text in texts if segments(again(text)) <= _MOST_SEGMENTS), texts[-1])


def _as_many_as_fit(head: str, lines: Sequence[str], glue: str, room: int) -> str:
    """A list after its head, cut where the room ends: then how many more there are."""
    first = f"{head}: " if head else ""
    for shown in range(min(len(lines), _MOST_LISTED), 0, -1):
        more = f"{glue}and {len(lines) - shown} more" if shown < len(lines) else ""
        text = to_gsm7(f"{first}{glue.join(lines[:shown])}{more}")
        if septets(text) <= room:
            return text
    return head or f"{len(lines)} cases"


def _date(here: datetime) -> str:
    return f"{here:%b} {here.day}, "
