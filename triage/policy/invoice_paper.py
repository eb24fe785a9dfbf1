"""An invoice on paper: what is owed, by when, and each line with the arithmetic and the clauses it follows from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from triage.policy.invoicing import Bill, Line, work_in_words
from triage.policy.paper import Facts, Heading, Paper, Table, Words
from triage.policy.term_words import RATE_WORDS
from triage.policy.terms import Terms

_HEADS = ("", "Work", "On", "Rate", "Arithmetic", "Before tax")
_SHARES = (0.05, 0.17, 0.12, 0.13, 0.4, 0.13)


def invoice_paper(bill: Bill, terms: Terms, names: Mapping[str, str]) -> Paper:
    """An invoice as a paper; technicians by the names given."""
    title = f"{'Credit note' if bill.is_credit_note else 'Invoice'} {bill.number}"
    return Paper(
        title=title,
        verdict=verdict(bill),
        running=f"afterhours, {title}: {bill.name}",
        foot=f"Days are those of the wall clock of the contract ({terms.zone}). Amounts are US dollars before tax.",
        parts=(
            Facts(
                (
                    ("For", bill.name),
                    ("Customer number", bill.code),
                    ("Date", in_words(bill.issued_on)),
                    *([] if bill.is_credit_note else [("Due", in_words(bill.due_on))]),
                )
            ),
            Heading("Lines"),
            Table(_HEADS, _SHARES, tuple(_row(line, names) for line in bill.lines)),
            Words(f"Total before tax: {dollars(bill.total)}."),
        ),
    )


def verdict(bill: Bill) -> str:
    """`$371.25 before tax, due December 23, 2026.`"""
    if bill.is_credit_note:
        return f"{dollars(-bill.total)} before tax are credited."
    return f"{dollars(bill.total)} before tax, due {in_words(bill.due_on)}."


def dollars(amount: Decimal) -> str:
    """`$1,980.00`, `-$82.50`."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def in_words(on: date) -> str:
    return f"{on:%B} {on.day}, {on.year}"


def _row(line: Line, names: Mapping[str, str]) -> tuple[str, ...]:
    who = names.get(line.technician or "", line.technician or "")
    return (
        str(line.number),
        f"{work_in_words(line)}\n{who}" if who else work_in_words(line),
        f"{line.worked_on:%b} {line.worked_on.day}, {line.worked_on.year}",
        RATE_WORDS.get(line.rate, line.rate.replace("_", " ")),
        f"{line.arithmetic}\n{' '.join(line.clauses)}",
        f"{dollars(line.amount)}{'' if line.is_taxable else chr(10) + 'not taxable'}",
    )
