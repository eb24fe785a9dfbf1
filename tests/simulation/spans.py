"""When something was wrong in a night, and the invariants of time held only loosely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FOUND_WITHIN = timedelta(minutes=10)
"""What a trouble left behind is found by so long after its end: lists are read every five minutes."""
_A_DAY = timedelta(days=1, minutes=2)
_KEPT = timedelta(days=35)
"""Longer than nights of a sparse year are apart: what a night left at the phone system is looked at after the next."""


@dataclass(slots=True)
class Span:
    """`end` is None while the trouble lasts; what it left behind belongs to it."""

    begin: datetime
    is_of_the_clock: bool
    end: datetime | None = None

    def touches(self, begin: datetime, end: datetime) -> bool:
        return self.begin <= end and (self.end is None or self.end >= begin)


class Spans:
    """Each trouble has its own; one of the clock lasts until the morning, and reaches back as far as clocks step."""

    def __init__(self) -> None:
        self._all: list[Span] = []

    def begin(self, now: datetime, *, of_the_clock: bool) -> Span:
        self._all.append(Span(now - _A_DAY if of_the_clock else now, of_the_clock))
        return self._all[-1]

    def end(self, span: Span, now: datetime) -> None:
        if not span.is_of_the_clock:
            span.end = now + FOUND_WITHIN

    def end_all(self, now: datetime) -> None:
        """Quiet begins, whatever was going on; what was is kept for a while."""
        for span in self._all:
            span.end = span.end or now + FOUND_WITHIN
        self._all = [span for span in self._all if span.end is None or span.end > now - _KEPT]

    def touch(self, begin: datetime, end: datetime) -> bool:
        """Whether anything was wrong at any time of [begin, end]."""
        return any(span.touches(begin, end) for span in self._all)

    def over_after(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which nothing is wrong; None where something still is."""
        for span in sorted(self._all, key=lambda one: one.begin):
            if span.touches(at, at):
                if span.end is None:
                    return None
                at = span.end
        return at
