"""The groups of the SLA report: the cases of a span, tallied once, and put together from parts that were kept."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple

from triage.policy.calendar_groups import HOURS, Slot
from triage.policy.sla import Outcome, Tally

FORM = 2
"""Of what is kept: the next number where it comes to mean anything else."""

_OUTCOMES = {each.value: each for each in Outcome}  # to call Outcome takes ten times as long
_KINDS = ("totals", "windows", "technicians", "weeks", "weekdays", "hours")


class Counted(NamedTuple):
    """A case as the report counts it, in one flat row: there may be a hundred thousand. Instants are in microseconds,
    spans in seconds; the slot is that of the wall clock in which it was left."""

    case_id: int
    window: str
    technician: str | None
    slot: Slot
    left: int
    callback_due: int | None
    callback_made_at: int | None
    outcome: Outcome
    to_acknowledge_s: float | None
    to_callback_s: float | None
    basis: str | None


class Broken(NamedTuple):
    """A promise that was not kept, as the report tells of it; instants in microseconds."""

    case_id: int
    window: str
    technician: str | None
    left: int
    callback_due: int
    callback_made_at: int | None


@dataclass(frozen=True, slots=True)
class KeptBroken:
    """Broken promises as they are kept, as text: it is read where they are asked for, and many reports name few."""

    text: str

    def __iter__(self) -> Iterator[Broken]:
        return map(Broken._make, json.loads(self.text))


@dataclass(slots=True)
class Groups:
    """Some cases, tallied all together and by window, technician, week, weekday (0 is Monday) and hour: what these are
    called, as text, and their tally. `volume` has a number for each hour of a week; the parts of `broken` are one
    after the other."""

    tallies: dict[str, defaultdict[str, Tally]] = field(
        default_factory=lambda: {kind: defaultdict(Tally) for kind in _KINDS}
    )
    volume: list[int] = field(default_factory=lambda: [0] * (7 * len(HOURS)))
    parts_broken: list[Iterable[Broken]] = field(default_factory=list)

    def totals(self) -> Tally:
        return self.tallies["totals"][""]

    def broken(self) -> Iterator[Broken]:
        """The promises that were not kept, as they were left."""
        return chain.from_iterable(self.parts_broken)


def counted(cases: Iterable[Counted]) -> Groups:
    """The groups of these cases, which come in the order in which they were left."""
    weeks: defaultdict[int, Tally] = defaultdict(Tally)
    slots: defaultdict[tuple[int, int], Tally] = defaultdict(Tally)
    hands: defaultdict[tuple[str, str | None], Tally] = defaultdict(Tally)
    found, broken = Groups(), list[Broken]()
    found.parts_broken.append(broken)
    for case in cases:
        slot = case.slot
        weeks[slot.week].add(case)
        slots[slot.weekday, slot.hour].add(case)
        hands[case.window, case.technician].add(case)
        if case.outcome is Outcome.BREACHED:
            assert case.callback_due is not None  # noqa: S101 - only a promise can be broken
            broken.append(
                Broken(case.case_id, case.window, case.technician, case.left, case.callback_due, case.callback_made_at)
            )
    parts: list[tuple[str, str, Tally]] = []
    for week, tally in weeks.items():
        parts += (("totals", "", tally), ("weeks", str(week), tally))
    for (weekday, hour), tally in slots.items():
        parts += (("weekdays", str(weekday), tally), ("hours", str(hour), tally))
        found.volume[weekday * len(HOURS) + hour] = tally.count()
    for (window, technician), tally in hands.items():
        parts.append(("windows", window, tally))
        if technician is not None:
            parts.append(("technicians", technician, tally))
    for kind, name, tally in parts:
        found.tallies[kind][name].take(tally)
    return found


def joined(parts: Sequence[Groups]) -> Groups:
    """The groups of all these cases, each of which is in one of the parts."""
    found = Groups()
    for part in parts:
        for kind, tallies in part.tallies.items():
            for name, tally in tallies.items():
                found.tallies[kind][name].take(tally)
        found.volume = [mine + its for mine, its in zip(found.volume, part.volume, strict=True)]
        found.parts_broken += part.parts_broken
    return found


def kept(groups: Groups) -> tuple[dict[str, Any], bytes]:
    """Groups to be kept: what was counted, as JSON, and all spans, each tally's in order."""
    spans = array("d")
    tallies: dict[str, dict[str, Any]] = {}
    for kind, name, tally in _each(groups):
        lengths = []
        for runs in tally.runs():
            before = len(spans)
            spans.extend(merge(*runs))
            lengths.append(len(spans) - before)
        counts = [[became.value, basis, count] for (became, basis), count in tally.kinds.items()]
        tallies.setdefault(kind, {})[name] = [counts, *lengths]
    return {"tallies": tallies, "volume": groups.volume, "broken": json.dumps([*groups.broken()])}, spans.tobytes()


def as_kept(counts: dict[str, Any], spans: bytes) -> Groups:
    """The groups that `kept` made these of."""
    found, ordered, at = Groups(), memoryview(spans).cast("d"), 0
    for kind, tallies in counts["tallies"].items():
        for name, (kinds, acknowledged, called_back) in tallies.items():
            tally = found.tallies[kind][name]
            tally.kinds.update({(_OUTCOMES[became], basis): count for became, basis, count in kinds})
            middle, end = at + acknowledged, at + acknowledged + called_back
            tally.take_runs(ordered[at:middle], ordered[middle:end])
            at = end
    found.volume = counts["volume"]
    found.parts_broken.append(KeptBroken(counts["broken"]))
    return found


def is_decided(callback_due: int | None, callback_made_at: int | None, breached_at: int | None) -> bool:
    """Whether the outcome of a case hangs on the clock no more."""
    return callback_due is None or callback_made_at is not None or breached_at is not None


def _each(groups: Groups) -> Iterator[tuple[str, str, Tally]]:
    for kind, tallies in groups.tallies.items():
        for name, tally in tallies.items():
            yield kind, name, tally
