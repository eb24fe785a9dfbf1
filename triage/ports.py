"""What goes out of the program, as protocols, and the values it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from triage.policy.delivery import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One SMS or call to place. `text` is what an SMS says; a call asks our webhook what to say, and rings so long."""

    delivery_id: int
    phone: str
    text: str
    rings_for: timedelta


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it, under this id."""

    provider_sid: str
    state: DeliveryState = DeliveryState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Found:
    """One SMS or call in the provider's own list. `text` is empty for a call."""

    provider_sid: str
    text: str
    created_at: datetime
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What the provider knows of a call."""

    from_number: str | None
    started_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordingDetails:
    """What the provider knows of a recording."""

    started_at: datetime | None
    duration: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One call that a call of ours dialed, as the provider has it by now.

    `status` is one of the provider's words for a call. `duration` is the talk time, from the answer to the end;
    None where nobody answered or the leg still runs.
    """

    call_sid: str
    to_number: str | None
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    duration: timedelta | None


class Sends(Protocol):
    """Sends one kind of delivery.

    `send` raises TransportError where nothing went out and OutcomeUnknown where it may have gone out. `sent_to`
    lists what went to a phone since an instant, newest first; it raises OutcomeUnknown where the list fails.
    """

    def send(self, outgoing: Outgoing) -> Accepted: ...

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]: ...


class KnowsCalls(Protocol):
    """Tells what the provider knows of a call or a recording.

    None where it knows nothing; raises OutcomeUnknown or TransportError where it does not answer. `legs` are the
    calls that a call dialed, oldest first; a list that fails raises as well.
    """

    def call(self, call_sid: str) -> CallDetails | None: ...

    def legs(self, parent_sid: str) -> Sequence[Leg]: ...

    def recording(self, recording_sid: str) -> RecordingDetails | None: ...

    def check(self) -> str: ...


class Bell(Protocol):
    """Tells the scheduler that there is work. May be lost: the sweep is there."""

    def ring(self) -> None: ...

    def close(self) -> None: ...


class HearsBell(Protocol):
    """The scheduler's end of the bell."""

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; True where the bell rang."""
        ...

    def close(self) -> None: ...
