"""The groups of a report by the wall clock of the contract: weeks, weekdays, hours of the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = range(24)
_WEEK = timedelta(days=7)


def week_of(day: date) -> date:
    """The Monday of the week that a day lies in."""
    return day - timedelta(days=day.weekday())


def week_number(day: date) -> int:
    """A number that the days of one week share, Monday to Sunday, and no others."""
    return (day.toordinal() - 1) // 7


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


def quick_spans(today: date) -> tuple[tuple[str, date, date], ...]:
    """The spans that reports are mostly asked for, by name; both ends included."""
    this_month, monday = today.replace(day=1), week_of(today)
    before = this_month - timedelta(days=1)
    return (
        ("Last month", before.replace(day=1), before),
        ("This month", this_month, today),
        ("Last week", monday - _WEEK, monday - timedelta(days=1)),
        ("Last 7 days", today - timedelta(days=6), today),
    )
