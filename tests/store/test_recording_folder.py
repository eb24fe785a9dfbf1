"""Files of recordings: whole or not at all, nobody else's to read, and a word where the disk fails."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from triage.errors import FolderUnusable, OutcomeUnknown
from triage.store import recording_folder
from triage.store.recording_folder import RecordingFolder, Sink

NAME = "1001-1.wav"
AUDIO = b"RIFF" + b"x" * 100_000


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    return RecordingFolder(tmp_path / "recordings")


def all_of_it(sink: Sink) -> bool:
    sink.write(AUDIO[:7])
    sink.write(AUDIO[7:])
    return True


def test_what_was_written_is_there_with_its_hash(folder: RecordingFolder) -> None:
    kept = folder.keep(NAME, all_of_it)

    assert kept is not None
    assert (kept.sha256, kept.size) == (hashlib.sha256(AUDIO).hexdigest(), len(AUDIO))
    assert folder.file(NAME).read_bytes() == AUDIO
    assert folder.contents(NAME) == kept


def test_nobody_else_may_read_it(folder: RecordingFolder) -> None:
    folder.keep(NAME, all_of_it)

    assert stat.S_IMODE(folder.file(NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_what_breaks_off_leaves_nothing(folder: RecordingFolder) -> None:
    def half(sink: Sink) -> bool:
        sink.write(AUDIO[:50])
        raise OutcomeUnknown("the connection broke")

    with pytest.raises(OutcomeUnknown):
        folder.keep(NAME, half)
    assert folder.keep(NAME, lambda _: False) is None

    assert list(folder.path.iterdir()) == []


def test_what_a_dead_process_left_is_cleared_away_and_other_recordings_stay(folder: RecordingFolder) -> None:
    folder.keep("1001-2.wav", all_of_it)
    (folder.path / f".{NAME}.abc").write_bytes(b"half")

    folder.keep(NAME, all_of_it)

    assert sorted(path.name for path in folder.path.iterdir()) == [NAME, "1001-2.wav"]


def test_a_file_that_is_there_already_is_replaced_as_a_whole(folder: RecordingFolder) -> None:
    def longer(sink: Sink) -> bool:
        sink.write(b"older and longer" * 10_000)
        return True

    folder.keep(NAME, longer)
    folder.keep(NAME, all_of_it)

    assert folder.file(NAME).read_bytes() == AUDIO


def test_removing_twice_is_removing(folder: RecordingFolder) -> None:
    folder.remove(NAME)
    folder.keep(NAME, all_of_it)
    folder.remove(NAME)
    folder.remove(NAME)

    assert folder.contents(NAME) is None


def test_the_last_space_of_a_disk_is_left_to_the_database(
    folder: RecordingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_folder, "LEAST_FREE_BYTES", 2**62)

    with pytest.raises(FolderUnusable, match=r"recordings: \d+ MiB of the disk have to stay free; make room there"):
        folder.keep(NAME, all_of_it)


def test_trying_a_folder_out_leaves_nothing_and_does_not_make_it(folder: RecordingFolder) -> None:
    before = sorted(folder.path.parent.iterdir())

    folder.try_out()

    assert not folder.path.exists()
    assert sorted(folder.path.parent.iterdir()) == before


def test_a_folder_that_is_none_is_told_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = RecordingFolder(tmp_path / "file" / "recordings")

    uses: list[Callable[[], object]] = [
        lambda: folder.keep(NAME, all_of_it), folder.try_out, lambda: folder.contents(NAME),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(FolderUnusable, match=f"{tmp_path}/file/recordings: Not a directory"):
            use()


@pytest.mark.parametrize("name", ["../1001-1.wav", "/etc/passwd", "a/b.wav", "", ".", "..", ".hidden.wav", "1\n.wav"])
def test_a_name_that_leads_out_of_the_folder_is_none_of_ours(folder: RecordingFolder, name: str) -> None:
    with pytest.raises(FolderUnusable, match="not the name of a recording"):
        folder.file(name)
