"""Long lists in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

Item = TypeVar("Item")
A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`items` are those of this page, `first` is the number of the first of them, counted from one."""

    items: Sequence[Item]
    number: int
    last: int
    first: int
    count: int


def page_of(items: Sequence[Item]) -> Page[Item]:
    """The page that the address asks for by `page`; the nearest that there is."""
    last = max(-(-len(items) // A_PAGE), 1)
    number = min(max(request.args.get("page", 1, type=int), 1), last)
    start = (number - 1) * A_PAGE
    return Page(items[start : start + A_PAGE], number, last, start + 1, len(items))
