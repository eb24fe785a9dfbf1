"""A disk that is full or fails on a night with calls: no voicemail is lost, nothing is doubled, nobody restarts it."""

from __future__ import annotations

import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import text

from scheduler.backup_maker import BackupMaker
from scheduler.disk_watch import DiskWatch
from scheduler.sweep import go_on
from tests.stories.test_outages import BIN, QUIET
from tests.support.disks import SmallDisk, failing_writes, small_disk
from tests.support.fixtures import ADA, FRIDAY_NIGHT, LEE, TEAM
from tests.support.logs import Logs, logs, own_logging
from tests.support.visitor import signed_in
from tests.support.world import CALLER, Build, World
from triage.errors import StoreUnavailable
from triage.policy.access import Role
from triage.policy.disks import PlaceName
from triage.services import disks
from triage.services.audit import verify_chain
from triage.store.sqlite import sqlite_library

__all__ = ["logs", "own_logging"]

SECOND, THIRD = "+12165550123", "+13125550123"
MEGABYTE = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 64) as made:
        yield made


@pytest.fixture
def night(disk: SmallDisk, clock: FrozenDateTimeFactory, tmp_path: Path, sqlite_template: Path) -> Iterator[World]:
    """The team's Friday night with its database on a small disk, its recordings on another."""
    clock.move_to(FRIDAY_NIGHT)
    for name, words in (("roster", TEAM), ("policy", QUIET)):
        (tmp_path / f"{name}.toml").write_text(words)
    shutil.copy(sqlite_template, disk.path / "story.db")
    files = {"roster_file": tmp_path / "roster.toml", "policy_file": tmp_path / "policy.toml"}
    world = World(clock, f"sqlite:///{disk.path}/story.db", reconciles=True, **files)
    world.phones.ours.fallback_twiml = BIN
    world.advance(minutes=1)
    yield world
    world.close()


def fill(world: World, disk: SmallDisk) -> None:
    """Others take all there is; the journal, which has room of its own, begins anew."""
    connection = sqlite_library().connect(str(world.store.url.database))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    disk.fill()


def pass_time(world: World, minutes: int, because: str | None = None) -> list[str]:
    """As the daemon does: a sweep that is refused is followed by the next, `because` of which the one before was. Why
    sweeps were refused."""
    reasons: list[str] = []
    for _ in range(minutes):
        world.clock.tick(timedelta(minutes=1))
        try:
            if because:
                go_on(world.program, because)
            because = None
            world.settle()
        except StoreUnavailable as error:
            because = str(error)
            reasons.append(because)
    return reasons


def answers(world: World, path: str) -> list[int | None]:
    return [post.status for post in world.phones.posted() if path in post.url]


def check_all_is_well(world: World) -> None:
    """Sound, unbroken, and nobody read the same alert twice."""
    with world.store.read() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    assert verify_chain(world.program.desk).first_bad is None
    sent = Counter((m.to, m.body) for m in world.phones.messages() if m.direction.startswith("outbound"))
    assert [key for key, count in sent.items() if count > 1] == []


def live_through(world: World, breaks: Callable[[], object], mends: Callable[[], object], reason: str) -> None:
    """Two voicemails come while the database takes no writes, and are there soon after it does."""
    world.voicemail()
    breaks()
    lost = [world.phones.leave_voicemail(caller) for caller in (SECOND, THIRD)]
    left = world.now.replace(microsecond=0)
    reasons = pass_time(world, 5)
    page = world.app.test_client().get("/readyz").json
    mends()
    after = pass_time(world, 7, reasons[-1])

    assert set(answers(world, "/twilio/voice")) == {200}
    assert [call.warnings for call in lost] == [(), ()]
    assert all(call.recording_sid in world.phones.exchange.recordings for call in lost)
    assert answers(world, "/twilio/recording").count(503) >= 2
    assert (len(reasons), after) == (5, [])
    assert all(reason in why for why in reasons)
    assert page is not None
    assert page["status"] == "not ready"
    cases = {case["caller"]: case for case in world.cases()}
    assert set(cases) == {CALLER, SECOND, THIRD}
    assert [cases[caller]["left_at"] for caller in (SECOND, THIRD)] == [left, left]
    assert [cases[caller]["callback_due"] for caller in (SECOND, THIRD)] == [left + timedelta(hours=2)] * 2
    assert len([body for body in world.bodies(LEE) if body.startswith("100")]) == 3
    [outage] = world.entries("outage")
    assert reason in outage.details["because"]
    [told] = [body for body in world.bodies(ADA) if body.startswith("We were down")]
    assert "2 voicemails were left meanwhile: 1002 1003" in told
    check_all_is_well(world)


def test_voicemails_of_a_night_on_a_full_disk_come_in_when_there_is_room(night: World, disk: SmallDisk) -> None:
    live_through(night, lambda: fill(night, disk), disk.free, "full")


@pytest.mark.thorough
def test_voicemails_of_a_night_on_a_failing_disk_come_in_when_it_works(night: World, logs: Logs) -> None:
    failing = failing_writes()
    live_through(night, failing.__enter__, lambda: failing.__exit__(None, None, None), "disk I/O error")


@pytest.mark.thorough
def test_voicemails_of_a_night_without_the_database_file_come_in_when_it_is_back(night: World) -> None:
    path = Path(night.store.url.database or "")
    away = path.with_name("away.db")
    live_through(night, lambda: path.rename(away), lambda: away.rename(path), "moved or deleted")


def test_the_reserve_lets_alerts_go_on_when_the_disk_is_full(night: World, disk: SmallDisk) -> None:
    watch = DiskWatch(night.program)
    ballast = night.program.ballast
    assert ballast is not None
    for _ in range(2):  # nor is it given up before its time
        watch.look()
    laid = ballast.size()
    night.voicemail()
    fill(night, disk)
    watch.look()
    night.voicemail(SECOND)
    refused = pass_time(night, 3)
    short = watch.findings()
    page = signed_in(night, Role.ADMINISTRATOR).get("/system").text
    figures = night.app.test_client().get("/metrics").text
    disk.free()
    watch.look()
    night.advance(seconds=1)

    assert laid == ballast.size() == int(64 * 1024**2 * 0.03)
    assert refused == []
    assert {case["caller"] for case in night.cases()} == {CALLER, SECOND}
    assert "1002" in " ".join(night.bodies(LEE))
    told, here = [body.partition(":")[0] for body in night.bodies(ADA)], platform.node()[:30]
    assert told == [
        f"On {here} the disk of database was full. Our reserve was given up, so alerts go on",
        f"On {here} the disk of database is nearly full",
        f"There is room again on the disk of database on {here}",
    ]
    assert [entry.details["bytes"] for entry in night.entries("ballast_released")] == [laid]
    assert len(night.entries("ballast_laid")) == 2
    assert len(short) == 1
    [free] = [line for line in figures.splitlines() if line.startswith('afterhours_disk_free_bytes{place="database"}')]
    assert float(free.split()[1]) < laid
    assert "Make room: on a full disk no alert goes out" in page
    check_all_is_well(night)


@pytest.mark.thorough
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_recordings_and_backups_onto_a_full_disk_leave_nothing_half_and_come_when_there_is_room(
    build_world: Build, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("recording_folder", "backup_folder"):  # else nothing is begun on so small a disk
        monkeypatch.setattr(f"triage.store.{module}.LEAST_FREE_BYTES", 0)
    folders = {"recordings_dir": disk.path / "audio", "backup_dir": disk.path / "backups"}
    world = build_world(roster=TEAM, **folders)
    maker = BackupMaker(world.program)
    disk.fill()
    world.voicemail(seconds=30)
    world.advance(minutes=2)
    made = maker.look()
    left = [path for path in disk.path.rglob("*") if path.is_file() and path.stat().st_size and path.suffix]
    waiting = world.case()["voicemails"][0]
    world.advance(seconds=1)
    told = [body.partition(":")[0] for body in world.bodies(ADA)]
    disk.free()
    world.advance(minutes=61)

    assert (made, left) == (False, [])
    assert waiting["seconds"] == 30
    assert {"A recording cannot be kept yet", "No backup was made"} <= set(told)
    assert len(world.phones.recordings()) == 1  # Twilio's is ours to delete only once we have one
    assert maker.look()
    assert len(list((disk.path / "backups").glob("afterhours-*.json"))) == 1
    assert len(list((disk.path / "audio").glob("*.wav"))) == 1
    assert world.kinds().count("recording_kept") == 1


def test_a_folder_that_does_not_answer_holds_up_nobody_who_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of the network whose server is gone; each look at it would take a thread of the web server for ever."""
    gone, answers, asked = tmp_path / "gone", Event(), list[str]()
    gone.mkdir()

    def statvfs(path: Path) -> os.statvfs_result:
        if path == gone:
            asked.append("gone")
            answers.wait(10)
        return real(path)

    real = os.statvfs
    monkeypatch.setattr(os, "statvfs", statvfs)
    monkeypatch.setattr(disks, "_ANSWERS_WITHIN_SECONDS", 0.05)
    places: dict[PlaceName, Path] = {"backups": gone, "database": tmp_path}
    without = [disks.measure(places)[0].places for _ in range(3)]
    looks = len(asked)
    answers.set()
    monkeypatch.setattr(disks, "_ANSWERS_WITHIN_SECONDS", 10.0)

    assert (without, looks) == ([("database",)] * 3, 1)
    assert disks.measure(places)[0].places == ("backups", "database")
