"""What a session draws and what it costs: its billing lines, each with its arithmetic (R1 to R5, R7, C2, C5, C6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from triage.policy.day_pricing import Part, Spans, Spent, after, price_by_the_day, price_expenses
from triage.policy.fields import WindowName
from triage.policy.hours import window_terms
from triage.policy.ledger import Coverage
from triage.policy.pricing import hourly_rate, parts_in_words, price_minutes
from triage.policy.terms import ProductLine, Terms

NOT_BILLED = "not_billed"
"""The rate of a session that somebody decided not to bill (W6)."""


class Kind(StrEnum):
    """What sort of work a session is."""

    CALLBACK = "callback"  # the answer to a voicemail
    CALL = "call"
    EMAIL = "email"
    INSTALLATION = "installation"  # support of one by telephone or e-mail
    SERVER_INSTALLATION = "server_installation"  # on the dealer's own hardware (R7)
    REMOTE_DAY = "remote_day"
    ON_SITE_DAY = "on_site_day"


BY_THE_DAY = frozenset({Kind.SERVER_INSTALLATION, Kind.REMOTE_DAY, Kind.ON_SITE_DAY})
"""Kinds whose price depends on the dates that were worked, not on the minutes alone."""

_DRAW_CREDITS = frozenset({Kind.CALLBACK, Kind.CALL, Kind.EMAIL})  # C2 phone and e-mail
_NEVER_BY_CREDITS = frozenset({"server", "discontinued"})  # C2


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a session is priced by. `minutes` is all of it: measured and stated, rounded up together, once.

    Of a kind that is billed by the day also `spans`; `zone` is the clock of its site (R5), None for the contract's;
    `server` names the product that is installed (R7). `is_booked` where it was arranged ahead of time (E7).
    """

    kind: Kind
    window: WindowName
    product: ProductLine
    rate: str
    is_billable: bool
    minutes: int
    measured_s: int = 0
    stated_minutes: int | None = None
    spans: Spans = ()
    zone: str | None = None
    server: str | None = None
    is_booked: bool = False
    spent: tuple[Spent, ...] = ()

    @property
    def is_priced(self) -> bool:
        return self.minutes > 0 and self.is_billable and self.rate != NOT_BILLED


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """One line as it should stand: unique by `rule` for its session, or for its dealer and quarter."""

    rule: str
    rate: str
    minutes: int
    billed_minutes: int
    amount: Decimal
    clauses: tuple[str, ...]
    arithmetic: str
    billed_days: int = 0
    is_taxable: bool = True


def minutes_by_the_hour(work: Work, terms: Terms) -> int:
    """The minutes that are billed by time, and that lots may pay for: of a server's installation the first (R7)."""
    if not work.is_priced or work.kind not in BY_THE_DAY:
        return work.minutes if work.is_priced else 0
    rule = terms.server_installation
    is_by_time = work.kind is Kind.SERVER_INSTALLATION and work.server in rule.by_the_hour
    return min(work.minutes, _in_minutes(rule.by_the_hour_for)) if is_by_time else 0


def prepaid_minutes_for(work: Work, terms: Terms) -> int:
    """What prepaid hours would be billed for the work (R3); 0 where they do not pay for it (C5)."""
    is_paid = work.rate == "standard" or (work.rate == "after_hours" and terms.credits.prepaid_for_after_hours)
    minutes = minutes_by_the_hour(work, terms)
    return price_minutes("prepaid", minutes, terms).billed if minutes and is_paid else 0


def draws_credits(work: Work, terms: Terms) -> bool:
    """Whether credits pay for the work (C2)."""
    return (
        work.is_priced
        and work.kind in _DRAW_CREDITS
        and work.rate == "standard"
        and work.window in terms.credits.windows
        and work.product not in _NEVER_BY_CREDITS
    )


def lines_for(work: Work, coverage: Coverage | None, terms: Terms) -> list[PricedLine]:
    """The lines of a session; none where nothing is billed. `coverage` is None for a caller of no dealer."""
    if not work.is_priced:
        return []
    minutes = minutes_by_the_hour(work, terms)
    hourly = [_hourly_line(work, minutes, coverage, terms)] if minutes else []
    return [*hourly, *(_line_of(part, work) for part in _parts(work, minutes, terms))]


def overage_line(quarter: str, minutes: int, terms: Terms) -> list[PricedLine]:
    """What a dealer owes for what was over in a quarter (C6): each half hour begun of the sum (R6)."""
    if minutes <= 0:
        return []
    price = price_minutes(terms.credits.overage_rate, minutes, terms)
    return [
        PricedLine(
            rule=price.clause,
            rate=price.rate,
            minutes=minutes,
            billed_minutes=price.billed,
            amount=price.amount,
            clauses=("C6", price.clause),
            arithmetic=f"over the credits of {quarter}: {price.arithmetic}",
        )
    ]


def _parts(work: Work, minutes: int, terms: Terms) -> Iterator[Part]:
    """What is billed by the day once so many minutes were billed by time, and what is passed on."""
    if work.kind not in BY_THE_DAY:
        return
    is_on_site, cards = work.kind is Kind.ON_SITE_DAY, terms.day_rates
    if left := after(work.spans, timedelta(minutes=minutes)):
        zone = (work.zone if is_on_site else None) or terms.zone
        yield from price_by_the_day("on_site_day" if is_on_site else "remote_day", left, zone, terms)
    card = cards.on_site_day if is_on_site else cards.remote_day
    yield from price_expenses(work.spent, card.clause, cards.on_site_day.mileage)


def _line_of(part: Part, work: Work) -> PricedLine:
    """A part of a session by the day. Its clauses name the rule that calls for a day rate, then its own."""
    rule = {Kind.SERVER_INSTALLATION: "R7", Kind.REMOTE_DAY: "R4", Kind.ON_SITE_DAY: "R5"}[work.kind]
    is_by_day = part.price.unit == "day"
    return PricedLine(
        rule=part.rule,
        rate=part.price.rate,
        minutes=part.minutes,
        billed_minutes=0 if is_by_day else part.price.billed,
        billed_days=part.price.billed if is_by_day else 0,
        amount=part.price.amount,
        is_taxable=part.price.is_taxable,
        clauses=tuple(dict.fromkeys((rule, part.price.clause))),
        arithmetic=part.price.arithmetic,
    )


def _hourly_line(work: Work, minutes: int, coverage: Coverage | None, terms: Terms) -> PricedLine:
    price = price_minutes(work.rate, minutes, terms)
    head = parts_in_words(work.measured_s, work.stated_minutes)
    clauses = (*_why_by_the_hour(work, terms), price.clause)
    if minutes < work.minutes:
        head = f"the first {minutes} min of {work.minutes}: "
    if coverage is None or coverage.unpaid == minutes:
        billed, amount, arithmetic = price.billed, price.amount, price.arithmetic
    else:
        paid = coverage.prepaid + coverage.credit_minutes
        billed = price.billed - paid if coverage.unpaid else 0
        card = hourly_rate(work.rate, terms)
        amount = (card.price * billed / _in_minutes(card.per)).quantize(Decimal("0.01"))
        arithmetic = f"{minutes} min worked: {', '.join(_paid_in_words(coverage))}"
        if billed:
            arithmetic += (
                f"; {price.billed} min billed less {paid} paid: {billed} min"
                f" x {card.price:.2f} for {_in_minutes(card.per)} min = {amount:.2f} ({card.clause})"
            )
        clauses += tuple(_clauses_of(coverage))
    return PricedLine(
        rule=price.clause,
        rate=work.rate,
        minutes=minutes,
        billed_minutes=billed,
        amount=amount,
        clauses=clauses,
        arithmetic=head + arithmetic,
    )


def _why_by_the_hour(work: Work, terms: Terms) -> Iterator[str]:
    """The rules that call for the rate of an hourly line."""
    if work.kind is Kind.SERVER_INSTALLATION:
        yield "R7"
        return
    window = window_terms(work.window, terms)
    yield window.clause
    if work.kind is Kind.CALLBACK:
        yield "W6"
    elif work.is_booked and work.window != "support_hours":
        yield "E7"


def _paid_in_words(coverage: Coverage) -> Iterator[str]:
    if coverage.prepaid:
        yield f"{coverage.prepaid} min from prepaid hours (C5)"
    for lot, minutes in coverage.credits:
        yield f"{minutes} min from {lot_in_words(lot)} (C2)"
    if coverage.over:
        yield f"{coverage.over} min over the credits, billed with the quarter (C6)"


def _clauses_of(coverage: Coverage) -> Iterator[str]:
    if coverage.prepaid:
        yield "C5"
    if coverage.credits:
        yield "C2"
    if coverage.over:
        yield "C6"
    if coverage.unpaid:
        yield "E6"


def lot_in_words(lot: str) -> str:
    """What people call a lot."""
    kind, _, name = lot.partition(":")
    return {
        "prepaid": "prepaid hours",
        "earned": f"the credits of {name}",
        "training": "the training credits",
        "new": "the new dealer's credits",
        "corrected": "credits put right by hand",
        "over": f"what was over in {name}",
    }[kind]


def _in_minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
