"""The disks that the program writes to: how much room there is, who is told, and the ballast that is given up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

from triage.policy import disks as rules
from triage.policy.disks import Level, PlaceName, Room
from triage.services.alerts import administrators, tell
from triage.services.desk import Desk
from triage.services.patience import Question
from triage.store import Session, history
from triage.store.ballast import Ballast
from triage.store.engine import Transaction

log = structlog.get_logger()

Known = dict[str, tuple[Level, datetime | None]]
"""The level of each disk that was told last, and when, by what lies on it."""

_KINDS = {Level.FINE: "disk_free", Level.LOW: "disk_low", Level.FULL: "disk_full"}
_LOOKED_THROUGH = 50
_ANSWERS_WITHIN_SECONDS = 1.0


def measure(places: Mapping[PlaceName, Path]) -> list[Room]:
    """Every disk that something of ours lies on. A folder that is not made yet counts where it will be.

    What does not answer is left out: a folder of the network whose server is gone holds whoever looks at it for ever.
    """
    found: dict[int, Room] = {}
    for name, path in places.items():
        try:
            device, free, total = _look_at(path).answer(_ANSWERS_WITHIN_SECONDS)
        except OSError:  # a TimeoutError too; it went away, or may not be looked at: what needs it fails aloud
            continue
        known = found[device].places if device in found else ()
        found[device] = Room((*known, name), free, total)
    return [room for room in found.values() if room.total]


@lru_cache(maxsize=16)
def _look_at(path: Path) -> Question[tuple[int, int, int]]:
    """One look at a time at each folder: its device, the bytes that are free, all bytes."""

    def look() -> tuple[int, int, int]:
        there = next((folder for folder in (path, *path.parents) if folder.is_dir()), Path("/"))
        device, disk = there.stat().st_dev, os.statvfs(there)
        return device, disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize

    return Question(look)


def watch(desk: Desk, rooms: list[Room], known: Known, host: str, now: datetime) -> None:
    """Put on record and tell administrators where a disk has little room, or enough again.

    `host` is the machine whose disks they are: each node has its own. What is `known` of them is read once, and kept.
    Raises StoreUnavailable.
    """
    for room in rooms:
        if room.holds not in known:
            with desk.store.read() as session:
                known[room.holds] = _last(session, room, host)
        before, told_at = known[room.holds]
        level = rules.level_after(room, before)
        if not rules.is_to_be_told(level, before, told_at, now):
            continue
        with desk.store.write() as tx:
            _record(tx, room, level, host, now)
            text = rules.told(room, level, host)
            people = administrators(desk.roster(tx.session))
            tell(tx, people, text, terms=desk.terms, now=now, same_if=text.partition(":")[0])
        known[room.holds] = level, now
        log.warning("disk_room", disk=room.holds, room=level.name.lower(), free=room.free, total=room.total)


def faults(rooms: list[Room], host: str) -> list[str]:
    """Which disks of a machine are as good as full, in words."""
    return [rules.in_fault(room, host) for room in rooms if rules.level_of(room) is Level.FULL]


def give_up_ballast(ballast: Ballast, rooms: list[Room]) -> int:
    """At the last moment, without the database: how many bytes were given back, 0 where it is not the moment."""
    room = _of_database(rooms)
    size = ballast.size()
    if room is None or not size or not rules.is_spent(room) or not ballast.release():
        return 0
    log.error("ballast_released", bytes=size)
    return size


def note_given_up(desk: Desk, size: int, rooms: list[Room], host: str, now: datetime) -> None:
    """What was given back is on record, and administrators are told. Raises StoreUnavailable."""
    room = _of_database(rooms)
    with desk.store.write() as tx:
        tx.record("ballast_released", at=now, actor="system", bytes=size)
        if room is not None:
            people = administrators(desk.roster(tx.session))
            tell(tx, people, rules.ballast_told(room, host), terms=desk.terms, now=now)


def lay_ballast(desk: Desk, ballast: Ballast, rooms: list[Room], now: datetime) -> None:
    """Where there is room for it and none is laid, or less than there should be. Raises StoreUnavailable."""
    room = _of_database(rooms)
    if room is None or ballast.size() >= rules.ballast_for(room) or not rules.may_lay_ballast(room):
        return
    if ballast.lay(rules.ballast_for(room)):
        log.info("ballast_laid", bytes=ballast.size())
        with desk.store.write() as tx:
            tx.record("ballast_laid", at=now, actor="system", bytes=ballast.size())


def _record(tx: Transaction, room: Room, level: Level, host: str, now: datetime) -> None:
    details: dict[str, Any] = {"disk": room.holds, "host": host, "free": room.free, "total": room.total}
    match level:
        case Level.FINE:
            tx.record("disk_free", at=now, actor="system", **details)
        case Level.LOW:
            tx.record("disk_low", at=now, actor="system", **details)
        case Level.FULL:
            tx.record("disk_full", at=now, actor="system", **details)


def _of_database(rooms: list[Room]) -> Room | None:
    return next((room for room in rooms if "database" in room.places), None)


def _last(session: Session, room: Room, host: str) -> tuple[Level, datetime | None]:
    """The level that was last put on record for this disk, and when."""
    entries = [
        (entry.number, level, entry.at)
        for level, kind in _KINDS.items()
        for entry in history.newest_of_kind(session, kind, _LOOKED_THROUGH)
        if (entry.details.get("disk"), entry.details.get("host")) == (room.holds, host)
    ]
    newest = max(entries, default=None)
    return (newest[1], newest[2]) if newest else (Level.FINE, None)
