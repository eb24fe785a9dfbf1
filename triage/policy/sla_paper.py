"""The SLA report on paper: figures, charts, groups, and each broken promise; the first of them with their stories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from triage.policy.case_words import clock
from triage.policy.chart import sla_charts
from triage.policy.lengths import exactly
from triage.policy.paper import Facts, Heading, Paper, Part, Table, Words
from triage.policy.report_words import (
    FIGURE_WORDS,
    figure_in_words,
    lines_by_group,
    question_in_words,
    story_in_lines,
)
from triage.policy.term_words import WINDOW_WORDS
from triage.policy.terms import Terms
from triage.policy.why_broken import why_broken

Record = Mapping[str, Any]

MOST_STORIES = 20
"""Of how many breaches the paper tells the story; all others are told of in a line, and wholly in the console."""

_MOST_BREACHES = 500
_MOST_LINES = 110
"""Of one group: the weeks of two years."""
_COLUMNS = (
    "count",
    "met",
    "breached",
    "open",
    "met_share",
    "mtta_median_s",
    "mtta_p95_s",
    "mttc_median_s",
    "mttc_p95_s",
)
_HEADS = ("All", "Kept", "Broken", "Open", "Share", "Taken, median", "95 of 100", "Called, median", "95 of 100")
_SHARES = (0.16, 0.07, 0.07, 0.08, 0.07, 0.08, 0.115, 0.115, 0.12, 0.12)


def sla_paper(report: Record, terms: Terms, names: Mapping[str, str]) -> Paper:
    """The report as a paper; people by the names given."""
    about = question_in_words(report, names)
    return Paper(
        title="Promises kept",
        verdict=verdict(report["totals"]),
        running=f"afterhours, promises kept: messages left {about}",
        foot=f"Times are on the wall clock of the contract ({terms.zone}).",
        parts=(Words(f"Messages left {about}."), *_parts(report, terms, names)),
    )


def verdict(totals: Record) -> str:
    """`94.0% of the decided promises were kept: 3,785 of 4,028.`"""
    decided = totals["met"] + totals["breached"]
    if not decided:
        return "No promise was decided."
    share = figure_in_words("met_share", totals["met_share"])
    return f"{share} of the decided promises were kept: {totals['met']:,} of {decided:,}."


def _parts(report: Record, terms: Terms, names: Mapping[str, str]) -> Iterator[Part]:
    totals = report["totals"]
    yield Heading("Figures")
    yield Facts(tuple((words, figure_in_words(name, totals[name])) for name, words in FIGURE_WORDS.items()))
    yield from sla_charts(report)
    for title, group in lines_by_group(report, names).items():
        rows = tuple(
            (line.name, *(figure_in_words(name, line.figures[name]) for name in _COLUMNS)) for line in group.lines
        )
        yield Heading(f"By {title.lower()}")
        if len(rows) > _MOST_LINES:
            yield Words(f"The last {_MOST_LINES} of {len(rows):,}: the CSV file has them all.")
        yield Table((title, *_HEADS), _SHARES, rows[-_MOST_LINES:])
        if group.silent:
            yield Words(f"No messages: {group.silent_in_words}.")
    yield Heading("Broken promises")
    yield from _breaches(report["breaches"], terms, names)


def _breaches(breaches: list[Record], terms: Terms, names: Mapping[str, str]) -> Iterator[Part]:
    if not breaches:
        yield Words("None.")
        return
    rows = tuple(
        (
            breach["ref"],
            WINDOW_WORDS[breach["window"]],
            names.get(breach["owner"], breach["owner"]) or "nobody",
            clock(breach["callback_due"], terms),
            clock(breach["callback_made_at"], terms) if breach["callback_made_at"] else "not yet",
            exactly(breach["late_s"]),
        )
        for breach in breaches[:_MOST_BREACHES]
    )
    yield Table(
        ("Case", "Window", "Technician", "Due", "Called back", "Late by"), (0.09, 0.15, 0.17, 0.22, 0.22, 0.15), rows
    )
    if len(breaches) > len(rows):
        yield Words(f"And {len(breaches) - len(rows):,} more: the console has them all.")
    told = [breach for breach in breaches if "story" in breach]
    if told:
        yield Heading("Their stories" if len(told) == len(breaches) else f"The stories of the first {len(told)}")
    for breach in told:
        due, made = breach["callback_due"], breach["callback_made_at"]
        yield Words(f"Case {breach['ref']}. {why_broken(breach['story'], due, made, terms, names)}")
        yield Table(("When", "What", "By"), (0.26, 0.54, 0.2), tuple(story_in_lines(breach["story"], terms, names)))
