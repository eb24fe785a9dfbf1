"""Fixtures of the whole program. `world` is a Friday night, Lee on call, Dana behind her, Maria their manager.

`team` is the same night with a fuller roster. After every story `World.check` looks at what has to hold always.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import freezegun
import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.support.world import Build, World

freezegun.configure(extend_ignore_list=["_pytest.timing"])  # else a story seems to take years

FRIDAY_NIGHT = "2026-11-21T02:30:00"  # UTC: 9:30 PM EST on Friday, overnight
DANA = "+16145550101"
LEE = "+16145550102"
MARIA = "+16145550103"
SAM = "+16145550104"
ADA = "+16145550105"
TEAM = """
timezone = "America/New_York"

[[people]]
id = "lee"
name = "Lee Okafor"
phone = "+16145550102"
role = "technician"

[[people]]
id = "dana"
name = "Dana Whitfield"
phone = "+16145550101"
role = "technician"

[[people]]
id = "sam"
name = "Sam Novak"
phone = "+16145550104"
role = "technician"

[[people]]
id = "maria"
name = "Maria Brandt"
phone = "+16145550103"
role = "manager"

[[people]]
id = "ada"
name = "Ada Lind"
phone = "+16145550105"
role = "administrator"
channels = ["sms"]

[[rotations]]
name = "primary"
people = ["lee", "sam"]
starts = 2026-11-16T08:00:00
every = "7d"

[[rotations]]
name = "secondary"
people = ["dana"]
starts = 2026-01-05T08:00:00
every = "7d"
"""
"""Lee on call until Monday at eight, then Sam; Dana always second; Maria manages, Ada keeps the machine."""


@pytest.fixture
def clock() -> Iterator[FrozenDateTimeFactory]:
    """The frozen clock of a story, at nine thirty on a Friday night."""
    with freezegun.freeze_time(FRIDAY_NIGHT) as frozen:
        yield frozen  # type: ignore[misc]


@pytest.fixture
def build_world(clock: FrozenDateTimeFactory, database_url: str, tmp_path: Path) -> Iterator[Build]:
    """Makes a world with an owner's policy or roster; on SQLite and on PostgreSQL."""
    worlds: list[World] = []

    def make(*, at: str = FRIDAY_NIGHT, policy: str | None = None, roster: str | None = None, **settings: Any) -> World:
        clock.move_to(at)
        for name, text in (("policy", policy), ("roster", roster)):
            if text is not None:
                (tmp_path / f"{name}.toml").write_text(text)
                settings[f"{name}_file"] = tmp_path / f"{name}.toml"
        worlds.append(World(clock, database_url, **settings))
        return worlds[-1]

    yield make
    try:
        for world in worlds:
            world.check()
    finally:
        for world in worlds:
            world.close()


@pytest.fixture
def world(build_world: Build) -> World:
    return build_world()


@pytest.fixture
def team(build_world: Build) -> World:
    return build_world(roster=TEAM)
