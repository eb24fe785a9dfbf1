"""`afterhours case pack`: one zip that proves itself."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.cli.conftest import CURSOR, Run, document
from tests.support.fixtures import LEE
from tests.support.world import CALLER, World
from webhooks.simulator.sound import tone


@pytest.fixture
def kept(clock: FrozenDateTimeFactory, sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """A closed case whose message is on our disk; the settings that find it."""
    world = World(clock, sqlite_url, recordings_dir=tmp_path / "audio")
    world.voicemail(CALLER, attested=True, seconds=2, transcript=f"<b>words</b> & {CURSOR} שלום{'x' * 5000}")
    world.advance(seconds=5)
    world.text(LEE, "ACK")
    world.text(LEE, f"DONE 35 <script>{CURSOR}")
    world.close()
    return {"database_url": sqlite_url, "recordings_dir": str(tmp_path / "audio")}


def test_the_pack_holds_what_there_is_and_every_file_fits_its_hash(
    run: Run, kept: dict[str, str], tmp_path: Path
) -> None:
    shown = run("case", "show", "1001", "--json", **kept).stdout

    told = document(run("case", "pack", "1001", "--out", "a.zip", "--json", **kept))

    assert told["sha256"] == hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    with ZipFile(tmp_path / "a.zip") as pack:
        assert pack.namelist() == told["files"]
        assert set(pack.namelist()) == {
            *("README.txt", "case.pdf", "case.json", "policy.json", "recordings/1001-1.wav", "SHA256SUMS")
        }
        assert pack.read("case.json").decode() == shown
        assert pack.read("recordings/1001-1.wav") == tone(2)
        assert pack.read("case.pdf").startswith(b"%PDF-")
        assert len(pack.read("README.txt").splitlines()) == 5
        version = hashlib.sha256(pack.read("policy.json")).hexdigest()
        assert version.startswith(json.loads(shown)["policy"])
        pack.extractall(tmp_path / "unpacked")
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"],  # noqa: S607 - coreutils'
        cwd=tmp_path / "unpacked",
        capture_output=True,
        text=True,
        check=True,
    )
    assert checked.stdout.count(": OK\n") == 5


def test_the_same_state_gives_the_same_bytes_and_who_took_them_is_on_record(
    run: Run, kept: dict[str, str], tmp_path: Path, clock: FrozenDateTimeFactory
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(kept["database_url"].removeprefix("sqlite:///"), copy)
    run("case", "pack", "1001", "--out", "a.zip", **kept)
    clock.tick(3600)
    said = run("case", "pack", "1001", "--out", "b.zip", **kept | {"database_url": f"sqlite:///{copy}"})
    run("case", "pack", "1001", "--out", "later.zip", **kept)

    first, again, later = ((tmp_path / name).read_bytes() for name in ("a.zip", "b.zip", "later.zip"))

    assert first == again
    sha256 = hashlib.sha256(first).hexdigest()
    assert said.stdout == f"b.zip: 6 files, SHA-256 {sha256}\n"
    record = json.loads(ZipFile(io.BytesIO(later)).read("case.json"))
    taken, exported = record["events"][-2:]
    assert (taken["kind"], exported["kind"]) == ("recording_exported", "case_exported")
    assert taken["actor"] == exported["actor"]
    assert exported["actor"].startswith("command line:")
    assert exported["details"] == {"sha256": sha256, "size": len(first)}


def test_a_pack_of_no_case_leaves_no_file_and_the_old_one_as_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.zip").write_text("as it was")

    result = run("case", "pack", "4711", "--out", "old.zip", database_url=f"sqlite:///{tmp_path}/x.db")

    assert result.exit_code == 1
    assert "there is no case 4711" in result.stderr
    assert (tmp_path / "old.zip").read_text() == "as it was"
    assert not [path.name for path in tmp_path.iterdir() if "old.zip." in path.name]
