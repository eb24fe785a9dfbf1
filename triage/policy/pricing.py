"""What a session costs (rules R1 to R6). Exact decimal dollars, before tax; all labour is taxable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from triage.errors import Refused
from triage.policy.lengths import exactly
from triage.policy.money_terms import DayRate, HourlyRate
from triage.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One priced line. `arithmetic` lets a person check it by hand; `billed` counts minutes or days."""

    rate: str
    clause: str
    billed: int
    unit: str
    amount: Decimal
    arithmetic: str
    is_taxable: bool = True


def price_minutes(rate: str, minutes: int, terms: Terms) -> Price:
    """The price of so many minutes: the minimum first, then up to the next step, once.

    Raises Refused for a rate that is not billed by the hour, or for a negative length.
    """
    card = hourly_rate(rate, terms)
    if minutes < 0:
        raise Refused("a session cannot have negative minutes")
    if minutes == 0:
        return Price(
            rate=rate,
            clause=card.clause,
            billed=0,
            unit="min",
            amount=Decimal("0.00"),
            arithmetic="0 min worked, nothing billed",
        )
    step, least = _minutes(card.step), _minutes(card.minimum)
    billed = -(-max(minutes, least) // step) * step
    amount = (card.price * billed / _minutes(card.per)).quantize(Decimal("0.01"))
    return Price(
        rate=rate,
        clause=card.clause,
        billed=billed,
        unit="min",
        amount=amount,
        arithmetic=_in_words(minutes, billed, amount, card),
    )


def price_days(rate: str, days: int, terms: Terms) -> Price:
    """The price of so many days of remote or on-site work, the rate's minimum at least (R4, R5).

    Raises Refused for a rate that is not billed by the day, or for less than one day.
    """
    if rate not in type(terms.day_rates).model_fields:
        raise Refused(f"{rate} is not billed by the day; these are: {', '.join(type(terms.day_rates).model_fields)}")
    if days < 1:
        raise Refused("a day rate is billed from one day on")
    card: DayRate = getattr(terms.day_rates, rate)
    billed = max(days, card.minimum_days)
    amount = card.price * billed
    least = f" (at least {card.minimum_days})" if billed > days else ""
    return Price(
        rate=rate,
        clause=card.clause,
        billed=billed,
        unit="day",
        amount=amount,
        arithmetic=f"{days} d worked, {billed} d billed{least} x {card.price:.2f} = {amount:.2f} ({card.clause})",
    )


def hourly_rate(rate: str, terms: Terms) -> HourlyRate:
    """The card of a rate billed by time. Raises Refused for any other name."""
    if rate not in type(terms.rates).model_fields:
        raise Refused(f"{rate} is not billed by time; these are: {', '.join(type(terms.rates).model_fields)}")
    card: HourlyRate = getattr(terms.rates, rate)
    return card


def outlasts(measured_s: int, stated_minutes: int | None, *, since_message: timedelta) -> bool:
    """Whether somebody stated more work than there was time for since the message was left.

    Such a length is billed as it was stated, since nobody here knows better, and marked for whoever does.
    """
    return bool(stated_minutes) and timedelta(seconds=measured_s, minutes=stated_minutes or 0) > since_message


def parts_in_words(measured_s: int, stated_minutes: int | None) -> str:
    """How a length is put together, for the head of the arithmetic; empty where no call was measured."""
    if not measured_s:
        return ""
    measured = f"{exactly(measured_s)} measured"
    if stated_minutes:
        measured += f" + {stated_minutes} min stated = {exactly(measured_s + stated_minutes * 60)}"
    return f"{measured}, each minute begun counts: "


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60


def _in_words(minutes: int, billed: int, amount: Decimal, card: HourlyRate) -> str:
    step, least, per = _minutes(card.step), _minutes(card.minimum), _minutes(card.per)
    unit = "h" if per == 60 else f"{per} min"
    return (
        f"{minutes} min worked, at least {least}, up to the next {step}: {billed} min"
        f" x {card.price:.2f}/{unit} = {amount:.2f} ({card.clause})"
    )
