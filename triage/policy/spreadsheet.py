"""Rows for a spreadsheet: cells as text, and CSV that no program takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from triage.policy.written import plain

_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\0")
"""The escapes are the wide forms of the first four: some spreadsheets take them for the same."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows beneath the names of their columns, for a program that knows numbers and days.

    An instant is a naive wall-clock time here: spreadsheets know no zones.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]


def as_csv(rows: Iterable[dict[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Rows beneath the names of their columns; the first row's, in its order, where none are given."""
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=columns or (list(rows[0]) if rows else []), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def as_cell(value: Any) -> str:
    """A value as the text of one cell, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value)
    text = value if isinstance(value, str) else plain(value)
    return "".join(char if char.isprintable() else " " for char in text)


def _cell(value: Any) -> str:
    """A number is ours, and stays one that can be added up, also below zero."""
    cell = as_cell(value)
    return cell if isinstance(value, int | float | Decimal) else spreadsheet_safe(cell)


def spreadsheet_safe(cell: str) -> str:
    """A cell that a spreadsheet cannot take for a formula: a caller may have chosen its first character."""
    return f"'{cell}" if is_formula(cell) else cell


def as_written(cell: str) -> str:
    """What stands in a cell of a file that somebody hands in, without the mark that `spreadsheet_safe` sets."""
    cell = cell.strip()
    return cell[1:].strip() if cell.startswith("'") and is_formula(cell[1:]) else cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take it for a formula."""
    return cell.lstrip(" ").startswith(_FORMULA_STARTS)
