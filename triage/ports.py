"""What goes out of the program, as protocols, and the values it carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from triage.policy.chart import Chart
from triage.policy.delivery import DeliveryState
from triage.policy.monthly_report import Letter
from triage.policy.paper import Paper
from triage.policy.spreadsheet import Sheet
from triage.policy.standing import AccountStanding


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetails:
    """What the provider knows of a call. `is_ours` where somebody called our number.

    `from_number` is None where it is withheld; `status` is one of the provider's words for a call.
    """

    call_sid: str
    is_ours: bool
    from_number: str | None
    status: str
    started_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDetails:
    """What the provider knows of a recording.

    `is_recorded` is None while it is being made; False where nothing was kept, with the reason as `error_code`.
    `is_message` where a caller was asked to speak, rather than a conversation recorded.
    """

    recording_sid: str
    call_sid: str
    is_message: bool
    is_recorded: bool | None
    created_at: datetime
    started_at: datetime | None
    duration: timedelta | None
    error_code: int | None = None

    @property
    def ended_at(self) -> datetime | None:
        """None while it is being made, and where the provider gives no times."""
        if self.is_recorded is None or self.started_at is None or (self.is_recorded and self.duration is None):
            return None
        return self.started_at + (self.duration or timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDetails:
    """One SMS to our number in the provider's list."""

    message_sid: str
    from_number: str
    body: str
    sent_at: datetime


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


@runtime_checkable
class HangsUp(Protocol):
    """Ends calls that nobody has answered yet.

    Raises TransportError where it does not ring any more, which may be a conversation, and OutcomeUnknown.
    """

    def hang_up(self, provider_sid: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider says of an SMS or call by now: one of its words, and why it failed where it says so."""

    status: str
    error_code: int | None = None


@runtime_checkable
class TellsOutcome(Protocol):
    """Tells what became of an SMS or call. None where it knows nothing; raises OutcomeUnknown or TransportError."""

    def outcome(self, provider_sid: str) -> Told | None: ...


class KnowsCalls(Protocol):
    """Tells what the provider knows of a call or a recording.

    None where it knows nothing; raises OutcomeUnknown or TransportError where it does not answer. `legs` are the
    calls that a call dialed, oldest first; a list that fails raises as well.
    """

    def call(self, call_sid: str) -> CallDetails | None: ...

    def legs(self, parent_sid: str) -> Sequence[Leg]: ...

    def recording(self, recording_sid: str) -> RecordingDetails | None: ...

    def check(self) -> str: ...


class RemembersTraffic(Protocol):
    """The provider's own lists of what came to our number since an instant, in no order to rely on.

    They may lag by minutes. Each raises OutcomeUnknown or TransportError where it fails: a list that fails is not
    an empty one.
    """

    @property
    def told_at(self) -> datetime | None:
        """When the provider last answered anything, by its own clock; None where it did not say so yet."""
        ...

    def recordings(self, since: datetime) -> Sequence[RecordingDetails]:
        """The recordings of the whole account: those are ours whose call is in the list of calls."""
        ...

    def calls(self, since: datetime) -> Sequence[CallDetails]:
        """The calls that began since then."""
        ...

    def texts(self, since: datetime) -> Sequence[TextDetails]: ...


class TakesBytes(Protocol):
    """Where audio goes while it is fetched."""

    def write(self, chunk: bytes, /) -> object: ...


class KeepsRecordings(Protocol):
    """The provider's store of audio.

    `fetch` writes a recording into `into` from its first byte on; False where there is none, or not yet. It raises
    TransportError (permanent where repeating it cannot help) or OutcomeUnknown where the audio did not come whole:
    what was written is no recording then. `delete` raises the same; a recording that is gone already is deleted.
    """

    def fetch(self, recording_sid: str, into: TakesBytes) -> bool: ...

    def delete(self, recording_sid: str) -> None: ...


class HoldsNumber(Protocol):
    """The provider's settings of our number, under its own names, such as VoiceUrl; "" for what is not set.

    Both raise OutcomeUnknown or TransportError.
    """

    def settings(self) -> Mapping[str, str] | None:
        """None where the account has no such number."""
        ...

    def change(self, settings: Mapping[str, str]) -> None: ...


class KnowsStanding(Protocol):
    """How the account, and our number, stand with the provider. All raise OutcomeUnknown or TransportError."""

    def account(self) -> AccountStanding: ...

    def verified_numbers(self) -> frozenset[str]:
        """The numbers that a trial reaches."""
        ...

    def campaigns(self) -> list[str] | None:
        """The states of the campaigns that our number belongs to; None where it is in no messaging service."""
        ...

    def keeps_texts(self) -> bool:
        """Whether a messaging service takes the texts to our number, so that our webhook gets none."""
        ...

    def toll_free(self) -> str | None:
        """The state of the verification of our toll-free number; None where nobody asked for it."""
        ...

    def may_call(self, country: str) -> bool: ...

    def may_text(self, country: str) -> bool: ...


class PlacesTestCalls(Protocol):
    """Calls our number from another one of ours, and says the test sentence there.

    Raises TransportError where no call went out and OutcomeUnknown where one may have.
    """

    def call_us(self) -> Accepted: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What somebody is sent to the sign-in provider with. All but `address` stays here until they come back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is by the word of a sign-in provider. `email` is None where it does not vouch for one."""

    issuer: str
    subject: str
    email: str | None
    has_second_factor: bool


class ProvesIdentity(Protocol):
    """A sign-in provider.

    `send` and `check` raise ProviderUnavailable. `identify` raises it too, and Refused where the answer proves nothing.
    `at` is an instant of the world's clock.
    """

    @property
    def name(self) -> str:
        """As a button calls it."""
        ...

    def send(self, back_to: str) -> Handshake: ...

    def identify(self, handshake: Handshake, code: str, back_to: str, at: datetime) -> Identity: ...

    def check(self) -> str:
        """What its discovery document says, in a few words."""
        ...


class PrintsPaper(Protocol):
    """Sets a paper in type. The same paper gives the same bytes."""

    def print(self, paper: Paper) -> bytes: ...


class TellsOutside(Protocol):
    """A check outside that hears from us each minute. Each raises TransportError; `where` is its host.

    `passed` and `failed` return the time that it has, None where it names none.
    """

    @property
    def where(self) -> str: ...

    def passed(self) -> datetime | None: ...

    def failed(self, findings: int) -> datetime | None: ...

    def check(self) -> None: ...


class SendsMail(Protocol):
    """A mail server. `where` names it, without credentials."""

    @property
    def where(self) -> str: ...

    def send(self, letter: Letter) -> None:
        """Raises TransportError; the letter may have gone out all the same."""

    def check(self) -> None:
        """Connect and sign in. Raises TransportError."""


class DrawsCharts(Protocol):
    """Draws a chart as an `<svg>` element that may stand in a page as it is."""

    def draw(self, chart: Chart) -> str: ...


class WritesWorkbooks(Protocol):
    """Writes sheets as one file for a spreadsheet program. The same sheets give the same bytes.

    Every text stays a text: none becomes a formula or a link.
    """

    def write(self, sheets: Sequence[Sheet]) -> bytes: ...


class Bell(Protocol):
    """Tells the scheduler that there is work. May be lost: the sweep is there."""

    def ring(self) -> None: ...

    def close(self) -> None: ...


class HearsBell(Protocol):
    """The scheduler's end of the bell."""

    @property
    def is_taken(self) -> bool:
        """Whether another scheduler of this machine listens where only one may run: on a SQLite file."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; True where the bell rang."""
        ...

    def close(self) -> None: ...
