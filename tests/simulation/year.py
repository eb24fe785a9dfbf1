"""A whole year in seconds: every holiday, both changeover nights, rotations and quarters, and few nights of others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.simulation.troubles import some_kinds
from tests.simulation.week import A_NIGHT, NEW_YORK, Tally, Week
from tests.support.databases import MEMORY

FIRST_YEAR = 2027
APART = 28
FEWER = 0.1
"""Of the voicemails that a week's nights have."""
ALL_IS_OVER_AFTER = 5
"""Days: by then the next support day has begun after the longest holiday, and what waited for it is done."""
LOOK_AFTER = 3
"""Days: what is forgotten of the phone system by then was looked at."""
_A_DAY = timedelta(days=1)


class Year(Week):
    """`number` counts years from 2027 on. Nights are four weeks from each other; each eve of a holiday and each
    changeover is one more.

    Each has its own kinds of trouble, and few voicemails; those in which the clocks change have as many as in a week.
    """

    def __init__(self, seed: int, number: int, template: Path, folder: Path) -> None:
        first = self.first_of(number)
        closed, self._end = self.closed_in(first.year), self.first_of(number + 1)
        days = [first + timedelta(days=place) for place in range((self._end - first).days)]
        self.evenings = [
            day for place, day in enumerate(days) if place % APART == 0 or day + _A_DAY in closed or _is_odd(day)
        ]
        self.nights = len(self.evenings)
        super().__init__(seed, number, template, folder)

    @staticmethod
    def first_of(number: int) -> date:
        return date(FIRST_YEAR + number, 1, 1)

    @staticmethod
    def closed_in(year: int) -> frozenset[date]:
        return holidays(year)

    @property
    def days(self) -> int:
        return (self._end - self.first).days

    def run(self, nights: int | None = None) -> Tally:
        """So many of its nights, or all, and the days between them."""
        evenings = self.evenings[:nights]
        for place, (evening, following) in enumerate(pairwise((*evenings, self._end))):
            self.kinds = some_kinds(self.seed, self.number * len(self.evenings) + place)
            self.a_night = A_NIGHT * (1 if _is_odd(evening) else FEWER)
            self._night(evening)
            self._quiet_days(evening + _A_DAY, following)
        return self._over(len(evenings))

    def _quiet_days(self, morning: date, until: date) -> None:
        """Nothing happens but what waited. Then days pass in which nothing does but what the calendar brings."""
        for place in range(1, min((until - morning).days, ALL_IS_OVER_AFTER) + 1):
            day = morning + timedelta(days=place)
            self.house.advance_to(self._at(day, 10))
            self._clean_up()
            if place == LOOK_AFTER:
                self.watch.look_around()
        self.house.advance_to(self._noon(until))


def holidays(year: int) -> frozenset[date]:
    """On which a distributor in Ohio is closed."""
    fixed = {date(year, 1, 1), date(year, 7, 4), date(year, 12, 24), date(year, 12, 25), date(year, 12, 31)}
    thanksgiving = _first(3, date(year, 11, 22))
    movable = {_first(0, date(year, 5, 25)), _first(0, date(year, 9, 1)), thanksgiving, thanksgiving + _A_DAY}
    return frozenset(fixed | movable)


def _first(weekday: int, since: date) -> date:
    return since + timedelta(days=(weekday - since.weekday()) % 7)


def _is_odd(day: date) -> bool:
    """Whether the clocks change in the night that begins on this day."""
    noons = (datetime.combine(each, time(12), NEW_YORK) for each in (day, day + _A_DAY))
    return len({noon.utcoffset() for noon in noons}) > 1


@contextmanager
def year(seed: int, number: int, template: Path) -> Iterator[Year]:
    """A year in a folder of its own."""
    with TemporaryDirectory(prefix="afterhours-simulated-", dir=MEMORY) as folder:
        made = Year(seed, number, template, Path(folder))
        with closing(made.house):
            yield made
