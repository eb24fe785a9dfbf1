"""A replay of past voicemails under another roster or contract: what goes in, what comes out, how two runs differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from triage.policy.fields import Value
from triage.policy.habits import History, is_night
from triage.policy.roster import Roster
from triage.policy.sla import Outcome, Tally
from triage.policy.terms import ProductLine

_SAME_WAKING = timedelta(hours=1)
_MUCH_MINUTES = 10
ENOUGH_VOICEMAILS = 50
"""Reading: with fewer one promise more or less is over two in a hundred, more than most changes of a roster make."""
WORDS = {
    Outcome.MET: "kept",
    Outcome.BREACHED: "broken",
    Outcome.OPEN: "open",
    Outcome.UNPROMISED: "nothing owed",
}


class PastVoicemail(Value):
    """A voicemail as it was left. `reference` is of its case, `minutes` how long the work about it took."""

    reference: str
    answered_at: datetime
    seconds: int
    is_silent: bool
    caller: str | None
    is_emergency: bool
    attested: bool
    product: ProductLine
    language: str
    number: str | None
    minutes: int


class Job(Value):
    """All that one run knows. Roster and contract are canonical texts."""

    roster: str
    terms: str
    voicemails: tuple[PastVoicemail, ...]
    history: History
    seed: int


class CaseRun(Value):
    """What became of a case; spans in seconds from the start of its clock. `basis` as in Judged."""

    reference: str
    left_at: datetime
    callback_due: datetime | None
    owner: str | None
    outcome: Outcome
    to_acknowledge_s: float | None
    to_callback_s: float | None
    basis: str | None
    is_deferred: bool
    is_exhausted: bool
    had_nobody: bool
    billed: Decimal


class Load(Value):
    """What one person got: texts, calls, and how often alerts woke them (23:00 to 7:00, once an hour)."""

    sms: int = 0
    calls: int = 0
    woken: int = 0


class Run(Value):
    """What became of all cases, in the order in which they were left, and who got what."""

    cases: tuple[CaseRun, ...]
    people: dict[str, Load]


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that came out otherwise."""

    reference: str
    left_at: datetime
    before: str
    after: str
    why: str


def figures(run: Run) -> dict[str, Any]:
    """The figures of a run, those of the SLA report among them."""
    tally = Tally()
    for case in run.cases:
        tally.add(case)
    return {
        **tally.figures().as_dict(),
        "deferred": sum(case.is_deferred for case in run.cases),
        "exhausted": sum(case.is_exhausted for case in run.cases),
        "nobody_on_call": sum(case.had_nobody for case in run.cases),
        "billed": sum((case.billed for case in run.cases), Decimal(0)),
        "people": {person: load.model_dump() for person, load in sorted(run.people.items())},
    }


def loads(sent: Iterable[tuple[str, str, datetime, bool]], zone: ZoneInfo) -> dict[str, Load]:
    """What people got, of texts and calls that come oldest first: who, by what, when, whether it is an alert."""
    found: dict[str, Load] = {}
    woken_at: dict[str, datetime] = {}
    for person, channel, at, is_alert in sent:
        load = found.get(person, Load())
        wakes = is_alert and is_night(at, zone) and at - woken_at.get(person, at - _SAME_WAKING) >= _SAME_WAKING
        if wakes:
            woken_at[person] = at
        found[person] = Load(
            sms=load.sms + (channel == "sms"), calls=load.calls + (channel != "sms"), woken=load.woken + wakes
        )
    return found


def differences(before: Run, after: Run, names: Mapping[str, str]) -> list[Difference]:
    """The cases whose outcome differs, as they were left. A case of the one run that joined another in the other has
    no counterpart there."""
    others = {case.reference: case for case in after.cases}
    return [
        Difference(case.reference, case.left_at, _said(case), _said(other), _why(case, other, names))
        for case in before.cases
        if (other := others.get(case.reference)) is not None and other.outcome != case.outcome
    ]


def too_few(voicemails: int) -> str | None:
    """What to say where voicemails are too few to judge by; None where they are enough."""
    if voicemails >= ENOUGH_VOICEMAILS:
        return None
    share = round(100 / voicemails)
    return (
        f"Only {voicemails} of the {ENOUGH_VOICEMAILS} voicemails that it takes to judge: one promise more or less is"
        f" {share} in 100 here. Name more days."
    )


def sooner_and_later(before: Run, after: Run) -> tuple[int, int]:
    """How many cases were called back a minute sooner, or later, or more."""
    others = {case.reference: case.to_callback_s for case in after.cases}
    gaps = [
        other - case.to_callback_s
        for case in before.cases
        if case.to_callback_s is not None and (other := others.get(case.reference)) is not None
    ]
    return sum(gap <= -60 for gap in gaps), sum(gap >= 60 for gap in gaps)


def turning_before(roster: Roster, start: datetime) -> tuple[Roster, list[str]]:
    """The roster with rotations that begin after `start` turned back by whole rounds, and which those are."""
    here = start.astimezone(ZoneInfo(roster.timezone)).replace(tzinfo=None)
    late = [rotation.name for rotation in roster.rotations if rotation.starts > here]
    turned = []
    for rotation in roster.rotations:
        cycle = rotation.every * len(rotation.people)
        rounds = -(-(rotation.starts - here) // cycle) if rotation.name in late and cycle else 0
        turned.append(rotation.model_copy(update={"starts": rotation.starts - rounds * cycle}))
    return (roster.model_copy(update={"rotations": tuple(turned)}), late) if late else (roster, late)


def _said(case: CaseRun) -> str:
    took = "" if case.to_callback_s is None else f" {int(case.to_callback_s) // 60} min"
    return f"{WORDS[case.outcome]}{took}"


def _is_taken_in_time(case: CaseRun) -> bool:
    """Whether somebody took it before the promise was broken, and not only when the office opened."""
    took, due = case.to_acknowledge_s, case.callback_due
    return took is not None and (due is None or case.left_at + timedelta(seconds=took) < due)


def _why(before: CaseRun, after: CaseRun, names: Mapping[str, str]) -> str:
    """What differs most on the way, in a few words."""
    if before.callback_due != after.callback_due and None in {before.callback_due, after.callback_due}:
        return "owed otherwise"
    if _is_taken_in_time(before) and not _is_taken_in_time(after):
        return "nobody took it in time"
    if after.had_nobody and not before.had_nobody:
        return "nobody on call"
    had, has = (names.get(case.owner or "", case.owner or "nobody").split()[0] for case in (before, after))
    if had != has:
        return f"{has} had it, not {had}"
    for what, was, comes in (
        ("taken", before.to_acknowledge_s, after.to_acknowledge_s),
        ("called back", before.to_callback_s, after.to_callback_s),
    ):
        gap = round((comes - was) / 60) if was is not None and comes is not None else 0
        if abs(gap) >= _MUCH_MINUTES:
            return f"{what} {abs(gap)} min {'later' if gap > 0 else 'sooner'}"
    return "due at another time" if before.callback_due != after.callback_due else "a matter of minutes"
