"""Whether texts or calls get through at all, told from what became of the newest ones.

One dead phone is no fault of the carriage. An account without funds, a number that carriers block, or many phones that
nothing reaches are: then nobody can be told of it by the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from triage.policy.delivery import DeliveryState
from triage.policy.twilio_words import is_not_answered, meaning

LOOKS_BACK = timedelta(hours=24)
MOST_LOOKED_AT = 50
UNTAKEN_AFTER = timedelta(minutes=2)
"""What was tried and not taken for so long counts as not got through, though it is tried on."""

TAKING_LOOKS_BACK = timedelta(minutes=15)
MOST_TAKEN_LOOKED_AT = 500
_SHARES = (0.5, 0.99, 1.0)

_MANY, _PHONES = 3, 2
_OF_THE_PHONE = frozenset({21211, 21408, 21602, 21610, 21614, 21617, 30004, 30005, 30006, 30036})
_PHONE_IS_OFF = 30003
_TRIED_ON = frozenset({DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.UNKNOWN})
_CONCERNS_ALL = frozenset({20003, 20005, 21606, 30002, 30023, 30032, 30034, 63038})
"""Codes after which no other phone is reached either, until somebody mends our account or number."""


def taken_within(spans: Iterable[tuple[str, timedelta]]) -> dict[tuple[str, float], timedelta]:
    """Within what time the phone system took a share of what was planned, by channel and share, by nearest rank."""
    found: dict[str, list[timedelta]] = {}
    for channel, span in spans:
        found.setdefault(channel, []).append(span)
    return {
        (channel, share): sorted(each)[ceil(share * len(each)) - 1]
        for channel, each in found.items()
        for share in _SHARES
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One text or call that was tried, `at` last. `is_taken` where the phone system gave it an id."""

    at: datetime
    channel: str
    phone: str
    is_to_staff: bool
    is_taken: bool
    state: DeliveryState
    code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why nothing gets through by a channel, in words, and when that was tried last."""

    why: str
    tried_at: datetime


def blocked(newest_first: Iterable[Sent], now: datetime) -> Blocked | None:
    """What is known of a channel by which nothing gets through; None where something does, or nobody can tell.

    What got through ends the look back. Where the phone system has taken something since, refusals of before are over.
    """
    failed: list[Sent] = []
    is_taken_since = False
    for sent in newest_first:
        if _got_through(sent, now):
            break
        if _failed(sent, now) and (sent.is_taken or not is_taken_since):
            if sent.code in _CONCERNS_ALL:
                return Blocked(f"{meaning(sent.code).reason} ({sent.code})", _last_tried([*failed, sent], now))
            failed.append(sent)
        is_taken_since = is_taken_since or sent.is_taken
    phones = {sent.phone for sent in failed}
    unanswered = [sent for sent in failed if sent.state is not DeliveryState.FAILED and not sent.is_taken]
    if len(unanswered) >= _MANY:
        return Blocked(
            f"the phone system did not answer the last {len(unanswered)} attempts", _last_tried(unanswered, now)
        )
    if len(failed) < _MANY or len(phones) < _PHONES:
        return None
    why = next((sent.reason for sent in failed if sent.reason), "no reason is known").rstrip(".")
    words = f"the last {len(failed)} to {len(phones)} phones did not get through: {why}"
    return Blocked(words, _last_tried(failed, now))


def _last_tried(failed: Iterable[Sent], now: datetime) -> datetime:
    return max(now if sent.state in _TRIED_ON else sent.at for sent in failed)


def _got_through(sent: Sent, now: datetime) -> bool:
    """Of what is on its way for long nothing more is heard: not every carrier confirms."""
    if sent.state is DeliveryState.SENT:
        return now - sent.at > UNTAKEN_AFTER
    if sent.state is DeliveryState.DELIVERED:
        return True
    return sent.state is DeliveryState.FAILED and is_not_answered(sent.channel, sent.reason)


def _failed(sent: Sent, now: datetime) -> bool:
    if sent.code == _PHONE_IS_OFF and not sent.is_to_staff:
        return False
    if sent.state is DeliveryState.FAILED:
        return sent.code not in _OF_THE_PHONE
    if sent.state is DeliveryState.DROPPED:
        return not sent.is_taken  # tried, never found at the provider, and repeated
    return sent.state in _TRIED_ON and now - sent.at > UNTAKEN_AFTER
