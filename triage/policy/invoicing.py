"""Invoices as values: which lines make which, their numbers, and each line as so many units at a price.

All amounts are exact US dollars before tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from triage.policy.terms import Terms

EXPENSES = "expenses"
"""The rate of a line that passes on what a visit cost (R5)."""

MOST_INVOICES = 100
MOST_LINES = 999
"""Of one run, so that its file fits QuickBooks: it takes 100 invoices and 1,000 rows, one of them the names."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A billing line. `number` is its place on its invoice, counted from 1; 0 while it is on none.

    `case` is the reference of its case; `session` is None for a line of a quarter. `worked_on` is the day on the
    contract's clock on which the work began, of a quarter its last one. `revision` is above 0 for what corrects an
    earlier line.
    """

    id: int
    number: int = 0
    case: str | None
    session: int | None
    quarter: str | None
    worked_on: date
    kind: str
    technician: str | None
    rate: str
    minutes: int
    billed_minutes: int
    billed_days: int
    amount: Decimal
    is_taxable: bool
    clauses: tuple[str, ...]
    arithmetic: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An invoice with its lines in their order; `code` and `name` are the dealer's. Days are the contract's."""

    number: str
    issued_on: date
    due_on: date
    code: str
    name: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return total_of(self.lines)

    @property
    def is_credit_note(self) -> bool:
        return self.total < 0


@dataclass(frozen=True, slots=True)
class Measured:
    """`quantity` times `price` is the amount of the line, exactly. `unit` is what is counted, such as `h`."""

    quantity: Decimal
    unit: str
    price: Decimal


def total_of(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal("0.00"))


def owes_something(of_something: int) -> bool:
    """Whether lines make an invoice, by how many of them are of something: lines of nothing wait for one that is."""
    return of_something > 0


def due_on(issued_on: date, terms: Terms) -> date:
    return issued_on + terms.invoices.due_after


def number_after(newest: str | None, year: int) -> str:
    """The number that follows the newest of a year: `2026-0001` where there is none."""
    return f"{year}-{int(newest.partition('-')[2]) + 1 if newest else 1:04d}"


def in_runs(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Invoices put into runs that fit the programs of accounting: of (key, number of lines), the keys of each run.

    An invoice that is too long for any file is a run of its own.
    """
    run: list[int] = []
    lines = 0
    for key, size in sizes:
        if run and (len(run) == MOST_INVOICES or lines + size > MOST_LINES):
            yield run
            run, lines = [], 0
        run.append(key)
        lines += size
    if run:
        yield run


def measured(line: Line, terms: Terms) -> Measured:
    """A line as units at a price. Where that would not come to its amount to the cent, it is one piece."""
    if line.billed_days:
        found = _times(line.amount, Decimal(line.billed_days), "day")
    else:
        minutes, unit = _unit(line.rate, terms)
        found = _times(line.amount, Decimal(line.billed_minutes) / minutes, unit) if line.billed_minutes else None
    return found or Measured(Decimal("1.00"), "each", line.amount)


def work_in_words(line: Line) -> str:
    """What a line is about: `Case 1001`, `Quarter 2026-Q3`."""
    about = f"Quarter {line.quarter}" if line.quarter else f"Case {line.case}" if line.case else f"Work {line.session}"
    return f"{about}, corrected" if line.revision else about


def _unit(rate: str, terms: Terms) -> tuple[int, str]:
    """How many minutes the price of a rate is for, by the contract in force, and what people call them."""
    card = getattr(terms.rates, rate, None)
    minutes = int(card.per.total_seconds()) // 60 if card is not None else 60
    return minutes, "h" if minutes == 60 else f"{minutes} min"


def _times(amount: Decimal, quantity: Decimal, unit: str) -> Measured | None:
    """So many units at their price; None where either has more than two places, or the price is below zero."""
    price = (amount / quantity).quantize(_CENT)
    is_exact = quantity == quantity.quantize(_CENT) and price * quantity == amount
    return Measured(quantity.quantize(_CENT), unit, price) if is_exact and price > 0 else None
