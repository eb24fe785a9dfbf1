"""The daemon dies at any commit or provider call of a story, and the story ends the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import freezegun
import pytest

from tests.support.crashes import CrashingWorld, some_always
from tests.support.fixtures import FRIDAY_NIGHT, LEE
from tests.support.world import CALLER
from triage.services.audit import verify_chain
from triage.services.recordings import verify_copies

NEVER = 0
POINTS = range(1, 46)
POINTS_OF_A_CALL = range(1, 86)


AS_EVER = {
    "state": "closed",
    "owner": "lee",
    "recordings": 1,
    "audio": ["kept"],
    "faults": [""],
    "lines": [Decimal("247.50")],
    "alerts": 1,
    "chain": None,
}


@contextmanager
def told(url: str, crash_at: int) -> Iterator[CrashingWorld]:
    """A voicemail, an ACK, a DONE. A technician who gets no answer texts once more."""
    with freezegun.freeze_time(FRIDAY_NIGHT) as clock:
        world = CrashingWorld(clock, url, crash_at=crash_at)
        try:
            world.voicemail(CALLER, seconds=30)
            world.advance(minutes=3)
            world.text(LEE, "ACK") or world.text(LEE, "ACK")
            world.advance(minutes=10)
            world.text(LEE, "DONE 35 new card") or world.text(LEE, "DONE 1001 35 new card")
            world.advance(minutes=5)
            yield world
        finally:
            world.close()


@contextmanager
def told_by_a_call(url: str, crash_at: int) -> Iterator[CrashingWorld]:
    """A voicemail, a CALL, a conversation. A technician who is not rung within two minutes texts once more."""
    with freezegun.freeze_time(FRIDAY_NIGHT) as clock:
        world = CrashingWorld(clock, url, crash_at=crash_at)
        try:
            world.phones.add_phone(CALLER, "Caller", talks_for=300)
            world.phones.set_keys(LEE, "1")
            world.voicemail(CALLER, seconds=30)
            world.text(LEE, "CALL") or world.text(LEE, "CALL")
            world.advance(minutes=2)
            if not the_case(world)["bridges"]:
                world.text(LEE, "CALL")
            world.advance(minutes=20)
            yield world
        finally:
            world.close()


def the_case(world: CrashingWorld) -> dict[str, Any]:
    """The only one. On PostgreSQL a crash may use up a number, so that it is not always 1001."""
    [case] = world.cases()
    return world.case(case["ref"])


def proof(world: CrashingWorld) -> dict[str, Any]:
    """What the phone network measured, and what we have on record of it."""
    case = the_case(world)
    legs = [call for call in world.phones.calls() if call.direction == "outbound-dial"]
    answered_at = legs[0].started_at
    return {
        "dialled": len(legs),
        "measured": [(bridge["outcome"], bridge["seconds"]) for bridge in case["bridges"]],
        "made_at": answered_at is not None and case["callback_made_at"] == answered_at.replace(microsecond=0),
        "state": case["state"],
        "chain": verify_chain(world.program.desk).first_bad,
    }


PROVEN = {
    "dialled": 1,
    "measured": [("connected", 300)],
    "made_at": True,
    "state": "called_back",
    "chain": None,
}


def outcome(world: CrashingWorld) -> dict[str, Any]:
    """What must be the same whether or not the daemon died."""
    case = the_case(world)
    return {
        "state": case["state"],
        "owner": case["owner"],
        "recordings": len(case["recordings"]),
        "audio": [copy["state"] for copy in case["recording_copies"]],
        "faults": [found.fault for found in verify_copies(world.program.desk, world.program.recordings)],
        "lines": [line["amount"] for session in case["sessions"] for line in session["lines"]],
        "alerts": len([body for body in world.bodies(LEE) if f"{case['ref']} overnight" in body]),
        "chain": verify_chain(world.program.desk).first_bad,
    }


def test_the_story_has_no_more_points_than_are_tried(database_url: str) -> None:
    with told(database_url, NEVER) as world:
        assert not world.has_crashed
        assert POINTS[-1] - 5 <= world.points <= POINTS[-1]
        assert outcome(world) == AS_EVER


@pytest.mark.every_case
@pytest.mark.parametrize("point", some_always(POINTS))
def test_a_crash_changes_nothing_in_the_end(database_url: str, point: int) -> None:
    with told(database_url, point) as world:
        assert outcome(world) == AS_EVER


def test_the_callback_has_no_more_points_than_are_tried(sqlite_url: str) -> None:
    with told_by_a_call(sqlite_url, NEVER) as world:
        assert POINTS_OF_A_CALL[-1] - 5 <= world.points <= POINTS_OF_A_CALL[-1]
        assert proof(world) == PROVEN


@pytest.mark.parametrize("point", some_always(POINTS_OF_A_CALL))
def test_a_crash_changes_nothing_of_what_the_network_measured(database_url: str, point: int) -> None:
    with told_by_a_call(database_url, point) as world:
        assert proof(world) == PROVEN
