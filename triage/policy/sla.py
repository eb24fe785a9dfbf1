"""The figures of the SLA report: promises met and broken, and how long things took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import NamedTuple, Protocol


class Outcome(StrEnum):
    MET = "met"
    BREACHED = "breached"
    OPEN = "open"  # not called back yet, and not late yet
    UNPROMISED = "unpromised"  # no callback was owed


class CaseTimes(NamedTuple):
    """The instants of a case that the report counts. `begins_at` is when its clock starts (see intake.work_begins)."""

    begins_at: datetime
    callback_due: datetime | None
    acknowledged_at: datetime | None
    callback_made_at: datetime | None
    breached_at: datetime | None
    callback_basis: str | None = None


class Judgement(NamedTuple):
    """What the report counts of a case. Spans in seconds from the start of its clock; None where that never was.

    `basis` is what the callback rests on: `measured` by the phone network, `stated` by text, or enough `attempts`.
    """

    outcome: Outcome
    to_acknowledge_s: float | None
    to_callback_s: float | None
    basis: str | None


class Judged(Protocol):
    """A case with its judgement, whatever else is known of it."""

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

    The promises met are those met by a measured call, by a stated one, and by attempts.
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


def outcome(times: CaseTimes, now: datetime) -> Outcome:
    """Whether the promise was kept. A breach on record stays one, whatever came after it."""
    if times.callback_due is None:
        return Outcome.UNPROMISED
    if times.callback_made_at is not None:
        is_late = times.breached_at is not None or times.callback_made_at > times.callback_due
        return Outcome.BREACHED if is_late else Outcome.MET
    return Outcome.BREACHED if times.breached_at is not None or now >= times.callback_due else Outcome.OPEN


def judge(times: CaseTimes, now: datetime) -> Judgement:
    """Whether the promise of a case was kept, and how long things took."""
    begins_at = times.begins_at
    return Judgement(
        outcome(times, now),
        _seconds(begins_at, times.acknowledged_at),
        _seconds(begins_at, times.callback_made_at),
        times.callback_basis,
    )


def figures(cases: Iterable[Judged]) -> Figures:
    """The figures of a set of cases. `met_share` is of the promises that are decided."""
    cases = list(cases)
    outcomes = [case.outcome for case in cases]
    met, breached = outcomes.count(Outcome.MET), outcomes.count(Outcome.BREACHED)
    met_by = [case.basis for case in cases if case.outcome is Outcome.MET]
    to_acknowledge = sorted([span for case in cases if (span := case.to_acknowledge_s) is not None])
    to_callback = sorted([span for case in cases if (span := case.to_callback_s) is not None])
    return Figures(
        count=len(cases),
        met=met,
        breached=breached,
        open=outcomes.count(Outcome.OPEN),
        unpromised=outcomes.count(Outcome.UNPROMISED),
        met_share=round(met / (met + breached), 4) if met + breached else None,
        mtta_median_s=_median(to_acknowledge),
        mtta_p95_s=_percentile_95(to_acknowledge),
        mttc_median_s=_median(to_callback),
        mttc_p95_s=_percentile_95(to_callback),
        met_measured=met_by.count("measured"),
        met_stated=met_by.count("stated"),
        met_by_attempts=met_by.count("attempts"),
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


def _seconds(start: datetime, end: datetime | None) -> float | None:
    """Whoever was there before the clock started took no time."""
    return (end - start).total_seconds() if end is not None and end > start else None if end is None else 0.0


def _median(ordered: Sequence[float]) -> float | None:
    return round(median(ordered), 3) if ordered else None


def _percentile_95(ordered: Sequence[float]) -> float | None:
    """The nearest rank: a value that really occurred, so that its case can be shown."""
    return round(ordered[-(-len(ordered) * 95 // 100) - 1], 3) if ordered else None
