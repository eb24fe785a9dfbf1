"""Invoices in the forms of files: a documented CSV, and what QuickBooks Online and Xero import.

Columns are those of the programs' own templates. Who imports is asked how days are written: see `invoices.dates`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from triage.policy.invoicing import EXPENSES, MOST_LINES, Bill, Line, measured, work_in_words
from triage.policy.spreadsheet import as_cell, as_csv
from triage.policy.terms import Terms

CSV, QUICKBOOKS, XERO = "csv", "quickbooks", "xero"
FORM_WORDS = {CSV: "CSV", QUICKBOOKS: "QuickBooks Online", XERO: "Xero"}
ACCOUNTING = (QUICKBOOKS, XERO)
"""Forms that a program bills by: a run goes into one of them."""

CSV_COLUMNS = (
    "invoice",
    "invoice_date",
    "due_date",
    "dealer_code",
    "dealer_name",
    "line",
    "case",
    "session",
    "quarter",
    "work_date",
    "kind",
    "technician",
    "rate",
    "minutes_worked",
    "minutes_billed",
    "days_billed",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "taxable",
    "clauses",
    "arithmetic",
    "corrects",
)
QUICKBOOKS_COLUMNS = (
    "*InvoiceNo",
    "*Customer",
    "*InvoiceDate",
    "*DueDate",
    "Terms",
    "Location",
    "Memo",
    "Item(Product/Service)",
    "ItemDescription",
    "ItemQuantity",
    "ItemRate",
    "*ItemAmount",
    "Taxable",
    "TaxRate",
    "Service Date",
)
XERO_COLUMNS = (
    "*ContactName",
    "EmailAddress",
    "POAddressLine1",
    "POAddressLine2",
    "POAddressLine3",
    "POAddressLine4",
    "POCity",
    "PORegion",
    "POPostalCode",
    "POCountry",
    "*InvoiceNumber",
    "Reference",
    "*InvoiceDate",
    "*DueDate",
    "Total",
    "InventoryItemCode",
    "*Description",
    "*Quantity",
    "*UnitAmount",
    "Discount",
    "*AccountCode",
    "*TaxType",
    "TaxAmount",
    "TrackingName1",
    "TrackingOption1",
    "TrackingName2",
    "TrackingOption2",
    "Currency",
    "BrandingTheme",
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unfit:
    """An invoice that a program does not import, and why: it is entered there by hand."""

    number: str
    name: str
    total: Decimal
    reason: str


def as_file(form: str, bills: Sequence[Bill], terms: Terms) -> str:
    """The invoices of a run in one of the forms. The same invoices and terms give the same text.

    What a program cannot import is left out of its form: `unfit` names it.
    """
    if form == CSV:
        return as_csv((_csv_row(bill, line, terms) for bill in bills for line in bill.lines), CSV_COLUMNS)
    columns, row = _PROGRAMS[form]
    without = {each.number for each in unfit(form, bills)}
    taken = [bill for bill in bills if bill.number not in without]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for bill in taken:
        for line in charged(bill):
            writer.writerow({name: as_cell(value) for name, value in row(bill, line, terms).items()})
    return out.getvalue()


def unfit(form: str, bills: Sequence[Bill]) -> list[Unfit]:
    """The invoices that the program of a form does not import."""
    if form == CSV:
        return []
    found = ((bill, _why_unfit(form, bill)) for bill in bills)
    return [Unfit(bill.number, bill.name, bill.total, reason) for bill, reason in found if reason]


def charged(bill: Bill) -> Iterator[Line]:
    """The lines that accounting books. Those of nothing say what credits paid: they stand in the documented CSV."""
    return (line for line in bill.lines if line.amount)


def _why_unfit(form: str, bill: Bill) -> str | None:
    if bill.is_credit_note:
        return "a credit note: its import takes invoices only"
    if len(list(charged(bill))) > MOST_LINES:
        return f"more than {MOST_LINES} lines: {FORM_WORDS[form]} takes no more in one file"
    return None


def _csv_row(bill: Bill, line: Line, terms: Terms) -> Row:
    unit = measured(line, terms)
    return {
        "invoice": bill.number,
        "invoice_date": bill.issued_on,
        "due_date": bill.due_on,
        "dealer_code": bill.code,
        "dealer_name": bill.name,
        "line": line.number,
        "case": line.case,
        "session": line.session,
        "quarter": line.quarter,
        "work_date": line.worked_on,
        "kind": line.kind,
        "technician": line.technician,
        "rate": line.rate,
        "minutes_worked": line.minutes,
        "minutes_billed": line.billed_minutes,
        "days_billed": line.billed_days,
        "quantity": unit.quantity,
        "unit": unit.unit,
        "unit_price": unit.price,
        "amount": line.amount,
        "taxable": line.is_taxable,
        "clauses": line.clauses,
        "arithmetic": line.arithmetic,
        "corrects": bool(line.revision),
    }


def _quickbooks_row(bill: Bill, line: Line, terms: Terms) -> Row:
    """`Taxable` is Y or N; the tax itself is reckoned there."""
    unit = measured(line, terms)
    names = terms.invoices
    return {
        "*InvoiceNo": bill.number,
        "*Customer": bill.name,
        "*InvoiceDate": _day(bill.issued_on, terms),
        "*DueDate": _day(bill.due_on, terms),
        "Memo": f"Customer {bill.code}",
        "Item(Product/Service)": names.expenses_item if line.rate == EXPENSES else names.labour_item,
        "ItemDescription": _description(line, terms),
        "ItemQuantity": unit.quantity,
        "ItemRate": unit.price,
        "*ItemAmount": line.amount,
        "Taxable": "Y" if line.is_taxable else "N",
        "Service Date": _day(line.worked_on, terms),
    }


def _xero_row(bill: Bill, line: Line, terms: Terms) -> Row:
    unit = measured(line, terms)
    names = terms.invoices
    return {
        "*ContactName": bill.name,
        "*InvoiceNumber": bill.number,
        "Reference": f"Customer {bill.code}",
        "*InvoiceDate": _day(bill.issued_on, terms),
        "*DueDate": _day(bill.due_on, terms),
        "*Description": _description(line, terms),
        "*Quantity": unit.quantity,
        "*UnitAmount": unit.price,
        "*AccountCode": names.expenses_account if line.rate == EXPENSES else names.labour_account,
        "*TaxType": names.taxable_rate if line.is_taxable else names.exempt_rate,
        "Currency": "USD",
    }


_PROGRAMS: dict[str, tuple[tuple[str, ...], Callable[[Bill, Line, Terms], Row]]] = {
    QUICKBOOKS: (QUICKBOOKS_COLUMNS, _quickbooks_row),
    XERO: (XERO_COLUMNS, _xero_row),
}


def _description(line: Line, terms: Terms) -> str:
    """It begins with a word of ours: no spreadsheet takes it for a formula."""
    return f"{work_in_words(line)}, {_day(line.worked_on, terms)}: {line.arithmetic}"


def _day(on: date, terms: Terms) -> str:
    return f"{on:%m/%d/%Y}" if terms.invoices.dates == "mm/dd/yyyy" else f"{on:%d/%m/%Y}"
