"""A chart as values, before anybody draws it, and the charts of the SLA report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.policy.calendar_groups import WEEKDAYS

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A value over each label. `is_share` where the values are shares of one, not counts.

    Shares are drawn as a line, counts as bars.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    is_share: bool = False

    def in_words(self) -> str:
        """All that the chart shows, for whoever does not see it."""
        shown = [
            f"{label}: {_said(value, is_share=self.is_share)}"
            for label, value in zip(self.labels, self.values, strict=True)
        ]
        return f"{self.title}. {', '.join(shown)}."


def sla_charts(report: Record) -> list[Chart]:
    """The trend where there is more than one week, then when the messages came.

    A week without a decision has no share.
    """
    weeks, hours, weekdays = report["weeks"], report["hours"], report["weekdays"]
    decided = [week for week in weeks if week["met_share"] is not None]
    if not report["totals"]["count"]:
        return []
    trend = [
        Chart(
            title="Promises kept, of those decided, by week",
            labels=_begins(decided),
            values=tuple(week["met_share"] for week in decided),
            is_share=True,
        ),
        Chart(title="Messages by week", labels=_begins(weeks), values=tuple(week["count"] for week in weeks)),
    ]
    volume = [
        Chart(
            title="Messages by hour of the day",
            labels=tuple(hours),
            values=tuple(figures["count"] for figures in hours.values()),
        ),
        Chart(
            title="Messages by weekday",
            labels=tuple(name[:3].capitalize() for name in WEEKDAYS),
            values=tuple(weekdays[name]["count"] for name in WEEKDAYS),
        ),
    ]
    return (trend if len(decided) > 1 else []) + volume


def _begins(weeks: Sequence[Record]) -> tuple[str, ...]:
    return tuple(f"{week['from']:%b} {week['from'].day}" for week in weeks)


def _said(value: float, *, is_share: bool) -> str:
    return f"{value:.1%}" if is_share else f"{value:,}"
