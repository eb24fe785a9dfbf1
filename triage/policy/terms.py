"""The contract as frozen values, field for field as `config/policy.toml` writes it.

Every comment on where a figure comes from stands in that file, beside the figure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from triage.policy.document import Versioned, read_document, stored_document
from triage.policy.fields import (
    Channel,
    Count,
    KeyWait,
    Ringing,
    Span,
    TimeOfDay,
    Value,
    Weekday,
    Zone,
    seconds_between,
)
from triage.policy.money_terms import (
    Credits,
    DayRates,
    Invoices,
    Prepay,
    Rates,
    ServerInstallation,
    SessionRate,
)
from triage.policy.phone import Phone, Spoken

ProductLine = Literal["emg", "ucp", "application", "server", "discontinued", "unknown"]
Share = Annotated[int, Field(ge=0, le=100)]
NumberKind = Literal["fixed_line", "mobile", "fixed_line_or_mobile", "toll_free", "voip", "personal_number", "uan"]


TalkTime = Annotated[Span, seconds_between(60, 14_400)]
Pause = Annotated[Span, seconds_between(1, 86_400)]
Lead = Annotated[Span, seconds_between(60, 2_592_000)]


class Hours(Value):
    days: tuple[Weekday, ...]
    opens: TimeOfDay
    closes: TimeOfDay
    closures: tuple[date, ...]
    observed: tuple[str, ...]
    observed_country: str

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must be before closes, on the same day")
        return self

    @model_validator(mode="after")
    def _holidays_exist(self, info: ValidationInfo) -> Self:
        """Checked in a file only: a stored contract stays readable when the library renames a day."""
        if self.observed and info.context and info.context.get("is_file"):
            known = _holiday_names(self.observed_country)
            for name in self.observed:
                if name.casefold() not in known:
                    raise ValueError(f"{name!r} is no holiday of {self.observed_country}: {_nearest_of(name, known)}")
        return self


def _holiday_names(country: str) -> dict[str, str]:
    import holidays  # noqa: PLC0415 - costs memory, and most owners name no holidays

    try:
        days = holidays.country_holidays(country, years=range(2020, 2041))
    except NotImplementedError:
        raise ValueError(f"{country!r} is no country of the holidays library; write US or another code") from None
    return {name.casefold(): name for day in days for name in days.get_list(day)}


def _nearest_of(name: str, known: dict[str, str]) -> str:
    near = get_close_matches(name.casefold(), known, n=1)
    return f"did you mean {known[near[0]]}?" if near else f"known are {', '.join(sorted(known.values()))}"


class Window(Value):
    clause: str
    callback_within: Span
    rate: SessionRate
    onsite_required: bool

    @field_validator("callback_within")
    @classmethod
    def _some_time(cls, span: timedelta) -> timedelta:
        if span <= timedelta(0):
            raise ValueError("a promise needs some time; write a span above 0s")
        return span


class ClockWindow(Window):
    """A window with its own edges; one that ends before it starts runs past midnight."""

    starts: TimeOfDay
    ends: TimeOfDay


class Windows(Value):
    support_hours: Window
    evening: ClockWindow
    overnight: ClockWindow
    other: Window


class Promise(Value):
    at_risk_before: Span
    at_risk_to: tuple[str, ...]
    at_risk_by: tuple[Channel, ...]
    breach_to: tuple[str, ...]
    breach_by: tuple[Channel, ...]
    realert_after_breach: Span
    resume_after_ack: Span

    @field_validator("realert_after_breach")
    @classmethod
    def _not_without_pause(cls, span: timedelta) -> timedelta:
        if span < timedelta(seconds=1):
            raise ValueError("alerts without a pause would flood a phone; write 1s or more")
        return span


class Callback(Value):
    attempts_that_count: Count
    attempts_apart: Span
    technician_rings_for: Ringing
    caller_rings_for: Ringing
    longest: TalkTime
    longest_stated: Span
    corrected_within: Span


class Dialing(Value):
    """Where callbacks may go. `kinds` are those of the phonenumbers library; spans count back from a call."""

    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...]
    kinds: tuple[NumberKind, ...]
    never: tuple[Annotated[str, Field(pattern=r"^\+[0-9]+$")], ...]
    never_exchanges: tuple[Annotated[str, Field(pattern="^[0-9]{3}$")], ...]
    per_number: Count
    per_number_within: Span
    per_night: Count
    per_night_within: Span


class AlertCall(Value):
    rings_for: Ringing
    waits_for_key: KeyWait


class Recordings(Value):
    keep_for: Span
    delete_at_provider: bool
    transcription: Literal["provider", "none"]


class Reconciler(Value):
    every: Pause
    looks_back: Span
    tells_after: Span


class Callers(Value):
    receipt: bool
    taken: bool
    status: bool
    passed_on: bool
    passed_on_every: Span
    texts: Annotated[int, Field(ge=0)]
    texts_within: Span
    answers: Annotated[int, Field(ge=0)]
    answers_within: Span
    answers_late: Span


class Canary(Value):
    at: tuple[TimeOfDay, ...]
    within: Pause


class Intake(Value):
    hang_up_below: Span
    absent_recording: Literal["page", "list"]
    clock_tolerance: Span


class Emergency(Value):
    more_than_percent: Share


class Product(Value):
    after_hours: Literal["page", "defer", "list"]
    due_after_opening: Span = timedelta(hours=2)
    supported: bool = True
    names: tuple[str, ...] = ()
    software_below: str | None = None


class Products(Value):
    emg: Product
    ucp: Product
    application: Product
    server: Product
    discontinued: Product
    unknown: Product


class Trunks(Value):
    certified: tuple[str, ...]
    best_effort_warning: Span


class TierThree(Value):
    name: str
    phone: str
    zone: Zone
    opens: TimeOfDay
    closes: TimeOfDay


class Bookings(Value):
    """Sessions booked ahead. `remind` counts back from the beginning of a slot, `ask_after` on from its end, and the
    others from its beginning."""

    outside: SessionRate
    longest: Lead
    ahead: Span
    remind: tuple[Lead, ...]
    dealer_texts: bool
    alert_after: Pause
    alert_by: Annotated[tuple[Channel, ...], Field(min_length=1)]
    managers_after: Pause
    give_up_after: Pause
    ask_after: Pause

    @model_validator(mode="after")
    def _in_turn(self) -> Self:
        if not self.alert_after <= self.managers_after <= self.give_up_after:
            raise ValueError("alert_after, managers_after and give_up_after come in this order")
        return self


class Limits(Value):
    texts: Count
    texts_within: Span
    calls: Count
    calls_within: Span
    summary_every: Span


class Step(Value):
    """One rung: whom to alert, by what, how long after the case was opened."""

    after: Span
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    by: Annotated[tuple[Channel, ...], Field(min_length=1)]
    at_least: Count = 1


class Ladder(Value):
    rounds: Count
    repeat_after: Span
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    emergency: Annotated[tuple[Step, ...], Field(min_length=1)]

    @field_validator("steps", "emergency")
    @classmethod
    def _upwards(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        for number, (lower, upper) in enumerate(pairwise(steps), start=2):
            if upper.after < lower.after:
                raise ValueError(f"step {number} comes before the step above it; order the steps by `after`")
        return steps


class Terms(Versioned):
    """The whole contract, one version of it; a case keeps the one that it began with."""

    zone: Zone
    hours: Hours
    windows: Windows
    promise: Promise
    callback: Callback
    dialing: Dialing
    alert_call: AlertCall
    recordings: Recordings
    reconciler: Reconciler
    callers: Callers
    canary: Canary
    intake: Intake
    emergency: Emergency
    products: Products
    trunks: Trunks
    tier_three: TierThree
    prepay: Prepay
    rates: Rates
    day_rates: DayRates
    server_installation: ServerInstallation
    credits: Credits
    bookings: Bookings
    invoices: Invoices
    limits: Limits
    ladder: Ladder
    phone: Phone
    spoken: Spoken

    def with_closures(self, closures: Sequence[date]) -> Terms:
        """These terms with more days that count as days without support hours (T3)."""
        days = tuple(sorted({*self.hours.closures, *closures}))
        return self.model_copy(update={"hours": self.hours.model_copy(update={"closures": days})})


@lru_cache(maxsize=8)  # it is frozen, and to read it takes as long as to take a voicemail
def read_terms(text: str, *, name: str, shipped: str) -> Terms:
    """The contract from an owner's file over the shipped one.

    Raises triage.policy.document.UnreadableDocument with the line of each fault.
    """
    return read_document(text, Terms, name=name, beneath=tomllib.loads(shipped))


def stored_terms(text: str, *, shipped: str) -> Terms:
    """The contract from its canonical text, whichever release stored it. What it says counts as it was written.

    For a key that its release did not have, the value that this one ships counts, never the owner's: the shipped value
    of an added key must leave open cases as they are. A key that decides about one is neither renamed nor dropped.
    """
    return stored_document(text, Terms, beneath=tomllib.loads(shipped))
