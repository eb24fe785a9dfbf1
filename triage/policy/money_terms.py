"""The money side of the contract as frozen values: rates, day rates, credits, invoices. See terms.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from triage.policy.fields import Count, Money, Span, TimeOfDay, Value, WindowName

RateName = Literal["after_hours", "standard", "prepaid", "credit_overage"]
PurchaseKind = Literal["hardware", "licence", "prepaid", "training", "other"]
SessionRate = Literal["after_hours", "standard"]


class Prepay(Value):
    purchases_below: Money
    previous_year: Span


class HourlyRate(Value):
    """`price` for each `per`; billed in whole `step`s, `minimum` at least."""

    clause: str
    price: Money
    per: Span
    step: Span
    minimum: Span

    @model_validator(mode="after")
    def _whole_minutes(self) -> Self:
        for name in ("per", "step", "minimum"):
            span: timedelta = getattr(self, name)
            if span < timedelta(minutes=1) or span.total_seconds() % 60:
                raise ValueError(f"{name} is counted in whole minutes, one at least")
        return self


class DayRate(Value):
    clause: str
    price: Money
    minimum_days: Count
    starts: TimeOfDay
    ends: TimeOfDay
    outside: SessionRate
    expenses: bool


class OnSiteDay(DayRate):
    """`mileage` is the price of a mile."""

    mileage: Money


class Rates(Value):
    after_hours: HourlyRate
    standard: HourlyRate
    prepaid: HourlyRate
    credit_overage: HourlyRate


class DayRates(Value):
    remote_day: DayRate
    on_site_day: OnSiteDay


class ServerInstallation(Value):
    by_the_hour: tuple[str, ...]
    by_the_hour_for: Span
    by_the_day: tuple[str, ...]


class Credits(Value):
    purchases_per_hour: Money
    purchases: tuple[PurchaseKind, ...]
    windows: tuple[WindowName, ...]
    roll_over: bool
    new_dealer: Span
    new_dealer_ends: Literal["quarter", "never"]
    training: Span
    training_valid_days: Count
    prepaid_before_credits: bool
    prepaid_for_after_hours: bool
    overage_rate: RateName
    borrow_per_year: Annotated[int, Field(ge=0)]


AccountingName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]


class Invoices(Value):
    """How long dealers have to pay, and what accounting calls things: see the forms in MANAGERS.md."""

    due_after: Span
    dates: Literal["mm/dd/yyyy", "dd/mm/yyyy"]
    labour_item: AccountingName
    expenses_item: AccountingName
    labour_account: AccountingName
    expenses_account: AccountingName
    taxable_rate: AccountingName
    exempt_rate: AccountingName

    @field_validator("due_after")
    @classmethod
    def _whole_days(cls, span: timedelta) -> timedelta:
        if span % timedelta(days=1):
            raise ValueError("an invoice is due so many days after its own; write it like 30d")
        return span
