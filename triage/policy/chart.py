"""A chart as values, before anybody draws it, and the charts of the SLA report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.policy.calendar_groups import WEEKDAYS

Record = Mapping[str, Any]
_ROOM = 96
"""Characters that fit side by side in a chart."""
_APART = 2
"""Characters between two texts."""


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
        shown = [f"{label}: {self._in_full(value)}" for label, value in zip(self.labels, self.values, strict=True)]
        return f"{self.title}. {', '.join(shown)}."

    def names(self) -> list[str]:
        """The labels that stand beneath it, the others empty: all of them, or every second, or third..."""
        shown = -(-_room_for(self.labels) // _ROOM)
        return [label if not at % shown else "" for at, label in enumerate(self.labels)]

    def shown_values(self) -> list[str]:
        """What stands over each value, empty for nothing: all where there is room for them, else none."""
        words = [self._in_full(value) if value or self.is_share else "" for value in self.values]
        return words if _room_for(words) <= _ROOM else [""] * len(words)

    def least(self) -> float:
        """Where its scale begins: counts at nothing, shares at the ten below the least one, where a line from nothing
        would be flat."""
        return max(int(min(self.values) * 10 - 0.01), 0) / 10 if self.is_share else 0

    def most(self) -> float:
        """Where its scale ends at the earliest."""
        return 1 if self.is_share else max(self.values)

    def said(self, value: float) -> str:
        """A value at its scale."""
        return f"{value:.0%}" if self.is_share else f"{value:,.0f}"

    def _in_full(self, value: float) -> str:
        return f"{value:.1%}" if self.is_share else f"{value:,}"


def _room_for(words: Sequence[str]) -> int:
    return len(words) * (max(map(len, words)) + _APART)


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
