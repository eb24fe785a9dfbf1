"""`afterhours recording verify`, and what `case show` says of the audio."""

from __future__ import annotations

from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.cli.conftest import Run, document
from tests.support.world import World


def night_with_audio(clock: FrozenDateTimeFactory, sqlite_url: str, folder: Path) -> dict[str, str]:
    """Two voicemails that are on our disk; the settings that find them."""
    world = World(clock, sqlite_url, recordings_dir=folder)
    for caller in ("+16145550121", "+16145550122"):
        world.voicemail(caller, seconds=2)
    world.advance(seconds=5)
    world.close()
    return {"database_url": sqlite_url, "recordings_dir": str(folder)}


def test_files_that_fit_exit_0(run: Run, clock: FrozenDateTimeFactory, sqlite_url: str, tmp_path: Path) -> None:
    settings = night_with_audio(clock, sqlite_url, tmp_path / "audio")

    assert run("recording", "verify", **settings).stdout == f"2 of 2 files in {tmp_path}/audio fit.\n"
    assert document(run("recording", "verify", "--json", **settings)) == {"ok": True, "files": 2, "faults": []}


def test_a_file_that_does_not_fit_exits_1_and_is_named(
    run: Run, clock: FrozenDateTimeFactory, sqlite_url: str, tmp_path: Path
) -> None:
    settings = night_with_audio(clock, sqlite_url, tmp_path / "audio")
    (tmp_path / "audio" / "1002-2.wav").write_bytes(b"another voice")

    result = run("recording", "verify", **settings)
    found = document(run("recording", "verify", "--json", **settings))

    assert result.exit_code == 1
    assert result.stdout.startswith("1002-2.wav of case 1002, RE")
    assert result.stdout.endswith(f": its file was changed\n1 of 2 files in {tmp_path}/audio fit.\n")
    assert [(fault["ref"], fault["fault"]) for fault in found["faults"]] == [("1002", "its file was changed")]


def test_case_show_lists_the_copies(run: Run, clock: FrozenDateTimeFactory, sqlite_url: str, tmp_path: Path) -> None:
    settings = night_with_audio(clock, sqlite_url, tmp_path / "audio")

    case = document(run("case", "show", "1001", "--json", **settings))
    sheet = run("case", "show", "1001", **settings).stdout

    (copy,) = case["recording_copies"]
    assert case["recordings"] == [copy["recording"]]
    assert (copy["state"], copy["file"], copy["size"]) == ("kept", "1001-1.wav", 32_044)
    assert f"copy        {copy['recording']} kept 32044 bytes, sha256 {copy['sha256']}" in sheet


@pytest.mark.thorough
def test_without_the_setting_audio_lies_beside_the_database(run: Run, night: str, tmp_path: Path) -> None:
    result = run("recording", "verify", database_url=night)

    assert result.stdout.endswith(f"files in {tmp_path}/recordings fit.\n")
