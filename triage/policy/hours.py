"""When support hours are, and in which window an instant lies (rules T1 to T5, W1 to W4).

Windows are wall clock in the contract's zone; spans between instants are elapsed time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from triage.errors import ConfigurationError
from triage.policy.fields import WindowName
from triage.policy.terms import ClockWindow, Terms, Window


def local(at: datetime, terms: Terms) -> datetime:
    """An instant on the wall clock of the contract (T1)."""
    return at.astimezone(zone_of(terms))


def zone_of(terms: Terms) -> ZoneInfo:
    """The zone of the wall clock of the contract (T1)."""
    return ZoneInfo(terms.zone)


def instant(on: date, at: time, terms: Terms) -> datetime:
    """A wall-clock moment of the contract as an instant in UTC; the earlier one where the clock shows it twice."""
    return datetime.combine(on, at, tzinfo=ZoneInfo(terms.zone)).astimezone(UTC)


def span_of_days(first: date, last: date, terms: Terms) -> tuple[datetime, datetime]:
    """The instants [start, end) of whole days of the contract's clock, both included."""
    return instant(first, time.min, terms), instant(last + timedelta(days=1), time.min, terms)


def is_closure(on: date, terms: Terms) -> bool:
    """Whether the owner closed on this day, by date or by the name of an observed holiday (T3)."""
    return closure_of(on, terms) is not None


def closure_of(on: date, terms: Terms) -> str | None:
    """Why there are no support hours on this day: the name of an observed holiday, or that the owner closed (T3)."""
    hours = terms.hours
    observed = _observed_days(hours.observed, hours.observed_country, on.year) if hours.observed else {}
    return observed.get(on) or ("by the owner" if on in hours.closures else None)


def holidays_on(on: date, terms: Terms) -> tuple[str, ...]:
    """The names of the country's public holidays on this day, whether or not the owner closes."""
    return _public_holidays(terms.hours.observed_country, on.year).get(on, ())


def is_support_day(on: date, terms: Terms) -> bool:
    """Whether the day has support hours (T2, T3)."""
    return on.weekday() in terms.hours.days and not is_closure(on, terms)


def window_at(at: datetime, terms: Terms) -> WindowName:
    """The window of an instant. Every instant lies in exactly one; edges belong to what begins (T4)."""
    here = local(at, terms)
    clock = here.time()
    if is_support_day(here.date(), terms) and terms.hours.opens <= clock < terms.hours.closes:
        return "support_hours"
    if _covers(terms.windows.evening, clock):
        return "evening"
    if _covers(terms.windows.overnight, clock):
        return "overnight"
    return "other"


def window_terms(name: WindowName, terms: Terms) -> Window:
    """What a message left in the window is owed."""
    window: Window = getattr(terms.windows, name)
    return window


def next_opening(at: datetime, terms: Terms) -> datetime:
    """The next instant at which support hours begin, strictly after `at`.

    Raises ConfigurationError where the policy leaves no day of the coming year with support hours.
    """
    day = local(at, terms).date()
    for ahead in range(367):
        opening = _opening(day + timedelta(days=ahead), terms)
        if opening is not None and opening > at:
            return opening
    raise ConfigurationError("the policy has no support hours within a year: check hours.days and closures")


def add_support_time(at: datetime, span: timedelta, terms: Terms) -> datetime:
    """The instant at which `span` of support hours has passed since `at` (E3)."""
    left, cursor = span, at
    while True:
        here = local(cursor, terms)
        if window_at(cursor, terms) == "support_hours":
            closing = instant(here.date(), terms.hours.closes, terms)
            if cursor + left <= closing:
                return cursor + left
            left -= closing - cursor
            cursor = closing
        cursor = next_opening(cursor, terms)


def _opening(on: date, terms: Terms) -> datetime | None:
    return instant(on, terms.hours.opens, terms) if is_support_day(on, terms) else None


def _covers(window: ClockWindow, clock: time) -> bool:
    if window.starts <= window.ends:
        return window.starts <= clock < window.ends
    return clock >= window.starts or clock < window.ends


@lru_cache(maxsize=64)
def _observed_days(names: tuple[str, ...], country: str, year: int) -> dict[date, str]:
    import holidays  # noqa: PLC0415 - costs memory, and most owners name no holidays

    calendar = holidays.country_holidays(country, years=year)
    # A holiday that falls on a weekend is kept on a working day under a name of its own.
    both = [(base, name) for base in names for name in (base, f"{base} (observed)")]
    return {day: base for base, name in both for day in calendar.get_named(name, lookup="iexact")}


@lru_cache(maxsize=16)
def _public_holidays(country: str, year: int) -> dict[date, tuple[str, ...]]:
    import holidays  # noqa: PLC0415 - costs memory, and only who looks at a calendar needs it

    calendar = holidays.country_holidays(country, years=year)
    return {day: tuple(calendar.get_list(day)) for day in calendar}
