"""Time-zone data: how old a version is, and whether it knows when the clocks change."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

OLD_AFTER = timedelta(days=548)
"""Eighteen months: by then a state or two has changed its rules somewhere, and nobody updates that machine."""

NEW_YORK = "America/New_York"
CHANGEOVERS = {
    datetime(2026, 11, 1, 6, tzinfo=UTC): -5,
    datetime(2027, 3, 14, 7, tzinfo=UTC): -4,
    datetime(2027, 11, 7, 6, tzinfo=UTC): -5,
    datetime(2028, 3, 12, 7, tzinfo=UTC): -4,
    datetime(2028, 11, 5, 6, tzinfo=UTC): -5,
}
"""When clocks change in New York, and by how many hours they differ from UTC from then on: 15 U.S.C. 260a."""

_HOUR = timedelta(hours=1)


def newest_by(version: str) -> date | None:
    """A day by which a version such as 2026b was out, or soon after; None where that is no version.

    There are some six in a year, and their letters follow the alphabet.
    """
    found = re.fullmatch(r"(\d{4})([a-z])", version)
    if found is None:
        return None
    month = min(2 * (ord(found[2]) - ord("a") + 1), 12)
    return date(int(found[1]), month, 28)


def is_old(version: str, today: date) -> bool:
    """Whether a version should have been followed by another on this machine."""
    out = newest_by(version)
    return out is not None and today - out > OLD_AFTER


def wrong_changeovers(zone: ZoneInfo) -> list[datetime]:
    """The changeovers of New York that the data has otherwise, or not at all; of other zones none is known."""
    if zone.key != NEW_YORK:
        return []
    return [at for at, hours in CHANGEOVERS.items() if not _changes(zone, at, hours)]


def _changes(zone: ZoneInfo, at: datetime, hours: int) -> bool:
    before = (at - timedelta(seconds=1)).astimezone(zone).utcoffset()
    after = at.astimezone(zone).utcoffset()
    return after == hours * _HOUR and before == (-9 - hours) * _HOUR
