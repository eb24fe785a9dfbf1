"""The SLA report for a person at a terminal; times on the contract's wall clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.policy.calendar_groups import HOURS
from triage.policy.case_words import clock
from triage.policy.lengths import exactly
from triage.policy.terms import Terms
from triage.services.records import Record

_SLA_HEADS = (
    *("", "count", "met", "broken", "open", "none", "share", "met by"),
    *("MTTA median", "MTTA p95", "MTTC median", "MTTC p95"),
)
_BREACH_HEADS = ("ref", "window", "due", "called back", "late by", "owner")


def sla_sheet(report: Record, terms: Terms) -> Iterator[str]:
    """The SLA report as a table: figures, when the messages came, and a line for each breach.

    Its story is in `case show` and in JSON.
    """
    yield _title(report)
    weeks = ((f"week of {week['from']}", week) for week in report["weeks"])
    groups = [("all", report["totals"]), *report["windows"].items(), *report["technicians"].items()]
    yield from _aligned([_SLA_HEADS, *(_sla_cells(name, figures) for name, figures in (*groups, *weeks))])
    yield "met by: a measured call / a call stated by text / attempts"
    yield ""
    yield "Messages by weekday and by the hour in which they were left"
    yield from _aligned([["", *(f"{hour:02}" for hour in HOURS)], *_volume_rows(report)])
    if report["breaches"]:
        yield ""
        yield "Broken promises; the story of each: afterhours case show REF"
        yield from _aligned([_BREACH_HEADS, *(_breach_cells(breach, terms) for breach in report["breaches"])])


def _title(report: Record) -> str:
    narrowed = [f"{name} {value}" for name, value in report["narrowed"].items() if value is not None]
    return ", ".join([f"Messages left {report['from']} to {report['to']}", *narrowed])


def _volume_rows(report: Record) -> Iterator[list[str]]:
    for weekday, counts in report["volume"].items():
        yield [weekday, *(str(count) if count else "." for count in counts)]


def _sla_cells(name: str, figures: Record) -> list[str]:
    share = f"{figures['met_share']:.1%}" if figures["met_share"] is not None else "-"
    counts = [str(figures[count]) for count in ("count", "met", "breached", "open", "unpromised")]
    met_by = "/".join(str(figures[basis]) for basis in ("met_measured", "met_stated", "met_by_attempts"))
    spans = ("mtta_median_s", "mtta_p95_s", "mttc_median_s", "mttc_p95_s")
    measured = (exactly(figures[span]) if figures[span] is not None else "-" for span in spans)
    return [name, *counts, share, met_by, *measured]


def _breach_cells(breach: Record, terms: Terms) -> list[str]:
    made = breach["callback_made_at"]
    return [
        breach["ref"],
        breach["window"],
        clock(breach["callback_due"], terms),
        clock(made, terms) if made else "not yet",
        exactly(breach["late_s"]),
        breach["owner"] or "nobody",
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as columns that never touch: names to the left, figures to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()
