"""A comparison of replays for a person at a terminal of 80 columns; times on the contract's wall clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from triage.policy.habits import ENOUGH
from triage.policy.hours import local
from triage.policy.invoice_paper import dollars
from triage.policy.lengths import exactly
from triage.policy.terms import Terms
from triage.services.records import Record

_RUNS = ("was", "as_it_is", "as_proposed")
_HEADS = ("in reality", "replayed as is", "as proposed")
_COLUMNS = 80
_MOST_CASES = 15
_LABEL, _CELL = 26, 17
_COUNTS = (
    ("count", "cases"),
    ("met", "promises kept"),
    ("breached", "promises broken"),
    ("open", "still open"),
    ("deferred", "deferred"),
    ("exhausted", "ladder exhausted"),
    ("nobody_on_call", "nobody on call"),
)
_SPANS = (
    ("mtta_median_s", "taken after, median"),
    ("mtta_p95_s", "  95 % within"),
    ("mttc_median_s", "called back, median"),
    ("mttc_p95_s", "  95 % within"),
)


def sheet(record: Record, names: Mapping[str, str], terms: Terms) -> Iterator[str]:
    """The figures side by side, what each person got, and the cases that came out otherwise."""
    yield f"{record['voicemails']} voicemails of {record['from']} to {record['to']}, replayed; seed {record['seed']}"
    if record["too_few"]:
        yield from wrap(record["too_few"], _COLUMNS)
    yield ""
    runs = [record[name] for name in _RUNS]
    yield _row("", _HEADS)
    for name, words in _COUNTS:
        yield _row(words, [_count(run, name) for run in runs])
    for name, words in _SPANS:
        yield _row(words, [exactly(run[name]) if run[name] is not None else "-" for run in runs])
    yield _row("billed", [dollars(run["billed"]) for run in runs])
    yield ""
    yield "Texts / calls / times woken 23:00-7:00 (once an hour)"
    for person in _people(runs):
        yield _row(names.get(person, person), [_load(run["people"].get(person)) for run in runs])
    yield ""
    yield from _cases(record, terms)
    yield ""
    for words in (*record["notes"], *_model(record, names)):
        yield from wrap(words, _COLUMNS)


def _row(label: str, cells: Any) -> str:
    return (label[: _LABEL - 1].ljust(_LABEL) + "".join(cell.rjust(_CELL) for cell in cells)).rstrip()


def _count(run: Record, name: str) -> str:
    if name == "met" and run["met_share"] is not None:
        return f"{run['met']} ({run['met_share']:.1%})"
    return str(run[name])


def _people(runs: list[Record]) -> list[str]:
    """Everybody who got anything, those with the most calls and texts first."""
    totals: dict[str, int] = {}
    for run in runs:
        for person, load in run["people"].items():
            totals[person] = totals.get(person, 0) + load["sms"] + load["calls"]
    return sorted(totals, key=lambda person: (-totals[person], person))


def _load(load: Mapping[str, int] | None) -> str:
    return " / ".join(f"{load[name]:>3}" for name in ("sms", "calls", "woken")) if load else "-"


def _cases(record: Record, terms: Terms) -> Iterator[str]:
    differing = record["differing"]
    yield f"Called back a minute sooner or more: {record['sooner']}, later: {record['later']}"
    yield f"Promises that come out otherwise: {len(differing) or 'none'}"
    for case in differing[:_MOST_CASES]:
        change = f"{case['before']} -> {case['after']}"
        yield f"{case['reference']:<6} {local(case['left_at'], terms):%b %d %H:%M}  {change:<29}  {case['why']}"
    if len(differing) > _MOST_CASES:
        yield f"and {len(differing) - _MOST_CASES} more: --json has them all"


def _model(record: Record, names: Mapping[str, str]) -> Iterator[str]:
    learnt = record["learnt_from"]
    few = [names.get(person, person) for person, count in learnt["people"].items() if count < ENOUGH]
    like_all = f" Too little is known of {', '.join(few)}: as all do." if few else ""
    yield (
        f"This is a model. In both replays people answer as they did to {learnt['alerts']} alerts of the half year"
        f" before and since.{like_all} What nobody calls back in time is called back at the next 9:00."
        " Amounts are without credits and prepaid hours. --seed 2 is other luck."
    )
