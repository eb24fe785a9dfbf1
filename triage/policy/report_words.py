"""The SLA report in words for people, on a page, on paper and by e-mail, and as rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from triage.policy.case_words import clock
from triage.policy.event_words import event_in_words
from triage.policy.lengths import exactly
from triage.policy.story_scene import Scene
from triage.policy.term_words import WINDOW_WORDS
from triage.policy.terms import Terms

Record = Mapping[str, Any]

FIGURE_WORDS = {
    "count": "Messages",
    "met": "Promises kept",
    "breached": "Promises broken",
    "open": "Not decided yet",
    "unpromised": "No callback owed",
    "met_share": "Kept, of those decided",
    "mtta_median_s": "Taken within, median",
    "mtta_p95_s": "Taken within, 95 of 100",
    "mttc_median_s": "Called back within, median",
    "mttc_p95_s": "Called back within, 95 of 100",
    "met_measured": "Kept by a measured call",
    "met_stated": "Kept by a call stated by text",
    "met_by_attempts": "Kept by attempts",
}
"""What each figure of the report is, as a heading."""
_MOST_NAMED = 7


@dataclass(frozen=True, slots=True)
class Line:
    """One set of figures; `by` is what narrows the report's question to it."""

    name: str
    by: Mapping[str, Any]
    figures: Record


@dataclass(frozen=True, slots=True)
class Group:
    """The lines that count messages, and the names of those that have none."""

    lines: list[Line]
    silent: list[str]

    @property
    def silent_in_words(self) -> str:
        return ", ".join(self.silent) if len(self.silent) <= _MOST_NAMED else f"the {len(self.silent):,} others"


def figure_in_words(figure: str, value: float | None) -> str:
    """`98.4%`, `12 min 03 s`, `17`; `-` where there is nothing to measure."""
    if value is None:
        return "-"
    if figure == "met_share":
        return f"{value:.1%}"
    return exactly(value) if figure.endswith("_s") else f"{value:,}"


def day_in_words(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def span_in_words(first: date, last: date) -> str:
    """`Oct 1, 2026 to Oct 31, 2026`, or the one day."""
    return day_in_words(first) if first == last else f"{day_in_words(first)} to {day_in_words(last)}"


def question_in_words(report: Record, names: Mapping[str, str]) -> str:
    """Which messages the report is about; people by the names given."""
    return ", ".join([span_in_words(report["from"], report["to"]), *narrowed_in_words(report["narrowed"], names)])


def narrowed_in_words(narrowed: Record, names: Mapping[str, str]) -> Iterator[str]:
    for name, value in narrowed.items():
        if value is not None:
            yield f"{name} {_named(name, value, names)}"


def lines_by_group(report: Record, names: Mapping[str, str]) -> dict[str, Group]:
    """The figures of each group by what it is called, and which of it had no message.

    What the report is narrowed to already is no group, and neither is one without any message.
    """
    narrowed = report["narrowed"]
    groups: tuple[tuple[str, str | None, Iterator[Line]], ...] = (
        ("Week", None, _weeks(report)),
        ("Window", "window", _lines(report["windows"], "window", names)),
        ("Technician", "technician", _lines(report["technicians"], "technician", names)),
        ("Weekday", "weekday", _lines(report["weekdays"], "weekday", names)),
        ("Hour", "hour", _lines(report["hours"], "hour", names)),
    )
    found = {title: _group(list(lines)) for title, kind, lines in groups if kind is None or narrowed[kind] is None}
    return {title: group for title, group in found.items() if group.lines}


def _group(lines: Sequence[Line]) -> Group:
    return Group(
        [line for line in lines if line.figures["count"]],
        [line.name for line in lines if not line.figures["count"]],
    )


def story_in_lines(story: Sequence[Record], terms: Terms, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """When, what and who, for each entry of a breach's story; the same at one instant is one line."""
    scene = Scene({}, terms, names, {})
    found = []
    for (at, kind, what), group in groupby(story, key=lambda entry: _at_once(entry, terms)):
        entries = list(group)
        people = [scene.person(who) for entry in entries if (who := entry["details"].get("person"))]
        whom = f": {', '.join(dict.fromkeys(people))}" if kind == "alert_made" and people else ""
        found.append((at, f"{what}{whom}", scene.actor(entries[0]["actor"])))
    return found


def _at_once(entry: Record, terms: Terms) -> tuple[str, str, str]:
    return clock(entry["at"], terms), entry["kind"], event_in_words(entry["kind"], entry["details"])


def sla_rows(report: Record) -> list[dict[str, Any]]:
    """The SLA report as rows for a spreadsheet, a row for each set of figures."""
    groups = [("total", "all", report["totals"])]
    for group in ("window", "technician"):
        groups += [(group, name, figures) for name, figures in report[f"{group}s"].items()]
    for week in report["weeks"]:
        groups.append(("week", str(week["from"]), {name: week[name] for name in report["totals"]}))
    for group in ("weekday", "hour"):
        groups += [(group, name, figures) for name, figures in report[f"{group}s"].items()]
    return [{"group": group, "name": name, **figures} for group, name, figures in groups]


def _weeks(report: Record) -> Iterator[Line]:
    for week in report["weeks"]:
        span = {"first": week["from"], "last": week["to"]}
        yield Line(f"from {day_in_words(week['from'])}", span, week)


def _lines(groups: Record, kind: str, names: Mapping[str, str]) -> Iterator[Line]:
    for value, figures in groups.items():
        yield Line(_named(kind, value, names), {kind: int(value) if kind == "hour" else value}, figures)


def _named(kind: str, value: Any, names: Mapping[str, str]) -> str:
    if kind == "hour":
        return f"{int(value):02}:00"
    if kind == "weekday":
        return str(value).capitalize()
    return WINDOW_WORDS[value] if kind == "window" else names.get(value, str(value))
