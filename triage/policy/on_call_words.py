"""Days and moments of the on-call calendar as people read them, on the roster's wall clock."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_in_words(on: date) -> str:
    """`Mon, Nov 23`."""
    return f"{on:%a}, {on:%b} {on.day}"


def hour_in_words(at: datetime, zone: ZoneInfo) -> str:
    """`8:00 AM`; with EDT or EST where that hour comes twice."""
    here = at.astimezone(zone)
    is_repeated = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here.hour % 12 or 12}:{here:%M} {here:%p}" + (f" {here:%Z}" if is_repeated else "")


def moment_in_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`Mon, Nov 23, 8:00 AM`; the year where it is another one."""
    here = at.astimezone(zone)
    year = "" if here.year == now.astimezone(zone).year else f" {here.year}"
    return f"{day_in_words(here.date())}{year}, {hour_in_words(at, zone)}"
