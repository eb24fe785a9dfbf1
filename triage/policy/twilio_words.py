"""Twilio's words and numbers in ours: one table for statuses, one for error codes.

A test holds each row. Sources: Twilio's error dictionary and its pages on message and call status callbacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from triage.policy.delivery import DeliveryState

MESSAGE_STATUS = {
    "accepted": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.ACCEPTED,
    "queued": DeliveryState.ACCEPTED,
    "sending": DeliveryState.ACCEPTED,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "partially_delivered": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}

ALERT_CALL_STATUS = {
    "queued": DeliveryState.ACCEPTED,
    "initiated": DeliveryState.ACCEPTED,
    "ringing": DeliveryState.SENT,
    "in-progress": DeliveryState.SENT,  # somebody, or a voicemail box: only a key answers an alert
    "completed": DeliveryState.FAILED,
    "busy": DeliveryState.FAILED,
    "no-answer": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}

ASKED_CALL_STATUS = {
    **ALERT_CALL_STATUS,
    "in-progress": DeliveryState.DELIVERED,  # it demands nothing: what follows is on record by itself
    "completed": DeliveryState.DELIVERED,
}

STATUS: Mapping[str, Mapping[str, DeliveryState]] = {
    "sms": MESSAGE_STATUS,
    "voice": ALERT_CALL_STATUS,
    "bridge": ASKED_CALL_STATUS,
    "hear": ASKED_CALL_STATUS,
}
"""By carrier."""

UNANSWERED = {
    "completed": "picked up, not answered by a key",
    "busy": "the line was busy",
    "no-answer": "nobody picked up",
    "canceled": "hung up before anybody picked up",
}
"""How a call ends that reached its phone, and nobody: no fault of the machine."""

OVER_UNHEARD = "over before we heard of it, not answered by a key"
_NOT_ANSWERED = frozenset({*UNANSWERED.values(), OVER_UNHEARD})


def is_not_answered(channel: str | None, reason: str | None) -> bool:
    """Whether a call that ended so did all it could: nobody answered it, which is no failure."""
    return channel not in {None, "sms"} and reason in _NOT_ANSWERED


ENDED_CALLS = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})

PERSIST = "#rc=5&rp=all"
"""Added to an address, it asks Twilio to try up to five times, on any failure, within its 15 seconds: its default is
one retry, and only where it could not connect. Not part of what is signed."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error code means for us.

    `is_permanent`: repeating cannot help. `blocks_texts`: this phone gets calls until it opts in again.
    """

    reason: str
    is_permanent: bool
    blocks_texts: bool = False


ERROR_CODES = {
    20003: Meaning("Twilio refused our credentials", is_permanent=True),
    20005: Meaning("the account is not active", is_permanent=True),
    20429: Meaning("too many requests at once", is_permanent=False),
    21211: Meaning("not a valid number", is_permanent=True),
    21408: Meaning("SMS to that region is not enabled", is_permanent=True),
    21602: Meaning("the text is empty", is_permanent=True),
    21606: Meaning("our number cannot send SMS", is_permanent=True),
    21610: Meaning("the phone opted out with STOP", is_permanent=True, blocks_texts=True),
    21611: Meaning("our number's queue is full", is_permanent=False),
    21614: Meaning("not a mobile number", is_permanent=True, blocks_texts=True),
    21617: Meaning("the text is too long", is_permanent=True),
    30001: Meaning("the queue overflowed", is_permanent=False),
    30002: Meaning("the account is suspended", is_permanent=True),
    30003: Meaning("the phone is off or has no signal", is_permanent=False),
    30004: Meaning("the phone blocks us", is_permanent=True),
    30005: Meaning("the number does not exist", is_permanent=True),
    30006: Meaning("a landline, or the carrier cannot be reached", is_permanent=True, blocks_texts=True),
    30007: Meaning("filtered as spam", is_permanent=True),
    30008: Meaning("lost on the way", is_permanent=False),
    30022: Meaning("over the carrier's rate for us", is_permanent=False),
    30023: Meaning("the day's limit of the carriers is reached", is_permanent=True),
    30032: Meaning("our toll-free number is not verified", is_permanent=True),
    30034: Meaning("our number is not registered with the carriers", is_permanent=True),
    30036: Meaning("it was too late to deliver it", is_permanent=False),
    63038: Meaning("the account's daily limit is reached", is_permanent=True),
}

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WITHHELD_WORDS = ("anonymous", "blocked", "private", "restricted", "unavailable", "unknown")
_WITHHELD = frozenset("+" + word.translate(_KEYPAD) for word in _WITHHELD_WORDS)

UNEXPLAINED = Meaning("it did not arrive", is_permanent=False)

SILENT_RECORDING = frozenset({16101, 16102})
"""Error codes of a recording that was not kept because it was too short or silent."""


def meaning(code: int | None) -> Meaning:
    """What a code means; a code that the table lacks is a failure that may pass."""
    return ERROR_CODES.get(code, UNEXPLAINED) if code is not None else UNEXPLAINED


def telephone_number(written: str | None) -> str | None:
    """A caller's number; None where it is withheld. Twilio then writes a word, or the word as keys: +266696687."""
    return written if written and _E164.fullmatch(written) and written not in _WITHHELD else None
