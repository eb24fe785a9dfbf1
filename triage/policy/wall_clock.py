"""Wall-clock times that people enter: near a change of clocks some do not exist, and some come twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from triage.errors import Refused

_STEP = timedelta(minutes=15)


def instants_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants, in UTC, at which clocks show this: none, one or two, the earlier first."""
    both = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = {at for at in both if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall}
    return tuple(sorted(shown))


def the_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant at which clocks show this, in UTC. Raises Refused with the nearest times that are clear."""
    found = instants_of(wall, zone)
    if len(found) == 1:
        return found[0]
    before, after = _nearest(wall, zone, -_STEP), _nearest(wall, zone, _STEP)
    why = "comes twice that day, because the clocks go back" if found else "does not exist: the clocks skip it that day"
    raise Refused(f"{_said(wall)} {why}. Take {_said(before)} or {_said(after)}.")


def on_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant as clocks show it, without a zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _nearest(wall: datetime, zone: ZoneInfo, step: timedelta) -> datetime:
    wall = wall.replace(minute=wall.minute // 15 * 15, second=0, microsecond=0)
    while len(instants_of(wall, zone)) != 1:
        wall += step
    return wall


def _said(wall: datetime) -> str:
    return f"{wall.hour % 12 or 12}:{wall:%M} {wall:%p}"
