"""What a story is: a short scene in a world that may die in the middle of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.crashes import CrashingWorld
from tests.support.fixtures import FRIDAY_NIGHT, TEAM


def nothing(_world: CrashingWorld) -> None:
    """Needs no preparation."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """`tell` is the scene, `prepare` what was there before it. `ends` are parts of its end, so that it shows something.

    It closes with nothing under way: an end that falls between two alerts would tell of the clock, not of a crash.
    """

    name: str
    tell: Callable[[CrashingWorld], None]
    ends: Mapping[str, Mapping[str, int]]
    prepare: Callable[[CrashingWorld], None] = nothing
    at: str = FRIDAY_NIGHT
    roster: str = TEAM
    policy: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
