"""What a session draws and what it costs: its billing lines, each with its arithmetic (R1 to R3, C2, C5, C6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from triage.policy.hours import window_terms
from triage.policy.ledger import Coverage
from triage.policy.pricing import hourly_rate, parts_in_words, price_minutes
from triage.policy.terms import HourlyRate, ProductLine, Terms, WindowName

NOT_BILLED = "not_billed"
"""The rate of a session that somebody decided not to bill (W6)."""


class Kind(StrEnum):
    """What sort of work a session is."""

    CALLBACK = "callback"  # the answer to a voicemail
    CALL = "call"
    EMAIL = "email"


_DRAW_CREDITS = frozenset({Kind.CALLBACK, Kind.CALL, Kind.EMAIL})  # C2 phone and e-mail
_NEVER_BY_CREDITS = frozenset({"server", "discontinued"})  # C2


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a session is priced by. `minutes` is all of it: measured and stated, rounded up together, once."""

    kind: Kind
    window: WindowName
    product: ProductLine
    rate: str
    is_billable: bool
    minutes: int
    measured_s: int = 0
    stated_minutes: int | None = None

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


def prepaid_minutes_for(work: Work, terms: Terms) -> int:
    """What prepaid hours would be billed for all of the work (R3); 0 where they do not pay for it (C5)."""
    is_paid = work.rate == "standard" or (work.rate == "after_hours" and terms.credits.prepaid_for_after_hours)
    return price_minutes("prepaid", work.minutes, terms).billed if work.is_priced and is_paid else 0


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
    return [_hourly_line(work, coverage, terms)] if work.is_priced else []


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


def _hourly_line(work: Work, coverage: Coverage | None, terms: Terms) -> PricedLine:
    price = price_minutes(work.rate, work.minutes, terms)
    head = parts_in_words(work.measured_s, work.stated_minutes)
    clauses = (window_terms(work.window, terms).clause, *(("W6",) if work.kind is Kind.CALLBACK else ()), price.clause)
    if coverage is None or coverage.unpaid == work.minutes:
        billed, amount, arithmetic = price.billed, price.amount, price.arithmetic
    else:
        paid = coverage.prepaid + coverage.credit_minutes
        billed = price.billed - paid if coverage.unpaid else 0
        card = hourly_rate(work.rate, terms)
        amount = (card.price * billed / _minutes(card)).quantize(Decimal("0.01"))
        arithmetic = f"{work.minutes} min worked: {', '.join(_paid_in_words(coverage))}"
        if billed:
            arithmetic += (
                f"; {price.billed} min billed less {paid} paid: {billed} min"
                f" x {card.price:.2f} for {_minutes(card)} min = {amount:.2f} ({card.clause})"
            )
        clauses += tuple(_clauses_of(coverage))
    return PricedLine(
        rule=price.clause,
        rate=work.rate,
        minutes=work.minutes,
        billed_minutes=billed,
        amount=amount,
        clauses=clauses,
        arithmetic=head + arithmetic,
    )


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


def _minutes(card: HourlyRate) -> int:
    return int(card.per.total_seconds()) // 60
