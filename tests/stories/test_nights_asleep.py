"""Nights in which nobody wakes up: whom our calls ring, how often, up to the deadline and beyond."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fixtures import ADA, DANA, LEE, MARIA, SAM, TEAM
from tests.support.world import Build, World

EVERYONE = "Dana Lee Maria Sam"


def calls_in(pages: list[str]) -> list[str]:
    """Who is called when, one line an instant."""
    at: dict[str, list[str]] = {}
    for page in pages:
        instant, name, by = page.split()
        if by == "call":
            at.setdefault(instant, []).append(name)
    return [f"{instant} {' '.join(names)}" for instant, names in at.items()]


@pytest.mark.thorough
def test_calls_go_on_to_the_deadline_and_ring_whoever_is_on_call_twice_in_a_row(team: World) -> None:
    left = team.now

    team.voicemail(attested=True)
    team.advance(minutes=125)

    assert calls_in(team.pages(left)) == [
        *("5:00 Lee", "5:20 Lee", "5:40 Dana", f"6:01 {EVERYONE}", "6:21 Maria"),
        *("31:21 Lee", "31:42 Lee", "32:02 Dana", f"32:22 {EVERYONE}", "32:43 Maria"),
        *("57:43 Lee", "58:03 Lee", "58:24 Dana", f"58:44 {EVERYONE}", "59:04 Maria"),
        *("84:04 Lee", "84:25 Lee", "84:45 Dana", f"85:06 {EVERYONE}", "85:26 Maria"),
        *("110:26 Lee", "110:46 Lee", "111:07 Dana", f"111:27 {EVERYONE}", "111:48 Maria"),
        f"120:00 {EVERYONE}",
    ]
    assert max(len(team.pages(left, to=phone)) for phone in (LEE, DANA, SAM, MARIA)) <= 35
    assert team.bodies(ADA)[0].startswith("1001 overnight")


@pytest.mark.thorough
def test_emergency_rings_two_people_at_once_every_twenty_minutes(team: World) -> None:
    left = team.now

    team.voicemail(emergency=True, attested=True)
    team.advance(minutes=125)

    assert calls_in(team.pages(left)) == [
        *("0:00 Dana Lee", f"0:20 {EVERYONE}", "0:40 Maria"),
        *("20:40 Dana Lee", f"21:01 {EVERYONE}", "21:21 Maria"),
        *("41:21 Dana Lee", f"41:42 {EVERYONE}", "42:02 Maria"),
        *("62:02 Dana Lee", f"62:22 {EVERYONE}", "62:43 Maria"),
        *("82:43 Dana Lee", f"83:03 {EVERYONE}", "83:24 Maria"),
        *("103:24 Dana Lee", f"103:44 {EVERYONE}", "104:04 Maria"),
        f"120:00 {EVERYONE}",
    ]


@pytest.mark.thorough
def test_calls_above_the_limit_are_left_out_though_the_ladder_climbs_fast(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy="limits.calls = 2")
    left = world.now

    world.voicemail(attested=True)
    world.advance(minutes=15)

    assert [page for page in world.pages(left, to=MARIA) if "call" in page] == ["6:01 Maria call", "6:21 Maria call"]
    world.voicemail("+12125550101", emergency=True)
    world.voicemail("+12125550102", emergency=True)
    world.voicemail("+12125550103", emergency=True)
    world.advance(minutes=2)
    assert len([page for page in world.pages(left + timedelta(minutes=15), to=LEE) if "call" in page]) == 2
