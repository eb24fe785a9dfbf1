"""Instants as whole numbers: exact, and quick to reckon with by the hundred thousand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_ONE = timedelta(microseconds=1)


def microseconds_of(at: datetime) -> int:
    """Microseconds since the beginning of 1970 in UTC."""
    return (at - _ZERO) // _ONE


def instant_of(microseconds: int) -> datetime:
    """The instant in UTC that is so many microseconds after the beginning of 1970."""
    return _ZERO + timedelta(microseconds=microseconds)
