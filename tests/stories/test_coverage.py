"""Nights that nobody covers are found ahead of time."""

from __future__ import annotations

from tests.support.fixtures import ADA, MARIA, TEAM
from tests.support.world import Build, World

FROM_MONDAY_ON = TEAM.replace("2026-11-16T08:00:00", "2026-11-23T08:00:00")
GAP = "On-call gaps of the next 14 days:\nprimary: nobody from 9:00 AM EST to Mon 8:00 AM EST"
SATURDAY_DAWN = "2026-11-21T10:00:00"  # 5 AM EST


def test_gap_ahead_is_told_to_the_manager_at_nine(build_world: Build) -> None:
    world = build_world(roster=FROM_MONDAY_ON, at=SATURDAY_DAWN)

    world.at("2026-11-21T13:59:29+00:00")
    before = world.bodies(MARIA)
    world.at("2026-11-21T14:00:00+00:00")
    world.advance(seconds=1)

    assert (before, world.bodies(MARIA)) == ([], [GAP])
    assert world.bodies(ADA) == []


def test_gap_is_told_once_a_day(build_world: Build) -> None:
    world = build_world(roster=FROM_MONDAY_ON, at=SATURDAY_DAWN)
    for hour in (14, 16, 20):
        world.at(f"2026-11-21T{hour}:00:00+00:00")
    world.restart()
    world.at("2026-11-21T23:00:00+00:00")

    world.at("2026-11-22T15:30:00+00:00")
    world.advance(seconds=1)

    assert world.bodies(MARIA) == [GAP, GAP.replace("9:00", "10:30")]


def test_covered_roster_is_not_talked_about(team: World) -> None:
    team.at("2026-11-21T15:00:00+00:00")
    team.advance(seconds=1)

    assert team.bodies(MARIA) == []


def test_ladder_that_names_a_rotation_which_the_roster_lacks_is_told_as_well(build_world: Build) -> None:
    world = build_world(roster=TEAM.replace('name = "secondary"', 'name = "backup"'), at=SATURDAY_DAWN)

    world.at("2026-11-21T14:00:00+00:00")
    world.advance(seconds=1)

    assert world.bodies(MARIA) == [
        "On-call gaps of the next 14 days:\nThe ladder names what is no rotation of the roster: secondary"
    ]


def test_gap_that_goes_on_as_far_as_we_look_has_no_end(build_world: Build) -> None:
    world = build_world(roster=TEAM.replace("2026-11-16T08:00:00", "2027-11-22T08:00:00"), at=SATURDAY_DAWN)

    world.at("2026-11-21T14:00:00+00:00")
    world.advance(seconds=1)

    assert world.bodies(MARIA) == ["On-call gaps of the next 14 days:\nprimary: nobody from 9:00 AM EST on"]
