"""Invoices as files: each form byte by byte, every cent of every line, and what a program does not import."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.invoice_files import FORM_WORDS, as_file, unfit
from triage.policy.invoice_paper import invoice_paper
from triage.policy.invoicing import MOST_LINES, Bill, Line, in_runs, measured, number_after
from triage.policy.paper import Facts, Table
from triage.policy.pricing import price_minutes
from triage.policy.terms import Terms

GOLDEN = Path(__file__).with_name("invoices")
AMOUNT = {"csv": "amount", "quickbooks": "*ItemAmount", "xero": None}
COUNTED = {
    "csv": ("quantity", "unit_price"),
    "quickbooks": ("ItemQuantity", "ItemRate"),
    "xero": ("*Quantity", "*UnitAmount"),
}


def line(amount: str, **changes: Any) -> Line:
    values: dict[str, Any] = {
        "id": 1,
        "number": 1,
        "case": "1001",
        "session": 1,
        "quarter": None,
        "worked_on": date(2026, 9, 18),
        "kind": "callback",
        "technician": "lee",
        "rate": "standard",
        "minutes": 46,
        "billed_minutes": 60,
        "billed_days": 0,
        "is_taxable": True,
        "clauses": ("W2", "W6", "R2"),
        "arithmetic": f"46 min worked, at least 30, up to the next 15: 60 min x 165.00/h = {amount} (R2)",
        "revision": 0,
    }
    return Line(amount=Decimal(amount), **{**values, **changes})


def bill(*lines: Line, number: str = "2026-0001", **changes: Any) -> Bill:
    values = {"issued_on": date(2026, 10, 1), "due_on": date(2026, 10, 31), "code": "C100", "name": "Acme"}
    return Bill(number=number, lines=lines, **{**values, **changes})


QUARTER = {
    "case": None, "session": None, "quarter": "2026-Q3", "kind": "quarter", "technician": None,
    "worked_on": date(2026, 9, 30),
}  # fmt: skip
MONTH = (
    bill(
        line("165.00"),
        line(
            "371.25", number=2, case="1002", session=2, rate="after_hours", minutes=61, billed_minutes=90,
            clauses=("W3", "W6", "R1"),
            arithmetic="61 min worked, at least 60, up to the next 30: 90 min x 247.50/h = 371.25 (R1)",
        ),
        line(
            "0.00", number=3, case=None, session=3, kind="call", minutes=20, billed_minutes=0,
            clauses=("W1", "R2", "C2"), arithmetic="20 min worked: 20 min from the credits of 2026-Q3 (C2)",
        ),
        line(
            "104.50", number=4, case=None, session=4, kind="email", minutes=45, billed_minutes=38,
            arithmetic="45 min worked: 7 min from prepaid hours (C5); 45 min billed less 7 paid: 38 min",
        ),
        line(
            "412.50", number=5, rate="credit_overage", minutes=140, billed_minutes=150, clauses=("C6", "R6"),
            arithmetic="over the credits of 2026-Q3: 140 min worked: 150 min x 82.50/30 min = 412.50 (R6)", **QUARTER,
        ),
    ),
    bill(
        line(
            "3550.00", case=None, session=5, kind="on_site", rate="on_site_day", minutes=0, billed_minutes=0,
            billed_days=2, clauses=("R5",), arithmetic="1 d worked, 2 d billed (at least 2) x 1775.00 = 3550.00 (R5)",
        ),
        line(
            "61.64", number=2, case=None, session=5, kind="on_site", rate="expenses", minutes=0, billed_minutes=0,
            is_taxable=False, clauses=("R5",), arithmetic="=92 miles",
        ),
        line(
            "-82.50", number=3, case="1003", session=6, minutes=-15, billed_minutes=-30, revision=1,
            arithmetic="put right: 30 min; less 165.00 on an invoice = -82.50",
        ),
        number="2026-0002", code="C200", name='Müller, "Best" Phones',
    ),
    bill(
        line("-165.00", case="1004", session=7, minutes=-46, billed_minutes=-60, revision=1, arithmetic="put right"),
        number="2026-0003", code="C300", name="Bell",
    ),
)  # fmt: skip
"""Every sort of line: by the hour, by the day, paid by credits, in part by prepaid hours, over the credits, passed on,
corrected; a credit note; a name that needs quoting."""


@pytest.mark.parametrize("form", FORM_WORDS)
def test_a_file_is_what_it_is_promised_to_be_byte_by_byte(form: str, terms: Terms) -> None:
    assert as_file(form, MONTH, terms).encode() == (GOLDEN / f"{form}.csv").read_bytes()


def test_a_credit_note_and_a_file_that_is_too_long_are_named_and_left_to_hand(terms: Terms) -> None:
    long = bill(*[line("165.00", number=number) for number in range(1, MOST_LINES + 2)], number="2026-0009")

    found = unfit("quickbooks", [*MONTH, long])

    assert [(each.number, each.total, each.reason) for each in found] == [
        ("2026-0003", Decimal("-165.00"), "a credit note: its import takes invoices only"),
        ("2026-0009", Decimal("165000.00"), "more than 999 lines: QuickBooks Online takes no more in one file"),
    ]
    assert "2026-0009" not in as_file("quickbooks", [long], terms)
    assert unfit("csv", [long]) == []


def test_days_are_written_as_accounting_writes_them(contract: Callable[[str], Terms]) -> None:
    text = as_file("xero", MONTH[:1], contract('invoices.dates = "dd/mm/yyyy"'))

    assert "01/10/2026,31/10/2026" in text
    assert "18/09/2026: 46 min worked" in text


cents = st.integers(-10_000_000, 10_000_000).map(lambda count: Decimal(count) / 100)
lines = st.builds(
    lambda amount, minutes, days, rate: line(f"{amount:.2f}", billed_minutes=minutes, billed_days=days, rate=rate),
    cents,
    st.integers(-600, 6000),
    st.sampled_from([0, 0, 0, 1, 2, 7]),
    st.sampled_from(["standard", "after_hours", "credit_overage", "expenses", "remote_day"]),
)


@given(st.lists(st.lists(lines, max_size=8), max_size=5))
def test_rows_come_to_the_cent_to_what_the_lines_come_to(terms: Terms, found: list[list[Line]]) -> None:
    bills = [bill(*each, number=f"2026-{number:04}") for number, each in enumerate(found, start=1)]
    for form in FORM_WORDS:
        rows = list(csv.DictReader(io.StringIO(as_file(form, bills, terms), newline="")))
        left_out = sum((each.total for each in unfit(form, bills)), Decimal(0))
        quantity, price = COUNTED[form]

        amounts = [Decimal(row[quantity]) * Decimal(row[price]) for row in rows]

        assert sum(amounts, Decimal(0)) == sum((each.total for each in bills), Decimal(0)) - left_out
        if said := AMOUNT[form]:
            assert [Decimal(row[said]) for row in rows] == amounts


@given(st.integers(1, 10_000), st.sampled_from(["standard", "after_hours", "credit_overage"]))
def test_work_that_is_billed_whole_is_told_at_its_rate(terms: Terms, minutes: int, rate: str) -> None:
    price = price_minutes(rate, minutes, terms)

    unit = measured(line(f"{price.amount}", billed_minutes=price.billed, rate=rate), terms)

    assert unit.price == getattr(terms.rates, rate).price
    assert unit.quantity * unit.price == price.amount


@given(st.lists(st.integers(1, 1500), max_size=300))
def test_runs_hold_every_invoice_once_and_no_more_than_a_file_takes(sizes: list[int]) -> None:
    runs = list(in_runs(list(enumerate(sizes))))

    assert [key for run in runs for key in run] == list(range(len(sizes)))
    for run in runs:
        assert len(run) <= 100
        assert len(run) == 1 or sum(sizes[key] for key in run) <= MOST_LINES


def test_numbers_go_on_past_four_digits() -> None:
    assert [number_after(newest, 2026) for newest in (None, "2026-0001", "2026-9999", "2026-10000")] == [
        "2026-0001", "2026-0002", "2026-10000", "2026-10001",
    ]  # fmt: skip


def test_paper_has_every_line_with_its_arithmetic(terms: Terms) -> None:
    paper = invoice_paper(MONTH[0], terms, {"lee": "Lee Okafor"})

    assert (paper.title, paper.verdict) == ("Invoice 2026-0001", "$1,053.25 before tax, due October 31, 2026.")
    [table] = [part for part in paper.parts if isinstance(part, Table)]
    assert table.rows[1] == (
        "2", "Case 1002\nLee Okafor", "Sep 18, 2026", "after-hours rate",
        "61 min worked, at least 60, up to the next 30: 90 min x 247.50/h = 371.25 (R1)\nW3 W6 R1", "$371.25",
    )  # fmt: skip
    assert table.rows[4][1] == "Quarter 2026-Q3"
    credit = invoice_paper(MONTH[2], terms, {})
    assert credit.verdict == "$165.00 before tax are credited."
    [facts] = [part for part in credit.parts if isinstance(part, Facts)]
    assert [name for name, _ in facts.rows] == ["For", "Customer number", "Date"]
