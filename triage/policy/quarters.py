"""Calendar quarters by the wall clock of the contract (C1 Reading), named like `2026-Q2`."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from triage.errors import Refused
from triage.policy.hours import instant, local
from triage.policy.terms import Terms


def read_quarter(text: str) -> str:
    """A quarter as somebody wrote it. Raises Refused."""
    found = text.strip().upper()
    if not re.fullmatch(r"[0-9]{4}-Q[1-4]", found) or not 2000 <= int(found[:4]) <= 2199:
        raise Refused(f"{text!r} is no quarter: write one like 2026-Q2")
    return found


def quarter_on(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def quarter_of(at: datetime, terms: Terms) -> str:
    """The quarter in which an instant lies."""
    return quarter_on(local(at, terms).date())


def quarter_after(quarter: str) -> str:
    year, number = int(quarter[:4]), int(quarter[-1])
    return f"{year}-Q{number + 1}" if number < 4 else f"{year + 1}-Q1"


def quarter_before(quarter: str) -> str:
    year, number = int(quarter[:4]), int(quarter[-1])
    return f"{year}-Q{number - 1}" if number > 1 else f"{year - 1}-Q4"


def first_day(quarter: str) -> date:
    return date(int(quarter[:4]), int(quarter[-1]) * 3 - 2, 1)


def starts_at(quarter: str, terms: Terms) -> datetime:
    """The midnight with which a quarter begins, in UTC."""
    return instant(first_day(quarter), time.min, terms)


def last_instant(quarter: str, terms: Terms) -> datetime:
    """A quarter's last microsecond, in UTC: what is billed with the quarter belongs to its last day."""
    return ends_at(quarter, terms) - timedelta(microseconds=1)


def ends_at(quarter: str, terms: Terms) -> datetime:
    """The first instant after a quarter, in UTC."""
    return starts_at(quarter_after(quarter), terms)
