"""When a disk has little room: by a share of small ones, by bytes of large ones; and it does not go to and fro."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.disks import (
    Level,
    PlaceName,
    Room,
    ballast_for,
    ballast_told,
    in_bytes,
    is_spent,
    is_to_be_told,
    level_after,
    level_of,
    may_lay_ballast,
    told,
)
from triage.policy.gsm7 import is_gsm7, segments

MIB, GIB = 1024**2, 1024**3
NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def room(free: float, total: float, *places: PlaceName) -> Room:
    return Room(places or ("database",), int(free), int(total))


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (room(GIB, 1000 * GIB), Level.FINE),
        (room(GIB - 1, 1000 * GIB), Level.LOW),
        (room(256 * MIB, 1000 * GIB), Level.LOW),
        (room(256 * MIB - 1, 1000 * GIB), Level.FULL),
        (room(20 * MIB, 100 * MIB), Level.FINE),
        (room(19 * MIB, 100 * MIB), Level.LOW),
        (room(4 * MIB, 100 * MIB), Level.FULL),
        (room(255 * MIB, 400 * MIB, "database", "recordings"), Level.FULL),  # no recording is fetched any more
        (room(257 * MIB, 400 * MIB, "recordings"), Level.FINE),
        (room(0, 8 * MIB), Level.FULL),
    ],
)
def test_the_level_of_a_disk(found: Room, level: Level) -> None:
    assert level_of(found) is level


def test_a_disk_is_better_only_with_room_to_spare() -> None:
    just_over = room(1.05 * GIB, 1000 * GIB)

    assert level_after(just_over, Level.FINE) is Level.FINE
    assert level_after(just_over, Level.LOW) is Level.LOW
    assert level_after(just_over, Level.FULL) is Level.LOW
    assert level_after(room(1.2 * GIB, 1000 * GIB), Level.FULL) is Level.FINE
    assert level_after(room(0, GIB), Level.FINE) is Level.FULL


def test_a_change_is_told_and_what_stays_bad_once_a_day() -> None:
    day = timedelta(days=1)

    assert is_to_be_told(Level.LOW, Level.FINE, None, NOW)
    assert is_to_be_told(Level.FINE, Level.LOW, NOW, NOW)
    assert not is_to_be_told(Level.FINE, Level.FINE, None, NOW)
    assert not is_to_be_told(Level.FINE, Level.FINE, NOW, NOW + 9 * day)
    assert not is_to_be_told(Level.FULL, Level.FULL, NOW, NOW + day - timedelta(seconds=1))
    assert is_to_be_told(Level.FULL, Level.FULL, NOW, NOW + day)


def test_the_reserve_is_small_on_small_disks_laid_with_room_to_spare_and_given_up_at_the_last() -> None:
    assert [ballast_for(room(0, total)) for total in (100 * GIB, 100 * MIB)] == [64 * MIB, 3 * MIB]
    assert may_lay_ballast(room(2 * GIB, 100 * GIB))
    assert not may_lay_ballast(room(GIB, 100 * GIB))
    assert not is_spent(room(16 * MIB, 100 * GIB))
    assert is_spent(room(16 * MIB - 1, 100 * GIB))
    assert not is_spent(room(MIB, 100 * MIB))
    assert is_spent(room(MIB - 1, 100 * MIB))


def test_what_is_told_fits_into_texts_and_says_what_is_at_stake() -> None:
    every: tuple[PlaceName, ...] = ("database", "recordings", "backups")
    host = "a-node-with-a-name-that-is-longer-than-any.example.com"
    texts = [told(room(free, 20e9, *every), level, host) for free in (0, 8e8, 19e9) for level in Level]
    texts += [ballast_told(room(8e7, 20e9, *every), host)]

    assert [text for text in texts if not is_gsm7(text) or segments(text) > 2] == []
    assert told(room(123_456_789, 20e9, "database", "recordings"), Level.FULL, "node2") == (
        "On node2 the disk of database and recordings is nearly full: 123 MB free of 20.0 GB."
        " Make room: on a full disk no alert goes out."
    )
    assert [in_bytes(count) for count in (0, 999_999_999, 1_000_000_000, 252_190_000_000)] == [
        "0 MB", "999 MB", "1.0 GB", "252.1 GB",
    ]  # fmt: skip
