"""Work that is billed by the day, and what a visit costs besides: R4, R5, and the rest of R7.

A day is a date of the day rate's own clock on which anybody worked between its hours: Eastern ones for remote work, the
site's for work on site. Whatever lies outside these hours is billed by time, once for the whole session.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from triage.policy.invoicing import EXPENSES
from triage.policy.lengths import billed_minutes
from triage.policy.money_terms import DayRate
from triage.policy.pricing import Price, price_days, price_minutes
from triage.policy.terms import Terms

Spans = Sequence[tuple[datetime, datetime]]
"""When somebody worked: [start, end) each, aware, in order, none over another."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What is passed on (R5): an amount as it was typed, or `miles`."""

    words: str
    amount: Decimal
    miles: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One priced part of a session. `rule` is its own among the session's lines; `minutes` is what was worked of it."""

    rule: str
    minutes: int
    price: Price


def length(spans: Spans) -> timedelta:
    """The time that passed in all spans together, whatever clocks showed."""
    return sum((end.astimezone(UTC) - start.astimezone(UTC) for start, end in spans), timedelta())


def after(spans: Spans, done: timedelta) -> Spans:
    """What is left of the spans once so much time of them has passed."""
    left = []
    for start, end in ((start.astimezone(UTC), end.astimezone(UTC)) for start, end in spans):
        skipped = min(done, end - start)
        done -= skipped
        if start + skipped < end:
            left.append((start + skipped, end))
    return left


def price_by_the_day(rate: str, spans: Spans, zone: str, terms: Terms) -> list[Part]:
    """The days between the hours of a day rate, and the time outside of them (R4, R5). `zone` is where its clock is."""
    card: DayRate = getattr(terms.day_rates, rate)
    days, inside = _between(spans, card, ZoneInfo(zone))
    worked = billed_minutes(length(spans))
    outside = billed_minutes(length(spans) - inside)
    price = price_days(rate, max(len(days), 1), terms)
    hours = f"{card.starts:%H:%M} to {card.ends:%H:%M}"
    if days:
        told = f"{_in_words(days)}: {price.arithmetic}"
    else:
        sum_of_it = f"{price.billed} d x {card.price:.2f} = {price.amount:.2f} ({card.clause})"
        told = f"nothing worked from {hours}, at least {card.minimum_days} d billed: {sum_of_it}"
    parts = [Part(rule=card.clause, minutes=worked - outside, price=replace(price, arithmetic=told))]
    if outside:
        price = price_minutes(card.outside, outside, terms)
        told = f"outside {hours}: {price.arithmetic}"
        parts.append(Part(rule=f"{card.clause}-{price.clause}", minutes=outside, price=replace(price, arithmetic=told)))
    return parts


def price_expenses(spent: Sequence[Spent], clause: str, mileage: Decimal) -> Iterator[Part]:
    """What is passed on, as it was spent, and the miles at `mileage` each (R5). It is no labour: not taxable."""
    typed = [each for each in spent if each.miles is None]
    driven = [each for each in spent if each.miles]
    miles = sum(each.miles or 0 for each in driven)
    if typed:
        amount = sum((each.amount for each in typed), Decimal("0.00"))
        told = " + ".join(f"{each.words} {each.amount:.2f}" for each in typed)
        yield _passed_on(f"{clause}-E", clause, amount, told if len(typed) == 1 else f"{told} = {amount:.2f}")
    if miles:
        amount = mileage * miles
        what_for = ", ".join(each.words for each in driven)
        yield _passed_on(f"{clause}-M", clause, amount, f"{what_for}: {miles} miles x {mileage:.2f} = {amount:.2f}")


def _passed_on(rule: str, clause: str, amount: Decimal, told: str) -> Part:
    price = Price(
        rate=EXPENSES,
        clause=clause,
        billed=0,
        unit="min",
        amount=amount,
        arithmetic=f"{told} ({clause})",
        is_taxable=False,
    )
    return Part(rule=rule, minutes=0, price=price)


def _between(spans: Spans, card: DayRate, zone: ZoneInfo) -> tuple[list[date], timedelta]:
    """The dates with work between the hours of a day rate, and how much of it there was."""
    found: dict[date, timedelta] = {}
    for start, end in spans:
        day = start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            opens, closes = (datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in (card.starts, card.ends))
            inside = min(end.astimezone(UTC), closes) - max(start.astimezone(UTC), opens)
            if inside > timedelta():
                found[day] = found.get(day, timedelta()) + inside
            day += timedelta(days=1)
    return sorted(found), sum(found.values(), timedelta())


def _in_words(days: Sequence[date]) -> str:
    if len(days) <= 3:
        return ", ".join(map(str, days))
    return f"{len(days)} days from {days[0]} to {days[-1]}"
