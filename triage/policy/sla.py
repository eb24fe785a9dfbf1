"""The figures of the SLA report: promises met and broken, and how long things took."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Protocol, TypeVar


class Outcome(StrEnum):
    MET = "met"
    BREACHED = "breached"
    OPEN = "open"  # not called back yet, and not late yet
    UNPROMISED = "unpromised"  # no callback was owed

    __hash__ = str.__hash__  # that of an Enum is written in Python, and counting a case asks for it thrice


class Judged(Protocol):
    """What the report counts of a case, whatever else is known of it.

    Spans in seconds from the start of its clock (see intake.work_begins); None where that never was. `basis` is
    what the callback rests on: `measured` by the phone network, `stated` by text, or enough `attempts`.
    """

    @property
    def outcome(self) -> Outcome: ...
    @property
    def to_acknowledge_s(self) -> float | None: ...
    @property
    def to_callback_s(self) -> float | None: ...
    @property
    def basis(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the report. Spans in seconds; None where there is nothing to measure.

    The promises met are those met by a measured call, by a stated one, and by attempts. `met_share` is of the promises
    that are decided.
    """

    count: int
    met: int
    breached: int
    open: int
    unpromised: int
    met_share: float | None
    mtta_median_s: float | None
    mtta_p95_s: float | None
    mttc_median_s: float | None
    mttc_p95_s: float | None
    met_measured: int
    met_stated: int
    met_by_attempts: int

    def as_dict(self) -> dict[str, float | int | None]:
        return asdict(self)


At = TypeVar("At", int, datetime)


def outcome(callback_due: At | None, callback_made_at: At | None, breached_at: At | None, now: At) -> Outcome:
    """Whether the promise was kept. A breach on record stays one, whatever came after it."""
    if callback_due is None:
        return Outcome.UNPROMISED
    if callback_made_at is not None:
        is_late = breached_at is not None or callback_made_at > callback_due
        return Outcome.BREACHED if is_late else Outcome.MET
    return Outcome.BREACHED if breached_at is not None or now >= callback_due else Outcome.OPEN


def span(begins_at: int, at: int | None) -> float | None:
    """The seconds between two instants in microseconds: from the start of a case's clock; None where it never was.

    Whoever was there before the clock started took no time.
    """
    return None if at is None else (at - begins_at) / 1_000_000 if at > begins_at else 0.0


Run = Sequence[float]
"""Spans in order, the shortest first."""

_WORTH_SEARCHING = 200
"""Spans of a run: from here on a search among ordered runs is quicker than putting all in one order."""


class Tally:
    """What is counted of a set of cases: their figures are made of it, and it is the sum of those of its parts.

    Counts by outcome and basis; the spans of those cases that have one, in seconds.
    """

    __slots__ = ("_taken", "kinds", "to_acknowledge_s", "to_callback_s")

    def __init__(self, parts: Iterable[Tally] = ()) -> None:
        self.kinds: dict[tuple[Outcome, str | None], int] = {}
        self.to_acknowledge_s: list[float] = []
        self.to_callback_s: list[float] = []
        self._taken: tuple[list[Run], list[Run]] = ([], [])
        for part in parts:
            self.take(part)

    def take(self, part: Tally) -> None:
        """Count the cases of another one, too. Its spans are not copied: nothing is added to it from now on."""
        for kind, count in part.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        for mine, its in zip(self._taken, part.runs(), strict=True):
            mine.extend(its)

    def take_runs(self, to_acknowledge_s: Run, to_callback_s: Run) -> None:
        """Spans of cases whose kinds are counted already."""
        for mine, its in zip(self._taken, (to_acknowledge_s, to_callback_s), strict=True):
            mine.append(its)

    def runs(self) -> tuple[list[Run], list[Run]]:
        """The spans to the acknowledgement and to the callback, as lists that are in order."""
        self.to_acknowledge_s.sort()
        self.to_callback_s.sort()
        acknowledged, called_back = self._taken
        return [*acknowledged, self.to_acknowledge_s], [*called_back, self.to_callback_s]

    def add(self, case: Judged) -> None:
        kind, to_acknowledge_s, to_callback_s = (case.outcome, case.basis), case.to_acknowledge_s, case.to_callback_s
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if to_acknowledge_s is not None:
            self.to_acknowledge_s.append(to_acknowledge_s)
        if to_callback_s is not None:
            self.to_callback_s.append(to_callback_s)

    def count(self) -> int:
        return sum(self.kinds.values())

    def figures(self) -> Figures:
        by_outcome: Counter[Outcome] = Counter()
        for (became, _), count in self.kinds.items():
            by_outcome[became] += count
        met, breached = by_outcome[Outcome.MET], by_outcome[Outcome.BREACHED]
        to_acknowledge, to_callback = map(_joined, self.runs())
        return Figures(
            count=self.count(),
            met=met,
            breached=breached,
            open=by_outcome[Outcome.OPEN],
            unpromised=by_outcome[Outcome.UNPROMISED],
            met_share=round(met / (met + breached), 4) if met + breached else None,
            mtta_median_s=_median(to_acknowledge),
            mtta_p95_s=_percentile_95(to_acknowledge),
            mttc_median_s=_median(to_callback),
            mttc_p95_s=_percentile_95(to_callback),
            met_measured=self.kinds.get((Outcome.MET, "measured"), 0),
            met_stated=self.kinds.get((Outcome.MET, "stated"), 0),
            met_by_attempts=self.kinds.get((Outcome.MET, "attempts"), 0),
        )


def _met_by(basis: str) -> Callable[[Judged], bool]:
    return lambda case: case.outcome is Outcome.MET and case.basis == basis


BEHIND: dict[str, Callable[[Judged], bool]] = {
    "count": lambda _: True,
    "met": lambda case: case.outcome is Outcome.MET,
    "breached": lambda case: case.outcome is Outcome.BREACHED,
    "open": lambda case: case.outcome is Outcome.OPEN,
    "unpromised": lambda case: case.outcome is Outcome.UNPROMISED,
    "met_share": lambda case: case.outcome in {Outcome.MET, Outcome.BREACHED},
    "mtta_median_s": lambda case: case.to_acknowledge_s is not None,
    "mtta_p95_s": lambda case: case.to_acknowledge_s is not None,
    "mttc_median_s": lambda case: case.to_callback_s is not None,
    "mttc_p95_s": lambda case: case.to_callback_s is not None,
    "met_measured": _met_by("measured"),
    "met_stated": _met_by("stated"),
    "met_by_attempts": _met_by("attempts"),
}
"""Which cases are behind each figure: those that it counts or measures."""


def wait_of(case: Judged, figure: str) -> float:
    """The seconds of a case that a figure measures; 0 where it counts cases."""
    measured = {"mtta": case.to_acknowledge_s, "mttc": case.to_callback_s}.get(figure.split("_", maxsplit=1)[0])
    return measured or 0.0


def _median(runs: Sequence[Run]) -> float | None:
    count = sum(map(len, runs))
    if not count:
        return None
    lower = nth(runs, (count - 1) // 2)
    return round((lower + (lower if count % 2 else nth(runs, count // 2))) / 2, 3)


def _percentile_95(runs: Sequence[Run]) -> float | None:
    """The nearest rank: a value that really occurred, so that its case can be shown."""
    count = sum(map(len, runs))
    return round(nth(runs, -(-count * 95 // 100) - 1), 3) if count else None


def _joined(runs: list[Run]) -> list[Run]:
    """The runs, or one of all, where putting them in order takes less time than looking into each again and again."""
    return runs if sum(map(len, runs)) > _WORTH_SEARCHING * len(runs) else [sorted(chain.from_iterable(runs))]


def nth(runs: Sequence[Run], rank: int) -> float:
    """The value that stands at a rank, 0 is the first, where all runs are put in one order. They are not: each round
    leaves half of the longest."""
    parts = [(run, 0, len(run)) for run in runs if run]
    while len(parts) > 1:
        run, start, end = max(parts, key=_length)
        value = run[(start + end) // 2]
        below = [bisect_left(run, value, start, end) for run, start, end in parts]
        before = sum(below) - sum(start for _, start, _ in parts)
        if rank < before:
            parts = [(run, start, at) for (run, start, _), at in zip(parts, below, strict=True) if at > start]
            continue
        through = [bisect_right(run, value, at, end) for (run, _, end), at in zip(parts, below, strict=True)]
        equal = sum(through) - sum(below)
        if rank < before + equal:
            return value
        rank -= before + equal
        parts = [(run, at, end) for (run, _, end), at in zip(parts, through, strict=True) if end > at]
    [(run, start, _)] = parts
    return run[start + rank]


def _length(part: tuple[Run, int, int]) -> int:
    return part[2] - part[1]
