"""The figures of the SLA report: promises met and broken, and how long things took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
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


class Tally:
    """What is counted of a set of cases: their figures are made of it, and it is the sum of those of its parts.

    Counts by outcome and basis; the spans of those cases that have one, in seconds.
    """

    __slots__ = ("kinds", "to_acknowledge_s", "to_callback_s")

    def __init__(self, parts: Iterable[Tally] = ()) -> None:
        self.kinds: Counter[tuple[Outcome, str | None]] = Counter()
        self.to_acknowledge_s: list[float] = []
        self.to_callback_s: list[float] = []
        for part in parts:
            self.kinds += part.kinds
            self.to_acknowledge_s += _in_order(part.to_acknowledge_s)
            self.to_callback_s += _in_order(part.to_callback_s)

    def add(self, case: Judged) -> None:
        kind, to_acknowledge_s, to_callback_s = (case.outcome, case.basis), case.to_acknowledge_s, case.to_callback_s
        self.kinds[kind] = self.kinds.get(kind, 0) + 1  # += asks a Counter twice
        if to_acknowledge_s is not None:
            self.to_acknowledge_s.append(to_acknowledge_s)
        if to_callback_s is not None:
            self.to_callback_s.append(to_callback_s)

    def count(self) -> int:
        return self.kinds.total()

    def figures(self) -> Figures:
        by_outcome: Counter[Outcome] = Counter()
        for (became, _), count in self.kinds.items():
            by_outcome[became] += count
        met, breached = by_outcome[Outcome.MET], by_outcome[Outcome.BREACHED]
        to_acknowledge, to_callback = _in_order(self.to_acknowledge_s), _in_order(self.to_callback_s)
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
            met_measured=self.kinds[Outcome.MET, "measured"],
            met_stated=self.kinds[Outcome.MET, "stated"],
            met_by_attempts=self.kinds[Outcome.MET, "attempts"],
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


def _in_order(spans: list[float]) -> list[float]:
    """The list, in order where it is: one that is joined of ordered lists takes a fraction of the time later."""
    spans.sort()
    return spans


def _median(ordered: Sequence[float]) -> float | None:
    return round((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2, 3) if ordered else None


def _percentile_95(ordered: Sequence[float]) -> float | None:
    """The nearest rank: a value that really occurred, so that its case can be shown."""
    return round(ordered[-(-len(ordered) * 95 // 100) - 1], 3) if ordered else None
