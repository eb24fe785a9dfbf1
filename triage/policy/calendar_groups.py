"""The groups of a report by the wall clock of the contract: weeks, weekdays, hours of the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = range(24)
_WEEK = timedelta(days=7)


def week_of(day: date) -> date:
    """The Monday of the week that a day lies in."""
    return day - timedelta(days=day.weekday())


def weeks(first: date, last: date) -> list[tuple[date, date]]:
    """The weeks of a span of days, Monday to Sunday, cut to the span; both ends included."""
    found, monday = [], week_of(first)
    while monday <= last:
        found.append((max(monday, first), min(monday + _WEEK - timedelta(days=1), last)))
        monday += _WEEK
    return found


def falls_on(left: datetime, *, weekday: str | None, hour: int | None) -> bool:
    """Whether a moment on the wall clock lies on this weekday and in this hour; None is any."""
    return (weekday is None or WEEKDAYS[left.weekday()] == weekday) and (hour is None or left.hour == hour)
