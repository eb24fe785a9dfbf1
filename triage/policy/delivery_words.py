"""What became of one text or call, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.policy.delivery import DeliveryState
from triage.policy.twilio_words import is_not_answered

_STATES = {
    DeliveryState.PLANNED: "not sent yet",
    DeliveryState.SENDING: "being sent",
    DeliveryState.UNKNOWN: "nobody knows whether it went out",
    DeliveryState.ACCEPTED: "taken by the phone system",
    DeliveryState.SENT: "on its way",
    DeliveryState.DELIVERED: "arrived",
    DeliveryState.FAILED: "failed",
    DeliveryState.BUNDLED: "sent in one text with other cases",
    DeliveryState.DROPPED: "not sent",
}


def state_in_words(state: str, channel: str, reason: str | None = None) -> str:
    """The state of a text or call; a call that nobody answered did not fail, and `reason` says how it ended."""
    if state == DeliveryState.FAILED and reason and is_not_answered(channel, reason):
        return reason
    if state == DeliveryState.DELIVERED and channel != "sms":
        return "answered"
    return _STATES.get(DeliveryState(state), state)


def outcome_in_words(row: Mapping[str, Any]) -> str:
    """What became of a delivery, by its state, its keys and the reason that is on record."""
    state = row["state"]
    words = state_in_words(state, row["channel"])
    if state in {DeliveryState.FAILED, DeliveryState.DROPPED} and row["reason"]:
        words = row["reason"] if state == DeliveryState.FAILED else f"not sent: {row['reason']}"
    if row["keys"]:
        words += f", key {', '.join(row['keys'])}"
    if row["error_code"]:
        words += f" ({row['error_code']})"
    return f"{words} (repeat)" if row["repeat_of"] else words
