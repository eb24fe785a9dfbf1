"""Sheets as a file for spreadsheet programs: the only home of XlsxWriter."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook

from triage.policy.spreadsheet import Sheet, as_cell

_THE_SAME_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - the file has no zone, and the same sheets give the same bytes
_LONGEST = 32_767  # characters that a cell takes
_WIDEST = 60


class Xlsx:
    """Writes workbooks."""

    def write(self, sheets: Sequence[Sheet]) -> bytes:
        """The sheets as the bytes of an XLSX file."""
        out = io.BytesIO()
        with Workbook(out, {"in_memory": True}) as book:
            book.set_properties({"created": _THE_SAME_TIME})
            formats = {
                "head": book.add_format({"bold": True}),
                "share": book.add_format({"num_format": "0.0%"}),
                "money": book.add_format({"num_format": "#,##0.00"}),
                "day": book.add_format({"num_format": "yyyy-mm-dd"}),
                "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            }
            for sheet in sheets:
                _fill(book.add_worksheet(sheet.name), sheet, formats)
        return out.getvalue()


def _fill(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    page.freeze_panes(1, 0)
    for column, name in enumerate(sheet.columns):
        page.write_string(0, column, name.replace("_", " "), formats["head"])
        shown = [name, *(as_cell(row[name]) for row in sheet.rows)]
        page.set_column(column, column, min(max(map(len, shown)) + 2, _WIDEST))
        for number, row in enumerate(sheet.rows, start=1):
            _put(page, number, column, row[name], formats, is_share=name.endswith("_share"))


def _put(page: Any, row: int, column: int, value: Any, formats: dict[str, Any], *, is_share: bool) -> None:
    match value:
        case None:
            pass
        case bool() | str() | list() | tuple():
            page.write_string(row, column, as_cell(value)[:_LONGEST])
        case datetime():
            page.write_datetime(row, column, value, formats["instant"])
        case date():
            page.write_datetime(row, column, value, formats["day"])
        case Decimal():
            page.write_number(row, column, value, formats["money"])
        case _:
            page.write_number(row, column, value, formats["share"] if is_share else None)
