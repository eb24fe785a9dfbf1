"""Rosters over time: which of them was in force when. Whoever had a rotation had it by the roster of that time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from triage.policy.roster import Roster

Rosters: TypeAlias = Sequence[tuple[datetime, Roster]]
"""One or more rosters, the earliest first, each with the instant from which it counts, until the next one does. The
first counts for what is before it too: nothing older is known."""

_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def roster_at(rosters: Rosters, at: datetime) -> Roster:
    """The roster that was in force at an instant."""
    return next((roster for since, roster in reversed(rosters) if since <= at), rosters[0][1])


def by_roster(rosters: Rosters, start: datetime, end: datetime) -> Iterator[tuple[Roster, datetime, datetime]]:
    """The rosters of [start, end), each with all of the time [from, to) for which it counts."""
    edges = [_BEGINNING, *(since for since, _ in rosters[1:]), _END]
    for (_, roster), starts, ends in zip(rosters, edges, edges[1:], strict=False):
        if starts < end and ends > start:
            yield roster, starts, ends
