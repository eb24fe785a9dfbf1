"""`afterhours backup` and `restore`: the drill, and what is refused."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.cli.conftest import Run, document
from tests.support.drills import STEM, Night
from triage.store import backup_folder, chain, snapshots
from triage.store.engine import Store


@pytest.fixture
def night(run: Run, clock: FrozenDateTimeFactory, two_voicemails: Path, tmp_path: Path) -> Night:
    shutil.copytree(two_voicemails, tmp_path, dirs_exist_ok=True)
    return Night(run, clock, tmp_path)


def test_a_backup_made_while_others_write_is_restored_whole(night: Night, tmp_path: Path) -> None:
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            night.write()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made = document(night.run("backup", "--json"))
    finally:
        stop.set()
        worker.join()
    live = document(night.run("case", "list", "--json"))
    drill = document(night.run("restore", made["path"], "--to", f"{tmp_path}/drill/x.db", "--json"))
    there = {"database_url": f"sqlite:///{tmp_path}/drill/x.db", "recordings_dir": ""}

    assert (made["path"], made["fault"], made["lacking"]) == (f"{tmp_path}/backups/{STEM}.db", None, [])
    assert made["rows"]["cases"] == 2
    assert [kept["name"] for kept in made["recordings"]] == ["1001-1.wav", "1002-2.wav"]
    assert (drill["entries"], drill["head"]) == (made["chain_number"], made["chain_hash"])
    assert document(night.run("case", "list", "--json", **there)) == live
    verdict = document(night.run("audit", "verify", "--json", **there))
    assert (verdict["ok"], verdict["entries"] > made["chain_number"]) == (True, True)
    assert document(night.run("recording", "verify", "--json", **there)) == {"ok": True, "files": 2, "faults": []}
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == [
        ".lock", f"{STEM}.db", f"{STEM}.json", "recordings",
    ]  # fmt: skip


def test_a_backup_waits_for_no_writer_and_holds_nothing_that_is_not_committed(night: Night, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{night.database}")
    with store.write() as tx:
        before = chain.head(tx.session)
        tx.record("noted", at=night.now, actor="system", case_id=1)
        chain.append(tx.session, tx.entries)
        tx.entries.clear()
        with snapshots.copy_into(store, tmp_path / "copy.db") as session:
            assert chain.head(session) == before
        assert chain.head(tx.session)[0] == before[0] + 1
    store.close()


def test_restoring_over_a_database_keeps_it_aside_and_says_what_only_it_has(night: Night, tmp_path: Path) -> None:
    made = night.run("backup")
    night.write()
    (tmp_path / "audio/1001-1.wav").write_bytes(b"another voice")
    copy = f"{tmp_path}/backups/{STEM}.db"

    refused = night.run("restore", copy)
    done = night.run("restore", copy, "--replace")

    assert made.exit_code == 0
    assert "It was read back and is sound." in made.stdout
    assert (refused.exit_code, done.exit_code) == (2, 0)
    assert "live.db exists: add --replace" in refused.stderr
    assert f"What was there is kept as {tmp_path}/live.db.before-20261121T023501Z." in done.stdout
    assert "It has 2 newer entries, 2026-11-21 02:35:01 to 2026-11-21 02:35:01 UTC, of 1 cases: 1001." in done.stdout
    assert document(night.run("recording", "verify", "--json"))["ok"]
    assert document(night.run("audit", "verify", "--json"))["ok"]
    aside = {"database_url": f"sqlite:///{tmp_path}/live.db.before-20261121T023501Z"}
    assert "more" in night.run("case", "show", "1001", **aside).stdout


def test_nothing_is_restored_onto_a_database_in_use_or_from_a_copy_that_was_changed(
    night: Night, tmp_path: Path
) -> None:
    night.run("backup")
    copy = tmp_path / f"backups/{STEM}.db"
    live = night.database.read_bytes()
    store = Store(f"sqlite:///{night.database}")
    with store.read() as session:
        chain.head(session)
        opened = night.run("restore", str(copy), "--replace")
    store.close()
    night.clock.move_to("2026-11-21T02:30:10")
    running = night.run("restore", str(copy), "--replace")
    night.clock.move_to("2026-11-21T02:36:00")
    copy.write_bytes(copy.read_bytes().replace(b"noted", b"natad", 1).replace(b"2026", b"2027", 1))
    changed = night.run("restore", str(copy), "--replace")
    copy.with_suffix(".json").unlink()
    bare = night.run("restore", str(copy), "--replace")

    assert [one.exit_code for one in (opened, running, changed, bare)] == [2, 2, 1, 2]
    assert "another process has" in opened.stderr
    assert "a daemon runs on" in running.stderr
    assert "its SHA-256 does not fit the manifest" in changed.stderr
    assert f"the manifest {copy.with_suffix('.json')} cannot be read" in bare.stderr
    assert night.database.read_bytes()[100:] == live[100:]


def test_old_backups_and_their_recordings_go_once_the_new_one_is_good(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    for second in (1, 2, 3):
        night.clock.move_to(f"2026-11-21T02:35:0{second}")
        night.run("backup", "--keep", "2")
    kept = sorted(path.name for path in folder.glob("afterhours-*"))
    night.clock.move_to("2026-11-21T02:35:04")
    with monkeypatch.context() as full:
        full.setattr(backup_folder, "LEAST_FREE_BYTES", 2**62)
        failed = night.run("backup", "--keep", "1")
    (tmp_path / "file").touch()
    unwritable = night.run("backup", "--to", f"{tmp_path}/file/x")
    store = Store(f"sqlite:///{night.database}")
    with store.connection() as connection:
        connection.exec_driver_sql("UPDATE events SET actor = 'nobody' WHERE number = 3")
    store.close()
    (folder.parent / "audio/1002-2.wav").unlink()
    (folder / "recordings/1002-2.wav").unlink()
    changed = night.run("backup", "--keep", "1")
    told = [line for line in night.run("doctor").stdout.splitlines() if line[6:].startswith("backup")]

    assert kept == [f"{STEM[:-3]}0{n}Z.{end}" for n in (2, 3) for end in ("db", "json")]
    assert failed.exit_code == 1
    assert failed.stderr.startswith(f"afterhours: {folder}: beside the copy of ")
    assert failed.stderr.endswith(" MiB of the disk have to stay free; make room there\n")
    assert unwritable.exit_code == 1
    assert "Not a directory" in unwritable.stderr
    assert changed.exit_code == 1
    assert "The history in it does not fit: entry 3: changed. No older backup was removed." in changed.stderr
    assert "not on disk as they were fetched: 1002-2.wav." in changed.stderr
    assert "1 recording missing or changed; its history does not fit (entry 3: changed)" in told[0]
    assert len(list(folder.glob("afterhours-*.db"))) == 3
    assert list(folder.glob(".*partial*")) == []
    assert json.loads((folder / f"{STEM[:-3]}04Z.json").read_text())["fault"] == "entry 3: changed"
