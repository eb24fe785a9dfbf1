"""Days, moments and gaps of the on-call calendar as people read them, on the roster's wall clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from triage.policy.roster import Shift
from triage.policy.roster_warnings import is_anybody_left


def day_in_words(on: date) -> str:
    """`Mon, Nov 23`."""
    return f"{on:%a}, {on:%b} {on.day}"


def hour_in_words(at: datetime, zone: ZoneInfo) -> str:
    """`8:00 AM`; with EDT or EST where that hour comes twice."""
    here = at.astimezone(zone)
    is_repeated = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here.hour % 12 or 12}:{here:%M} {here:%p}" + (f" {here:%Z}" if is_repeated else "")


def moment_in_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`Mon, Nov 23, 8:00 AM`; the year where it is another one."""
    here = at.astimezone(zone)
    year = "" if here.year == now.astimezone(zone).year else f" {here.year}"
    return f"{day_in_words(here.date())}{year}, {hour_in_words(at, zone)}"


def gaps_in_words(gaps: Sequence[Shift], needed: Sequence[str]) -> str:
    """What the gaps of the rotations that are needed come to: `Nobody is on call`, `No secondary`; nothing without."""
    if gaps and not is_anybody_left(gaps, needed):
        return "Nobody is on call"
    empty = [name for name in needed if any(gap.rotation == name for gap in gaps)]
    return f"No {' and no '.join(empty)}" if empty else ""
