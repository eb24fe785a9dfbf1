"""Whether there is room on the disks that the program writes to, and what people are told of it. Pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

from triage.policy.limits import (
    BALLAST_BYTES,
    BALLAST_SHARE,
    DISK_FULL_BYTES,
    DISK_FULL_SHARE,
    DISK_LOW_BYTES,
    DISK_LOW_SHARE,
    DISK_SPENT_BYTES,
    DISK_SPENT_SHARE,
)

PlaceName = Literal["database", "recordings", "backups"]
TOLD_AGAIN_AFTER = timedelta(days=1)
_MORE_TO_CALM = 0.9
_LONGEST_HOST = 30
_FILES = frozenset({"recordings", "backups"})


class Level(IntEnum):
    """How bad it is. FULL is before the last byte: while people can still do something."""

    FINE = 0
    LOW = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Room:
    """One disk: what of ours lies on it, and how many bytes we may still write of how many there are."""

    places: tuple[PlaceName, ...]
    free: int
    total: int

    @property
    def holds(self) -> str:
        """What lies on it, in words: the history and the texts name the disk by it."""
        return " and ".join(self.places) if len(self.places) < 3 else "database, recordings and backups"

    @property
    def words(self) -> str:
        return f"{in_bytes(self.free)} free of {in_bytes(self.total)}"


def level_of(room: Room) -> Level:
    """By a share of the disk, of large ones by bytes. Below 256 MiB nothing is written into the folders of files."""
    least = DISK_FULL_BYTES if _FILES.intersection(room.places) else 0
    if room.free < max(min(DISK_FULL_SHARE * room.total, DISK_FULL_BYTES), least):
        return Level.FULL
    return Level.LOW if room.free < max(min(DISK_LOW_SHARE * room.total, DISK_LOW_BYTES), least) else Level.FINE


def level_after(room: Room, before: Level) -> Level:
    """The level, where it was another before: it gets better only with a tenth of room to spare, not to and fro."""
    calm = level_of(replace(room, free=int(room.free * _MORE_TO_CALM)))
    return max(level_of(room), min(before, calm))


def is_to_be_told(level: Level, before: Level, told_at: datetime | None, now: datetime) -> bool:
    """A change, and once a day what stays bad."""
    if level != before or told_at is None:
        return level != before
    return level is not Level.FINE and now - told_at >= TOLD_AGAIN_AFTER


def ballast_for(room: Room) -> int:
    """How many bytes are laid by for the hour in which the disk is full."""
    return int(min(BALLAST_BYTES, BALLAST_SHARE * room.total))


def may_lay_ballast(room: Room) -> bool:
    """Whether there is so much room that nobody misses it."""
    return level_of(replace(room, free=int((room.free - ballast_for(room)) * _MORE_TO_CALM))) is Level.FINE


def is_spent(room: Room) -> bool:
    """Whether the next write may be the last: now the ballast goes."""
    return room.free < min(DISK_SPENT_BYTES, DISK_SPENT_SHARE * room.total)


def told(room: Room, level: Level, host: str) -> str:
    """What administrators are told of a disk of a machine."""
    if level is Level.FINE:
        return f"There is room again on {_disk(room, host)}: {room.words}."
    how = "low" if level is Level.LOW else "nearly full"
    return f"On {host[:_LONGEST_HOST]} the disk of {room.holds} is {how}: {room.words}. {_make_room(room.places)}."


def ballast_told(room: Room, host: str) -> str:
    """What administrators are told where the reserve was given up. `room` is what there is since."""
    was = f"On {host[:_LONGEST_HOST]} the disk of {room.holds} was full"
    return f"{was}. Our reserve was given up, so alerts go on: {room.words}. Make room now."


def in_fault(room: Room, host: str) -> str:
    """What an alarm says of a disk that is nearly full."""
    return f"{_disk(room, host)} has {room.words}"


def mend(room: Room) -> str:
    """What is to be done about a disk that has little room."""
    return f"{_make_room(room.places)}; see the README, The store."


def in_bytes(count: int) -> str:
    """As people read sizes of disks: `742 MB`, `12.4 GB`; never more than there is."""
    if count < 1_000_000_000:
        return f"{count // 1_000_000} MB"
    return f"{count // 100_000_000 / 10:,.1f} GB"


def _disk(room: Room, host: str) -> str:
    return f"the disk of {room.holds} on {host[:_LONGEST_HOST]}"


def _make_room(places: Sequence[PlaceName]) -> str:
    if "database" in places:
        return "Make room: on a full disk no alert goes out"
    if "recordings" in places:
        return "Make room: no recording is fetched to a full disk"
    return "Make room: no backup is made on a full disk"
