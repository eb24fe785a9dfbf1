"""Work as people write it: when somebody worked, on wall clocks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from triage.errors import Refused
from triage.policy.wall_clock import the_instant

_YEARS = range(1970, 2201)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_span(began: str, ended: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When work began and ended, in UTC: `2026-03-10 14:00` on the wall clock of a zone, or with Z or an offset.

    The end may be a time alone, then it is on the same day. Raises Refused for what is no time, and for a wall clock
    that shows it twice or never.
    """
    start, is_wall = _read(began)
    if match := _TIME.fullmatch(ended.strip()):
        if not is_wall:
            raise Refused(f"{ended!r}: write the end like the beginning, with Z or an offset.")
        return the_instant(start, zone), the_instant(datetime.combine(start, time(int(match[1]), int(match[2]))), zone)
    end, is_end_wall = _read(ended)
    return (
        the_instant(start, zone) if is_wall else start.astimezone(UTC),
        the_instant(end, zone) if is_end_wall else end.astimezone(UTC),
    )


def _read(written: str) -> tuple[datetime, bool]:
    """An instant, or a wall-clock time without a zone, and whether it is that."""
    try:
        at = datetime.fromisoformat(written.strip())
    except ValueError:
        raise Refused(f"{written[:40]!r} is no time; write it like 2026-03-10 14:00, or 2026-03-10T18:00:00Z") from None
    if at.year not in _YEARS or ":" not in written:
        raise Refused(f"{written[:40]!r} is no time; write day and time, like 2026-03-10 14:00")
    return at, at.tzinfo is None
