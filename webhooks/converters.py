"""What parts of an address mean: a row's number, a dealer's code."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import BaseConverter, IntegerConverter, Map

_TAKEN = {"import", "new", ".", ".."}
"""What an address of ours, or a browser, takes for something else."""
_SLASH, _MARK = "~", "~~"
"""No code has this character."""


class RowNumber(IntegerConverter):
    """A number that a row may have: larger ones do not fit the column, so there is no such address."""

    def __init__(self, url_map: Map, **given: Any) -> None:
        super().__init__(url_map, **{"max": 2**31 - 1, **given})


class DealerCode(BaseConverter):
    """What accounting calls a dealer, though some of it may mean something in an address.

    `A/7` stands as `A~7`, and a code that is a word of our addresses behind a mark: `~~import`.
    """

    def to_python(self, value: str) -> str:
        if value.startswith(_MARK) and value.removeprefix(_MARK) in _TAKEN:
            return value.removeprefix(_MARK)
        return value.replace(_SLASH, "/")

    def to_url(self, value: str) -> str:
        return super().to_url(f"{_MARK}{value}" if value in _TAKEN else value.replace("/", _SLASH))


CONVERTERS: dict[str, type[BaseConverter]] = {"int": RowNumber, "dealer": DealerCode}
