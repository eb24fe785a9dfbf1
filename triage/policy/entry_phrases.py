"""The words for what each kind of entry of a case tells: one short phrase for each detail, in the order of reading.

A phrase is said where the entry has all that stands in its braces. What no phrase takes is shown as it was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from triage.policy.case_words import ATTESTED, LANGUAGES
from triage.policy.event_words import ALERT_WORDS
from triage.policy.lengths import exactly
from triage.policy.term_words import FLAG_WORDS, PRODUCT_WORDS, RATE_WORDS, WINDOW_WORDS

_TYPED = "{stated_minutes} min typed"
_PRICE = ("{amount} before tax", "{arithmetic}")
_RUNG = "round {round}, step {step} of the ladder"
_ON_THE_LADDER = frozenset({"ladder", "emergency"})

PHRASES: Mapping[str, tuple[str, ...]] = {
    "acknowledged": ("{person} has it",),
    "alert_joined": ("{person}", "{reason}"),
    "alert_made": ("{person} by {channels}", "{reason}"),
    "at_risk": ("call back by {due}",),
    "attempted": ("by {person}", "at {tried_at}", "{outcome}", "{proven}"),
    "became_emergency": (),
    "billed": _PRICE,
    "billed_anew": (*_PRICE, "was {before}"),
    "breach_was_early": ("call back by {due}",),
    "breached": ("call back was due by {due}",),
    "call_asked_for": ("by {person}",),
    "call_ended": ("{outcome}", "{person}'s call", "ended at {ended_at}", "{seconds} talked"),
    "call_measured": ("{person}'s call", "ended at {ended_at}", "{seconds} talked"),
    "call_refused": ("{reason}",),
    "call_waits": ("to {person}", "{reason}"),
    "callback_withdrawn": ("by {person}", "it reached {reason}"),
    "called_back": ("by {person}", "at {made_at}", "{basis}", "{met}"),
    "caller_answered": ("{person}'s call", "at {answered_at}"),
    "caller_dialled": ("by {person}",),
    "caller_learnt": ("{caller}",),
    "caller_text_planned": ("{what}", "in {language}"),
    "caller_text_withheld": ("{why}",),
    "case_exported": ("{size} bytes", "SHA-256 {sha256}"),
    "case_opened": (
        "window: {window}",
        "message left: {left_at}",
        "call back by: {due}",
        "technicians: {treatment}",
        "product: {product}",
        "on site: {attested}",
        "language: {language}",
        "number keyed: {keyed_number}",
        "marks: {flags}",
    ),
    "closed": (
        "by {person}",
        "{minutes} min",
        "{measured_s} measured",
        _TYPED,
        "{amount} before tax",
        "note: {note}",
        "{reason}",
        "until then a call was due by {due}",
    ),
    "dealer_recognised": ("dealer {dealer}", "{technician}", "by their {by}"),
    "dealer_set": (
        "dealer {dealer}",
        "was {before}",
        "{amount} before tax",
        "was {amount_before}",
        "because: {reason}",
    ),
    "dated_ahead": (
        "opened {opened_at}",
        "work begun {begun_at}",
        "closed {closed_at}",
        "billed {billed_at}",
        "{ahead_s} ahead",
    ),
    "delivery_accepted": ("{channel} to {person}",),
    "delivery_delivered": ("{channel} to {person}",),
    "delivery_failed": ("{channel} to {person}", "{why}", "error {code}"),
    "delivery_repeated": ("to {person}",),
    "delivery_unknown": ("to {person}",),
    "found_by_reconciler": ("message left: {left_at}", "text sent: {sent_at}", "{done}"),
    "handed_over": ("to {person}", "from {owner}"),
    "hearing_asked_for": ("by {person}",),
    "key_pressed": ("by {person}", "key {key}"),
    "ladder_moved_on": ("{reason}",),
    "ladder_resumed": ("{owner} had it",),
    "length_doubted": ("{minutes} min", "message left: {left_at}"),
    "message_learnt_from": ("product: {product}", "on site: {attested}", "no longer marked: {no_longer}"),
    "nobody_on_call": ("looked for: {targets}", _RUNG),
    "not_billed": (),
    "noted": ("{text}",),
    "number_keyed": ("{keyed_number}",),
    "owner_asked_again": ("{owner} had it",),
    "passed": ("by {person}",),
    "recording_confirmed": ("{recorded}", "message left: {left_at}", "{seconds} long"),
    "recording_damaged": ("{reason}", "SHA-256 {sha256}"),
    "recording_delayed": ("{reason}",),
    "recording_deleted_at_provider": ("SHA-256 {sha256}",),
    "recording_kept": ("{size} bytes", "SHA-256 {sha256}"),
    "recording_missing": ("{reason}",),
    "recording_removed": ("SHA-256 {sha256}",),
    "reopened": (
        "{reason}",
        "{called_back}",
        "was closed at {before.closed_at}",
        "was {before.minutes} min",
        "was billed {before.billed}",
    ),
    "resorted": ("window: {window}", "call back by: {due}"),
    "session_corrected": (
        "was {before.minutes} min",
        "was {before.stated_minutes} min typed",
        "was {before.rate}",
        "was {before.amount}",
        "was {before.arithmetic}",
        "note was: {before.note}",
        "rules were: {before.clauses}",
        "now {after.minutes} min",
        "{after.stated_minutes} min typed",
        "{after.rate}",
        "{after.amount} before tax",
        "{after.arithmetic}",
        "note: {after.note}",
        "because: {reason}",
    ),
    "text_from_caller": ("{passed_on}",),
    "voicemail_box": ("by {person}",),
    "voicemail_left": ("{recorded}", "at {left_at}", "{seconds} long"),
}
"""By kind. The rules come last for every kind, and the ids of the phone system stay as they are."""

NEED_NONE = frozenset(
    {
        "breach_withdrawn",
        "ladder_exhausted",
        "listed",
        "recording_exported",
        "recording_played",
        "started",
        "status_asked",
        "test_call_dismissed",
        "transcribed",
    }
)
"""Kinds whose title says all: nothing is recorded with them, or the id of a recording or text only."""


def phrases_of(kind: str, details: Mapping[str, Any]) -> tuple[str, ...]:
    """The phrases for an entry; of alerts, the rung only where a ladder made them; that there is no dealer now."""
    if kind in {"alert_made", "alert_joined"}:
        is_rung = details.get("reason") in _ON_THE_LADDER
        phrases = PHRASES["alert_made" if details.get("channels") else kind]
        return (*phrases, _RUNG if is_rung else "alert {step} for that reason, round {round}")
    if kind == "dealer_set" and details.get("dealer") is None:
        return ("no dealer", *PHRASES[kind])
    return PHRASES.get(kind, ())


def words_for(kind: str, name: str, value: Any) -> Any:
    """A detail in words that need no clock and no names; others, and values of another release, as they are."""
    said = _OF_KINDS.get((kind, name)) or _VALUES.get(name.rpartition(".")[2])
    return said(value) if said else value


def _by(words: Mapping[Any, str], *, nothing: str = "") -> Callable[[Any], str]:
    return lambda value: words.get(value, str(value).replace("_", " ")) or nothing


def _each(words: Mapping[str, str], glue: str = ", ") -> Callable[[Any], str]:
    return lambda values: glue.join(words.get(value, value) for value in values)


def _dollars(value: Any) -> str:
    return f"${value}"


def _measured(seconds: int) -> str:
    return exactly(seconds) if seconds else "nothing"


_TREATMENTS = {
    "page": "alerted at once",
    "defer": "alerted on the next support day",
    "list": "not alerted, no support is owed",
    "review": "not alerted, nothing is owed",
}
_CHANNELS = {
    "sms": "text",
    "voice": "call",
    "bridge": "call that puts through to the caller",
    "hear": "call that plays the message",
}
_OUTCOMES = {
    "connected": "somebody picked up",
    "busy": "busy",
    "no_answer": "nobody picked up",
    "box": "a voicemail box",
    "failed": "could not be rung",
    "canceled": "hung up while it rang",
    "lost": "how it ended was never reported",
}
_BASES = {
    "measured": "measured by the phone network",
    "stated": "the technician's word",
    "attempts": "enough attempts stand for it",
}
_TEXTS_TO_CALLERS = {"receipt": "the receipt", "taken": "who has the case", "status": "the answer to STATUS"}
_VALUES: dict[str, Callable[[Any], Any]] = {
    "ahead_s": exactly,
    "amount": _dollars,
    "amount_before": _dollars,
    "attested": _by(ATTESTED),
    "basis": _by(_BASES),
    "called_back": _by({True: "the caller was called back", False: "the caller was not called back"}),
    "channel": _by(_CHANNELS),
    "channels": _each(_CHANNELS, " and "),
    "clauses": _each({}),
    "done": _by({True: "done as it says", False: "not done: its sender has spoken since"}),
    "flags": _each(FLAG_WORDS),
    "language": _by(LANGUAGES),
    "measured_s": _measured,
    "met": _by({True: "in time", False: "late"}),
    "no_longer": _each(FLAG_WORDS),
    "outcome": _by(_OUTCOMES),
    "passed_on": _by({True: "passed on", False: "not passed on"}),
    "product": _by(PRODUCT_WORDS, nothing="not said"),
    "proven": _by({True: "proven by the phone network", False: "not proven: the technician's word"}),
    "rate": _by(RATE_WORDS),
    "recorded": _by({True: "recorded", False: "no words recorded"}),
    "seconds": exactly,
    "step": lambda step: step + 1,
    "targets": _each({}),
    "treatment": _by(_TREATMENTS),
    "window": _by(WINDOW_WORDS),
}
_OF_KINDS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("alert_joined", "reason"): _by(ALERT_WORDS),
    ("alert_made", "reason"): _by(ALERT_WORDS),
    ("billed_anew", "before"): _dollars,
    ("caller_text_planned", "what"): _by(_TEXTS_TO_CALLERS),
    ("reopened", "before.billed"): lambda amounts: " and ".join(map(_dollars, amounts)),
}
