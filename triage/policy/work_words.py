"""Work as people write it: when somebody worked, on wall clocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage.errors import Refused
from triage.policy.day_pricing import Spans
from triage.policy.wall_clock import on_wall, the_instant

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


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of one day as a form has it; an end at midnight is 00:00."""

    day: date
    began: time
    ended: time


def spans_of(rows: Iterable[Row], zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """The instants that rows mean on a wall clock. Raises Refused where it shows one twice or never."""
    found = []
    for row in rows:
        ends_on = row.day + timedelta(days=1) if row.ended == time() else row.day
        start, end = datetime.combine(row.day, row.began), datetime.combine(ends_on, row.ended)
        found.append((the_instant(start, zone), the_instant(end, zone)))
    return tuple(found)


def rows_of(spans: Spans, zone: ZoneInfo) -> tuple[Row, ...]:
    """Spans as rows on a wall clock, to the minute: one that goes past midnight has a row for each day."""
    rows = []
    for start, end in spans:
        at, until = (on_wall(each, zone).replace(second=0, microsecond=0) for each in (start, end))
        while at.date() < until.date():
            rows.append(Row(at.date(), at.time(), time()))
            at = datetime.combine(at.date() + timedelta(days=1), time())
        if at < until:
            rows.append(Row(at.date(), at.time(), until.time()))
    return tuple(rows)


def _read(written: str) -> tuple[datetime, bool]:
    """An instant, or a wall-clock time without a zone, and whether it is that."""
    try:
        at = datetime.fromisoformat(written.strip())
    except ValueError:
        raise Refused(f"{written[:40]!r} is no time; write it like 2026-03-10 14:00, or 2026-03-10T18:00:00Z") from None
    if at.year not in _YEARS or ":" not in written:
        raise Refused(f"{written[:40]!r} is no time; write day and time, like 2026-03-10 14:00")
    return at, at.tzinfo is None
