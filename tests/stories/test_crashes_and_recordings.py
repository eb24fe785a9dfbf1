"""The daemon dies at any point of a recording's life, and the life ends the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import freezegun
import pytest

from tests.support.crashes import CrashingWorld, some_always
from tests.support.fixtures import FRIDAY_NIGHT, LEE
from triage.services.audit import verify_chain
from webhooks.simulator.sound import tone

NEVER = 0
POINTS = range(1, 30)
LAST = 10**9
POLICY = '[recordings]\nkeep_for = "3h"\ndelete_at_provider = true\n'


@contextmanager
def told(url: str, folder: Path, crash_at: int) -> Iterator[CrashingWorld]:
    """A case is closed before its audio is fetched; hours later the phone system's copy goes, then ours."""
    (folder / "policy.toml").write_text(POLICY)
    with freezegun.freeze_time(FRIDAY_NIGHT) as clock:
        world = CrashingWorld(clock, url, crash_at=NEVER, policy_file=folder / "policy.toml")
        try:
            world.voicemail(seconds=30)
            world.text(LEE, "DONE")
            world.text(LEE, "DONE 0")
            world.points, world.crash_at = 0, crash_at
            yield world
        finally:
            world.close()


def life(world: CrashingWorld) -> dict[str, Any]:
    """What was kept after an hour, and what is left after a night."""
    world.advance(minutes=59)
    (copy,) = world.case()["recording_copies"]
    kept = (copy["state"], world.program.recordings.file(copy["file"]).read_bytes() == tone(30))
    at_twilio = len(world.phones.recordings())
    world.advance(hours=4)
    (copy,) = world.case()["recording_copies"]
    history = [kind for kind in world.kinds() if kind.startswith("recording_")]
    return {
        "kept": kept,
        "at Twilio then": at_twilio,
        "at Twilio": len(world.phones.recordings()),
        "state": copy["state"],
        "history": history,
        "files": [path.name for path in world.program.recordings.path.iterdir()],
        "chain": verify_chain(world.program.desk).first_bad,
    }


AS_EVER = {
    "kept": ("kept", True),
    "at Twilio then": 1,
    "at Twilio": 0,
    "state": "removed",
    "history": ["recording_kept", "recording_deleted_at_provider", "recording_removed"],
    "files": [],
    "chain": None,
}


def test_a_recordings_life_has_no_more_points_than_are_tried(sqlite_url: str, tmp_path: Path) -> None:
    with told(sqlite_url, tmp_path, LAST) as world:
        assert life(world) == AS_EVER
        assert POINTS[-1] - 5 <= world.points <= POINTS[-1]


@pytest.mark.every_case
@pytest.mark.parametrize("point", some_always(POINTS))
def test_a_crash_changes_nothing_of_a_recordings_life(database_url: str, tmp_path: Path, point: int) -> None:
    with told(database_url, tmp_path, point) as world:
        assert life(world) == AS_EVER
