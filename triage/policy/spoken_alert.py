"""What is spoken on calls that alert: to somebody who was asleep a moment ago, or to a voicemail box.

The words that matter most come first, what is said twice takes at most fifteen seconds (at fifteen letters a second),
numbers are for the ear. Whoever owes a sentence more detail has the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from triage.policy.callbacks import is_nobody_to_call
from triage.policy.fields import WindowName
from triage.policy.speech import clock, digits, plain
from triage.policy.term_words import LANGUAGE_WORDS, PRODUCT_WORDS
from triage.policy.terms import Terms
from triage.policy.wording import Card, by_now, may_call

_MOST_LETTERS = 15 * 15  # of what is said twice
_LONGEST_NAME = 30
WITHOUT_DETAILS = "After hours support. A case waits for you. Text L I S T to this number."
KEY_NOT_KEPT = "Your key could not be kept. Text A C K to this number to take the case, or L I S T to see it."
NOT_HERE_YET = "The recording is not here yet."
GOODBYE = "Goodbye."

_WINDOWS: dict[WindowName, str] = {
    "support_hours": "support hours",
    "evening": "evening",
    "overnight": "overnight",
    "other": "weekend or closure",
}
_FEW_WORDS = {
    "no_recording": "No words were recorded: the caller was silent, or hung up.",
    "little_said": "The message is silence, or nearly so.",
}
_STANDS = {
    "by_name": "for you by name",
    "emergency": "which you took",
    "resume": "no callback yet",
    "at_risk": "at risk",
    "breach": "overdue",
    "nobody": "nobody is on call",
    "exhausted": "nobody took it",
}


def opening(
    card: Card, reason: str, now: datetime, terms: Terms, *, is_owner: bool, was_theirs: bool = False
) -> list[str]:
    """The case and its menu, twice over: either time may be the one that is heard.

    `was_theirs` where they took it and it went on to others, as no callback came.
    """
    keys = menu(card, terms, is_owner=is_owner)
    room = _MOST_LETTERS - len(keys) - 1
    said = f"{_case(card, reason, now, terms, is_owner=is_owner or was_theirs, room=room)} {keys}"
    return [said, said]


def menu(card: Card, terms: Terms, *, is_owner: bool) -> str:
    """The keys, for whoever they are: the case may be theirs, or somebody else's, already.

    What cannot be done is not offered: to call back where the number may not be dialled, to hear what never comes.
    """
    calls, is_theirs_to_pass = may_call(card, terms), is_owner or not card.is_held
    over = " over" if card.is_held and not is_owner else ""
    offers = [
        *([] if is_owner else [(f"To take it{over}", "1")]),
        *([("To call back now" if is_owner else f"To take it{over} and call back now", "2")] if calls else []),
        *([("To pass it on", "3")] if is_theirs_to_pass else []),
        *([("To hear the message", "9")] if card.has_recording else []),
    ]
    keys = [f"{what}, {'press ' if number == 0 else ''}{key}." for number, (what, key) in enumerate(offers)]
    return " ".join([f"{card.owner} has it.", *keys] if over else keys)


def menu_again(card: Card, terms: Terms, *, is_owner: bool) -> str:
    """After a key that means nothing."""
    return f"That key means nothing here. Case {digits(card.reference)}. {menu(card, terms, is_owner=is_owner)}"


def menu_after_listening(card: Card, terms: Terms, *, is_owner: bool) -> str:
    heard = "That was case" if card.has_recording else "There is no recording of case"
    return f"{heard} {digits(card.reference)}. {menu(card, terms, is_owner=is_owner)}"


def which_message(number: int, count: int) -> str:
    """Before each recording, where there are several."""
    return f"Message {number} of {count}."


def taken(card: Card, now: datetime, terms: Terms) -> list[str]:
    """What comes next for whoever took the case, and what this call can do for them.

    The number is said twice: nobody has a pencil in bed.
    """
    number = digits(card.caller) if card.caller else ""
    call = f"Call {number}." if number else "Their number is not known."
    if is_nobody_to_call(card.caller, card.flags):
        call = "There is no number, and no words were recorded: nobody to call. Text D O N E 0 to close it."
    elif not number and card.has_recording:
        call += " The message may say it."
    left = f" {time_left(card.due, now)}." if card.due else ""
    again = [f"Again: {number}."] if number else []
    attested = ["The caller did not say that they are on site."] if "not_attested" in card.flags else []
    words = [] if not number else [sentence for flag, sentence in _FEW_WORDS.items() if flag in card.flags]
    return [
        f"Case {digits(card.reference)} is yours.{left} {call}",
        *again,
        *attested,
        *words,
        menu(card, terms, is_owner=True),
    ]


def after_taking() -> list[str]:
    """The end of the call of whoever took the case on it and wants nothing more of it."""
    return ["After it, text D O N E and the minutes. If nobody answers, text T R I E D.", GOODBYE]


def put_through(card: Card) -> list[str]:
    """Before the caller is dialled for whoever asked for it."""
    return [f"Case {digits(card.reference)} is yours."]


def nothing_to_do(card: Card, state: str) -> list[str]:
    """Somebody was faster, or the case needs nobody any more."""
    if card.is_held and card.owner:
        return [f"{card.owner} has case {digits(card.reference)}. Nothing for you to do.", GOODBYE]
    return [f"Case {digits(card.reference)} is {state.replace('_', ' ')}. Nothing for you to do.", GOODBYE]


def passed(card: Card, following: Sequence[str]) -> list[str]:
    """Whom a case goes to that was passed on. `following` are first names."""
    if not following:
        whom = "Nobody has it; the next round of alerts comes in its time."
    else:
        *others, last = following[:4]
        names = f"{', '.join(others)} and {last}" if others else last
        whom = f"Now it goes to {names}."
    return [f"You passed on case {digits(card.reference)}. {whom}", GOODBYE]


def passed_already(card: Card) -> list[str]:
    return [f"You passed on case {digits(card.reference)}.", GOODBYE]


def no_key(card: Card, pressed: str) -> list[str]:
    """The end of a call that nobody answered by a key; in a voicemail box it is heard later.

    `pressed` are the keys that took nothing: to listen, or those that mean nothing.
    """
    what = "You did not take it" if pressed else "No key was pressed"
    return [f"{what}, so others are alerted. To take case {digits(card.reference)}, text A C K.", GOODBYE]


def time_left(due: datetime, now: datetime) -> str:
    """`114 minutes left`, `1 minute left`, `40 seconds left`, `12 minutes late`, `5 hours late`; whole units."""
    seconds = int(abs((due - now).total_seconds()))
    if seconds == 0:
        return "It is due now"
    unit, length = ("second", 1) if seconds < 60 else ("minute", 60) if seconds < 4 * 3600 else ("hour", 3600)
    count = seconds // length
    return f"{count} {unit}{'' if count == 1 else 's'} {'left' if now <= due else 'late'}"


def _case(card: Card, reason: str, now: datetime, terms: Terms, *, is_owner: bool, room: int) -> str:
    """The case in at most `room` letters: where they do not hold all of it the product goes, the dealer, the window."""
    kind = "Support emergency, case" if "emergency" in card.flags else "Support case"
    had = _had(card, now, terms, is_owner=is_owner)
    stands = "" if had and reason in {"emergency", "resume"} else _STANDS.get(by_now(card, reason, now, terms))
    parts = [f"{kind} {digits(card.reference)}", "yours" if is_owner and not had.startswith("which") else "", stands]
    took = f", {had}" if had.startswith("which") else ""
    left = f" {time_left(card.due, now)}." if card.due else ""
    others = f" {had}." if had and not took else ""
    head = f"{', '.join(part for part in parts if part)}{took}.{left}{others}"
    caller = digits(card.caller) if card.caller else "an unknown number"
    spoken = f" They speak {LANGUAGE_WORDS[card.language]}." if card.language in LANGUAGE_WORDS else ""
    attested = " Not attested." if "not_attested" in card.flags else ""
    product = f" {PRODUCT_WORDS[card.product]}." if PRODUCT_WORDS[card.product] else ""
    window = f"{_WINDOWS[card.window].capitalize()}, from"
    dealer = f" {plain(card.dealer, _LONGEST_NAME)}," if card.dealer else ""
    texts = [
        f"{head} {where}{what}{on_site}{spoken}"
        for where, what, on_site in (
            (f"{window}{dealer} {caller}.", product, attested),
            (f"{window}{dealer} {caller}.", "", attested),
            (f"{window} {caller}.", "", attested),
            (f"From {caller}.", "", attested),
            (f"From {caller}.", "", ""),
        )
    ]
    return next((text for text in texts if len(text) <= room), texts[-1])


def _had(card: Card, now: datetime, terms: Terms, *, is_owner: bool) -> str:
    """Who took the case and has not called back; empty where nobody did, or whoever did has it still."""
    if card.owner is None or card.since is None or card.is_held:
        return ""
    since = clock(card.since, now, "en", terms)
    who = f"which you took at {since}" if is_owner else f"{card.owner} had it since {since}"
    return f"{who}; no callback yet"
