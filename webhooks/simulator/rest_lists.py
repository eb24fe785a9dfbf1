"""Lists in Twilio's manner: filters in the query, newest first, in pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from flask import request

from webhooks.simulator.faults import Refused
from webhooks.simulator.rest_shapes import Json

Record = TypeVar("Record")
PAGING = {"Page", "PageSize", "PageToken"}
LARGEST_PAGE = 1000


def page_of(
    name: str,
    path: str,
    records: Sequence[Record],
    sid: Callable[[Record], str],
    shape: Callable[[Record], Json],
) -> Json:
    """The page that the query asks for, out of records oldest first; a token keeps its place."""
    size = min(max(_whole("PageSize", 50), 1), LARGEST_PAGE)
    newest_first = list(reversed(records))
    token = request.args.get("PageToken", "").removeprefix("PA")
    start = next((place + 1 for place, record in enumerate(newest_first) if sid(record) == token), 0)
    if not token:
        start = _whole("Page", 0) * size
    shown = newest_first[start : start + size]
    number = _whole("Page", 0)
    more = start + size < len(newest_first)
    return {
        name: [shape(record) for record in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": request.full_path.rstrip("?"),
        "first_page_uri": _uri(path, size, 0, None),
        "next_page_uri": _uri(path, size, number + 1, sid(shown[-1])) if more else None,
        "previous_page_uri": _uri(path, size, number - 1, None) if number else None,
    }


def value_filter(name: str) -> Callable[[str | None], bool]:
    """Whether a value is the one that the query asks for under this name; each is where it asks for none."""
    asked = request.args.get(name)
    return lambda value: not asked or value == asked


def time_filter(name: str) -> Callable[[datetime], bool]:
    """Whether an instant fits the query's `name` (that day in GMT), `name<` and `name>`; both ends count."""
    on, until, since = (_when(request.args.get(name + sign)) for sign in ("", "<", ">"))
    if not (on or until or since):
        return lambda _: True

    def fits(at: datetime) -> bool:
        whole = at.astimezone(UTC).replace(microsecond=0)
        return (
            (on is None or whole.date() == on.date())
            and (until is None or whole <= until)
            and (since is None or whole >= since)
        )

    return fits


def _when(value: str | None) -> datetime | None:
    """An instant, or midnight in GMT of a date."""
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise Refused(20001, f"{value} is neither a date nor an instant") from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _whole(name: str, default: int) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isdigit() else default


def _uri(path: str, size: int, number: int, last_sid: str | None) -> str:
    query = {key: value for key, value in request.args.items() if key not in PAGING}
    query |= {"PageSize": str(size), "Page": str(number)}
    if last_sid:
        query["PageToken"] = f"PA{last_sid}"
    return f"{path}?{urlencode(query)}"
