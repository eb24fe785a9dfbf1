"""The nights ahead as the overnight window has them: how many real hours each lasts, and what day follows (T3, T5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from triage.policy.hours import closure_of, instant, is_support_day, local
from triage.policy.lengths import exactly
from triage.policy.terms import Terms

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Night:
    """One overnight window (W3), from `starts` to `ends`. `usual` is how long the clock on the wall says it is."""

    on: date
    starts: datetime
    ends: datetime
    usual: timedelta
    morning: date
    has_support: bool
    closure: str | None

    @property
    def length(self) -> timedelta:
        """Elapsed time (T5)."""
        return self.ends - self.starts

    @property
    def clock_change(self) -> str:
        """What happens to clocks in this night; empty where nothing does."""
        if self.length == self.usual:
            return ""
        return "clocks go back" if self.length > self.usual else "clocks go forward"

    @property
    def in_hours(self) -> str:
        """`13 hours`, `11 h 30 min`."""
        hours, rest = divmod(int(self.length.total_seconds()), 3600)
        return f"{hours} hours" if rest == 0 else exactly(self.length.total_seconds()).removesuffix(" 00 s")

    @property
    def next_day(self) -> str:
        """What the morning after brings."""
        if self.has_support:
            return "support hours"
        return f"closed: {self.closure}" if self.closure else "no support hours"


def nights(now: datetime, terms: Terms) -> Iterator[Night]:
    """The night that runs now or comes next, and all that follow it."""
    on = local(now, terms).date() - _A_DAY
    while True:
        night = _night(on, terms)
        if night.ends > now:
            yield night
        on += _A_DAY


def unusual(now: datetime, terms: Terms, ahead: timedelta) -> list[Night]:
    """Of the nights that start before `now + ahead` those in which clocks change, and those before a closure (T3)."""
    coming = takewhile(lambda night: night.starts < now + ahead, nights(now, terms))
    return [night for night in coming if night.clock_change or night.closure]


def off_hours_of(on: date, terms: Terms) -> tuple[datetime, datetime]:
    """The night that begins on a day, on the wall clock: from the end of support hours to their next beginning."""
    return datetime.combine(on, terms.hours.closes), datetime.combine(on + _A_DAY, terms.hours.opens)


def _night(on: date, terms: Terms) -> Night:
    window = terms.windows.overnight
    is_past_midnight = window.ends <= window.starts
    morning = on + _A_DAY if is_past_midnight else on
    on_the_wall = datetime.combine(morning, window.ends) - datetime.combine(on, window.starts)
    return Night(
        on=on,
        starts=instant(on, window.starts, terms),
        ends=instant(morning, window.ends, terms),
        usual=on_the_wall,
        morning=morning,
        has_support=is_support_day(morning, terms),
        closure=closure_of(morning, terms),
    )
