"""The figures of the SLA report: promises met and broken, and how long things took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median


class Outcome(StrEnum):
    MET = "met"
    BREACHED = "breached"
    OPEN = "open"  # not called back yet, and not late yet
    UNPROMISED = "unpromised"  # no callback was owed


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTimes:
    """The instants of a case that the report counts. `begins_at` is when its clock starts (see intake.work_begins)."""

    begins_at: datetime
    callback_due: datetime | None
    acknowledged_at: datetime | None
    callback_made_at: datetime | None
    breached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the report. Spans in seconds; None where there is nothing to measure."""

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


def figures(cases: Iterable[CaseTimes], now: datetime) -> Figures:
    """The figures of a set of cases. `met_share` is of the promises that are decided."""
    cases = list(cases)
    outcomes = [outcome(times, now) for times in cases]
    met, breached = outcomes.count(Outcome.MET), outcomes.count(Outcome.BREACHED)
    to_acknowledge = _seconds((times.begins_at, times.acknowledged_at) for times in cases)
    to_callback = _seconds((times.begins_at, times.callback_made_at) for times in cases)
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
    )


def _seconds(spans: Iterable[tuple[datetime, datetime | None]]) -> list[float]:
    """In order; whoever was there before the clock started took no time."""
    return sorted(max((end - start).total_seconds(), 0.0) for start, end in spans if end is not None)


def _median(ordered: Sequence[float]) -> float | None:
    return round(median(ordered), 3) if ordered else None


def _percentile_95(ordered: Sequence[float]) -> float | None:
    """The nearest rank: a value that really occurred, so that its case can be shown."""
    return round(ordered[-(-len(ordered) * 95 // 100) - 1], 3) if ordered else None
