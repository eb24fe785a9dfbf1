"""What somebody should know before a change of the roster counts: rotations left empty, people who stand twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from triage.policy.roster import Person, Roster, Shift, shifts
from triage.policy.roster_changes import Effect


@dataclass(frozen=True, slots=True)
class Doubled:
    """`person` has both rotations for [starts, ends), in UTC."""

    person: Person
    rotations: tuple[str, str]
    starts: datetime
    ends: datetime


def emptied(effects: Sequence[Effect]) -> list[Effect]:
    """Where a change leaves a rotation to nobody, each gap in one piece, whoever had which part of it before."""
    found: list[Effect] = []
    for effect in effects:
        if effect.after is None:
            last = found[-1] if found else None
            if last and (last.rotation, last.ends) == (effect.rotation, effect.starts):
                found[-1] = replace(last, ends=effect.ends)
            else:
                found.append(effect)
    return found


def doubled(after: Roster, effects: Sequence[Effect]) -> list[Doubled]:
    """Where a change gives somebody a rotation while they have another one, each time once and in one piece."""
    found: dict[tuple[str, ...], list[Doubled]] = {}
    for one in (each for effect in effects for each in _doubled(after, effect)):
        known = found.setdefault((one.person.id, *one.rotations), [])
        if known and known[-1].ends == one.starts:
            known[-1] = replace(known[-1], ends=one.ends)
        elif one not in known:
            known.append(one)
    return sorted((one for several in found.values() for one in several), key=lambda one: one.starts)


def gaps_in_words(gaps: Sequence[Shift], needed: Sequence[str]) -> str:
    """What the gaps of the rotations that are needed come to: `Nobody is on call`, `No secondary`; nothing without."""
    if gaps and not _is_anybody_left(gaps, needed):
        return "Nobody is on call"
    empty = [name for name in needed if any(gap.rotation == name for gap in gaps)]
    return f"No {' and no '.join(empty)}" if empty else ""


def _is_anybody_left(gaps: Sequence[Shift], needed: Sequence[str]) -> bool:
    """Whether at every moment somebody has one at least of the rotations that are needed."""
    return not any(
        all(any(gap.rotation == name and gap.starts <= at < gap.ends for gap in gaps) for name in needed)
        for at in {gap.starts for gap in gaps}
    )


def _doubled(after: Roster, effect: Effect) -> Iterator[Doubled]:
    if effect.after is None:
        return
    for other in after.rotations:
        if other.name == effect.rotation:
            continue
        for shift in shifts(after, other, effect.starts, effect.ends):
            if shift.person == effect.after:
                first, second = sorted((effect.rotation, other.name))
                yield Doubled(effect.after, (first, second), shift.starts, shift.ends)
