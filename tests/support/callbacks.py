"""A callback through us, as a story tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.fixtures import LEE
from tests.support.world import CALLER, World


def call_back(world: World, caller: str = CALLER, *, keys: str = "1", talks_for: int = 125) -> None:
    """Lee texts CALL, presses these keys on the call that comes, and the caller talks so long."""
    world.phones.add_phone(caller, "Caller", world.phones.phone(caller).behaviour, talks_for=talks_for)
    world.phones.set_keys(LEE, keys)
    assert (world.text(LEE, "CALL") or "").startswith("1001: we ring you now.")
    world.advance(minutes=6)


def legs(world: World) -> list[Any]:
    """The callers' legs, as the phone system has them."""
    return [call for call in world.phones.calls() if call.direction == "outbound-dial"]


def second(at: datetime) -> datetime:
    """An instant as the phone system writes it."""
    return at.replace(microsecond=0)
