"""The life of one SMS or call that we send, and what a report about it may change."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, get_args

AskedFor = Literal["bridge", "hear"]
"""A call that a technician asked for: to be put through to the caller, or to hear the message of a case."""

Carrier = Literal["sms", "voice", "bridge", "hear"]
"""What a delivery goes by: a text, a call that alerts, or one that its technician asked for."""

ASKED_FOR: frozenset[str] = frozenset(get_args(AskedFor))

NOT_REPEATED = "nobody knows whether it went out; not repeated"
"""Why a text to nobody on the roster counts as not delivered where its sender died."""


class DeliveryState(StrEnum):
    PLANNED = "planned"  # a row; nothing was sent yet
    SENDING = "sending"  # a sender has it; after a crash it may or may not have gone out
    UNKNOWN = "unknown"  # the provider did not say whether it took it
    ACCEPTED = "accepted"  # the provider took it
    SENT = "sent"  # on its way: handed to the carrier, or the phone rings, or somebody picked up an alert call
    DELIVERED = "delivered"  # the phone has it; of an alert call: a key answered it
    FAILED = "failed"  # it did not arrive, and will not; of an alert call: no key answered it
    BUNDLED = "bundled"  # not sent: a summary took its place
    DROPPED = "dropped"  # not sent: its case needed nobody any more


_RANK = {
    DeliveryState.PLANNED: 0,
    DeliveryState.SENDING: 1,
    DeliveryState.UNKNOWN: 2,
    DeliveryState.ACCEPTED: 3,
    DeliveryState.SENT: 4,
    DeliveryState.DELIVERED: 5,
    DeliveryState.FAILED: 5,
    DeliveryState.BUNDLED: 5,
    DeliveryState.DROPPED: 5,
}

FINAL = frozenset(state for state, rank in _RANK.items() if rank == max(_RANK.values()))


def accepts(current: DeliveryState, reported: DeliveryState) -> bool:
    """Whether a report moves a delivery: reports repeat and overtake each other, so only ever forward."""
    return _RANK[reported] > _RANK[current]


def is_spent(rung: Iterable[tuple[str, DeliveryState]]) -> bool:
    """Whether nothing of a rung of the ladder may still be answered, by carrier and state of all that it sent.

    Where it called, the calls decide: a text that arrived beside a call that nobody answered wakes nobody. Where it
    only texted, every text must have failed. What was never sent does not count.
    """
    made = [(carrier, state) for carrier, state in rung if state is not DeliveryState.DROPPED]
    calls = [state for carrier, state in made if carrier == "voice"]
    return all(state is DeliveryState.FAILED for state in calls or [state for _, state in made])
