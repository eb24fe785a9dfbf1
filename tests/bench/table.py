"""What was measured, as the table that the README carries."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Line:
    """Milliseconds of one kind on one database, and what 99 of 100 are to stay under."""

    what: str
    database: str
    values: Sequence[float]
    goal: float | None = None


def percentile(values: Sequence[float], part: int) -> float:
    ordered = sorted(values)
    return ordered[-(-len(ordered) * part // 100) - 1]


def show(lines: Sequence[Line]) -> None:
    click.echo("| milliseconds | | n | median | 99 of 100 under | worst | goal | of the goal |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for line in lines:
        p99 = percentile(line.values, 99)
        goal, share = (f"{line.goal:,.0f}", f"{p99 / line.goal:.2f}") if line.goal else ("", "")
        median, worst = statistics.median(line.values), max(line.values)
        figures = f"{len(line.values):,} | {median:,.0f} | {p99:,.0f} | {worst:,.0f}"
        click.echo(f"| {line.what} | {line.database} | {figures} | {goal} | {share} |")
