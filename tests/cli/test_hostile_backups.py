"""`afterhours restore` of what somebody has tampered with, or that is interrupted: what is there stays."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from freezegun.api import FrozenDateTimeFactory

from tests.cli.conftest import Run, document
from tests.support.drills import STEM, Night

EVIL = "CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM cases; END"
BEFORE = "before-20261121T023501Z"


@pytest.fixture
def night(run: Run, clock: FrozenDateTimeFactory, two_voicemails: Path, tmp_path: Path) -> Night:
    shutil.copytree(two_voicemails, tmp_path, dirs_exist_ok=True)
    return Night(run, clock, tmp_path)


@pytest.fixture
def copy(night: Night, tmp_path: Path) -> Path:
    """A backup that was just made."""
    night.run("backup")
    return tmp_path / f"backups/{STEM}.db"


def forge(copy: Path, statement: str, **manifest: Any) -> None:
    """Change a copy, and its manifest with it: whoever can write the one can write the other."""
    with sqlite3.connect(copy) as database:
        database.execute(statement)
    database.close()
    beside = copy.with_suffix(".json")
    told = json.loads(beside.read_text())
    told |= {"sha256": hashlib.sha256(copy.read_bytes()).hexdigest(), "size": copy.stat().st_size, **manifest}
    beside.write_text(json.dumps(told))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def restored(night: Night, copy: Path) -> tuple[Result, bool]:
    """What came of it, and whether what was there is there as it was, with nothing beside it."""
    before, there = night.database.read_bytes()[100:], names_in(night.folder)
    done = night.run("restore", str(copy), "--replace")
    return done, (night.database.read_bytes()[100:], names_in(night.folder)) == (before, there)


@pytest.mark.parametrize("statement", [EVIL, "CREATE VIEW evil AS SELECT * FROM cases"])
def test_a_copy_that_would_run_what_we_never_wrote_is_not_put_back(
    night: Night,
    copy: Path,
    statement: str,
) -> None:
    forge(copy, statement)
    done, is_same = restored(night, copy)

    assert (done.exit_code, is_same) == (1, True)
    assert f"{copy} runs what afterhours never wrote ('evil'): take another" in done.stderr


def test_a_copy_at_a_revision_that_never_was_is_refused_before_anything_is_done(
    night: Night,
    copy: Path,
) -> None:
    forge(copy, "UPDATE alembic_version SET version_num = '0001_zzz'", revision="0001_zzz")
    done, is_same = restored(night, copy)

    assert (done.exit_code, is_same) == (2, True)
    assert f"{copy.name} is at 0001_zzz, which no release of afterhours has" in done.stderr


def test_a_schema_that_cannot_be_brought_up_leaves_what_was_there(
    night: Night,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("triage.store.schema.upgrade", fail)
    done, is_same = restored(night, copy)

    assert (done.exit_code, is_same) == (1, True)


def test_a_restore_that_dies_before_its_last_step_leaves_what_was_there(
    night: Night,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replace: Callable[[Path, Any], Path] = Path.replace
    there = night.database.read_bytes()[100:]

    def die(path: Path, to: Path) -> Path:
        if to == night.database:
            raise KeyboardInterrupt
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", die)
    night.run("restore", str(copy), "--replace")

    assert night.database.read_bytes()[100:] == there


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/dev/zero"), os.mkfifo])
def test_a_recording_that_never_ends_is_told_as_lacking(
    night: Night,
    copy: Path,
    make: Callable[[Path], None],
) -> None:
    for path in (copy.parent / "recordings/1001-1.wav", night.folder / "audio/1001-1.wav"):
        path.unlink()
    make(copy.parent / "recordings/1001-1.wav")
    done = night.run("restore", str(copy), "--replace")

    assert done.exit_code == 1
    assert "The backup lacks these recordings: 1001-1.wav." in done.stderr


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/dev/zero"), os.mkfifo])
@pytest.mark.parametrize("ending", [".db", ".json"])
def test_a_copy_or_a_manifest_that_never_ends_is_refused(
    night: Night,
    copy: Path,
    ending: str,
    make: Callable[[Path], None],
) -> None:
    copy.with_suffix(ending).unlink()
    make(copy.with_suffix(ending))
    done, is_same = restored(night, copy)

    assert is_same
    assert "is no file" in done.stderr


def test_a_recording_of_the_same_name_is_kept_beside_the_one_that_is_put_back(
    night: Night,
    copy: Path,
) -> None:
    audio = night.folder / "audio"
    (audio / "1001-1.wav").write_bytes(b"another caller, after an older restore")
    night.run("restore", str(copy), "--replace")

    assert (audio / f"1001-1.wav.{BEFORE}").read_bytes() == b"another caller, after an older restore"
    assert document(night.run("recording", "verify", "--json"))["ok"]
    assert names_in(audio) == ["1001-1.wav", f"1001-1.wav.{BEFORE}", "1002-2.wav"]
