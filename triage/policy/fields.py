"""How spans, money, times of day and names are written in the policy and roster files."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LONGEST = 3650 * 24 * 60 * 60
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_span(value: Any) -> timedelta:
    """`"1h30m"` as a timedelta. Raises ValueError with the form that is wanted."""
    match = _SPAN.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(f"{value!r} is not a span; write it like 2h, 90s, 1h30m or 7d")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    seconds += ((days * 24 + hours) * 60 + minutes) * 60
    if seconds > _LONGEST:
        raise ValueError(f"{value!r} is longer than ten years; write it like 2h, 90s, 1h30m or 7d")
    return timedelta(seconds=seconds)


def write_span(span: timedelta) -> str:
    """A timedelta of whole seconds as the policy file writes it."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{seconds}s" if seconds else "")
    return "".join(parts) or "0s"


def _read_money(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is not money; write it as a string, like "247.50"')  # noqa: TRY004
    if not _MONEY.fullmatch(value):
        raise ValueError(f'{value!r} is not money; write dollars and cents, like "247.50"')
    return Decimal(value).quantize(Decimal("0.01"))


def _read_time_of_day(value: Any) -> time:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{value!r} is not a time of day; write it like "17:00"')
    return time(int(match[1]), int(match[2]))


def _read_weekday(value: Any) -> int:
    if value not in _DAYS:
        raise ValueError(f"{value!r} is not a day; write one of {', '.join(_DAYS)}")
    return _DAYS.index(value)


def read_zone(value: Any) -> str:
    """A region such as America/New_York. `EDT` is no zone, and `EST` would never see summer time."""
    if not isinstance(value, str) or ("/" not in value and value != "UTC"):
        raise ValueError(f'{value!r} is not a region; write "America/New_York", or "Etc/GMT+4" for EDT all year round')
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is not in the time-zone data; see the tz database's names") from None
    return value


def seconds_between(least: int, most: int) -> AfterValidator:
    """A span of so many seconds; the phone system takes no other."""

    def check(span: timedelta) -> timedelta:
        if not timedelta(seconds=least) <= span <= timedelta(seconds=most):
            raise ValueError(f"write a span from {least}s to {most}s")
        return span

    return AfterValidator(check)


Span = Annotated[
    timedelta,
    BeforeValidator(read_span, json_schema_input_type=str),
    PlainSerializer(write_span, return_type=str),
]
Ringing = Annotated[Span, seconds_between(5, 600)]
KeyWait = Annotated[Span, seconds_between(1, 120)]
Money = Annotated[
    Decimal, BeforeValidator(_read_money), PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str)
]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_read_time_of_day),
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str),
]
Weekday = Annotated[int, BeforeValidator(_read_weekday), PlainSerializer(lambda day: _DAYS[day], return_type=str)]
Zone = Annotated[str, BeforeValidator(read_zone)]
Channel = Literal["sms", "voice"]


class Value(BaseModel):
    """A frozen value read from a file; a key that it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Count = Annotated[int, Field(ge=1)]
WindowName = Literal["support_hours", "evening", "overnight", "other"]
