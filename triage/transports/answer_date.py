"""The clock of whoever answers a request: the `Date` of its answer."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime


def date_of(header: str | None) -> datetime | None:
    """The instant, aware, to the second; None where there is no header, or it is not one of RFC 9110."""
    try:
        told = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return told if told.tzinfo is not None else None
