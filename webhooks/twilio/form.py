"""Reading Twilio's fields: strict about what we use, blind to what we do not know.

Every function raises AnomalousRequest with the field's name and the form that it should have. Where a request is
worth keeping without a field, `readable` leaves that field out instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import structlog
from flask import request

from triage.errors import AnomalousRequest
from triage.policy.twilio_words import telephone_number

log = structlog.get_logger()

Value = TypeVar("Value")

_LONGEST_STATUS = 30
_EARLIEST, _LATEST = 2000, 2200
_LONGEST_DURATION = 86_400


def readable(read: Callable[[str], Value | None], field: str) -> Value | None:
    """What a field says that is of use, but not needed; None where it cannot be read. The phone system's own list
    makes up for it."""
    try:
        return read(field)
    except AnomalousRequest as error:
        log.warning("field_left_out", field=field, reason=str(error))
        return None


def sid(field: str, *prefixes: str) -> str:
    """A SID of one of these kinds, such as CA and 32 hexadecimal digits."""
    value = request.form.get(field, "")
    if not re.fullmatch(rf"(?:{'|'.join(prefixes)})[0-9a-fA-F]{{32}}", value):
        raise AnomalousRequest(field, f"wanted {' or '.join(prefixes)} and 32 hexadecimal digits")
    return value


def caller() -> str | None:
    """Who called; None where the number is withheld or is no telephone number."""
    return telephone_number(request.form.get("From"))


def place() -> str | None:
    """The caller's town as the carrier has it."""
    parts = [request.form.get(name, "").strip() for name in ("FromCity", "FromState")]
    text = " ".join(part for part in parts if part)
    return "".join(char for char in text if char.isprintable())[:80] or None


def word(field: str) -> str:
    """A status word: lower-case letters, hyphens, underscores."""
    value = request.form.get(field, "")
    if not re.fullmatch(rf"[a-z][a-z_-]{{0,{_LONGEST_STATUS - 1}}}", value):
        raise AnomalousRequest(field, "wanted a status word")
    return value


def number(field: str, largest: int = 2**31 - 1) -> int | None:
    """A whole number; None where the field is missing or empty."""
    value = request.form.get(field, "")
    if value == "":
        return None
    if not re.fullmatch(r"\d{1,10}", value, re.ASCII) or int(value) > largest:
        raise AnomalousRequest(field, f"wanted a whole number up to {largest}")
    return int(value)


def duration(field: str) -> int | None:
    """Seconds; None where the field is missing. Twilio writes -1 for a length that it does not know."""
    return None if request.form.get(field) == "-1" else number(field, _LONGEST_DURATION)


def instant(field: str) -> datetime | None:
    """An instant in RFC 2822 or ISO 8601 with its offset, in UTC; None where the field is missing or empty."""
    value = request.form.get(field, "").strip()
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value) if re.match(r"\d{4}-", value) else parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        at = None
    if at is not None and at.tzinfo is None and value.endswith("-0000"):
        at = at.replace(tzinfo=UTC)  # RFC 2822: UTC, the sender's own zone unknown
    if at is None or at.tzinfo is None or not _EARLIEST <= at.year <= _LATEST:
        raise AnomalousRequest(field, "wanted an instant such as Mon, 02 Nov 2026 01:00:00 +0000")
    return at.astimezone(UTC)
