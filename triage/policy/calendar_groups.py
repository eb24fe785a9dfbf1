"""The groups of a report by the wall clock of the contract: weeks, weekdays, hours of the day."""

from __future__ import annotations

from datetime import date, timedelta, tzinfo
from typing import NamedTuple

from triage.policy.instants import instant_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = range(24)
_WEEK = timedelta(days=7)
_HOUR = 60 * 60 * 1_000_000  # microseconds


class Slot(NamedTuple):
    """Where an instant lies on the wall clock: see `week_number`; Monday is 0."""

    week: int
    weekday: int
    hour: int


def slot_of(microseconds: int, zone: tzinfo) -> tuple[Slot, int]:
    """The slot of an instant on the clock of a zone, and until when it is surely that; in microseconds since 1970.

    That is the end of the hour, unless the clock is changed before it.
    """
    here = instant_of(microseconds).astimezone(zone)
    ends = microseconds + _HOUR - (here.minute * 60 + here.second) * 1_000_000 - here.microsecond
    is_changed = instant_of(ends - 1).astimezone(zone).utcoffset() != here.utcoffset()
    return Slot(week_number(here), here.weekday(), here.hour), microseconds + 1 if is_changed else ends


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


def falls_on(slot: Slot, *, weekday: str | None, hour: int | None) -> bool:
    """Whether a slot lies on this weekday and in this hour; None is any."""
    return (weekday is None or WEEKDAYS[slot.weekday] == weekday) and (hour is None or slot.hour == hour)


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
