"""Who is reached: gaps, overrides, hand-overs, a roster without anybody, a policy that changes meanwhile."""

from __future__ import annotations

import pytest

from tests.support.fixtures import DANA, LEE, MARIA, SAM, TEAM
from tests.support.world import Build, World

NOBODY_YET = TEAM.replace("2026-11-16T08:00:00", "2026-12-07T08:00:00").replace(
    "2026-01-05T08:00:00", "2026-12-07T08:00:00"
)
SAM_INSTEAD_OF_LEE = """
[[overrides]]
rotation = "primary"
person = "sam"
from = 2026-11-20T17:00:00
to = 2026-11-20T22:00:00
"""
TWO_RUNGS = """
[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]

[[ladder.steps]]
after = "10m"
to = ["managers"]
by = ["sms"]
"""
STRAIGHT_TO_THE_MANAGER = """
windows.overnight.callback_within = "1h"

[[ladder.steps]]
after = "0s"
to = ["managers"]
by = ["sms"]
"""


def test_nobody_on_call_reaches_the_manager_and_everyone_at_once(build_world: Build) -> None:
    world = build_world(roster=NOBODY_YET)
    left = world.now

    world.voicemail(attested=True)

    assert world.bodies(MARIA)[0] == (
        "NOBODY ON CALL 1001 overnight: +16145550199 COLUMBUS OH.\n"
        "Call by 11:30 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
    )
    assert {page.split()[1] for page in world.pages(left)} == {"Ada", "Dana", "Lee", "Maria", "Sam"}
    assert world.kinds().count("nobody_on_call") == 4


@pytest.mark.thorough
def test_roster_without_anybody_loses_nothing(build_world: Build) -> None:
    world = build_world(roster='timezone = "America/New_York"')
    world.voicemail(attested=True)

    world.advance(hours=4)
    world.restart(roster=TEAM)
    world.advance(minutes=15)

    case = world.case()
    assert (case["state"], case["owner"]) == ("open", None)
    assert case["breached_at"] == case["callback_due"]
    assert world.bodies(LEE)[0].startswith("OVERDUE 1001 overnight: +16145550199 COLUMBUS OH.\n")


@pytest.mark.thorough
def test_override_takes_the_call_for_as_long_as_it_lasts(build_world: Build) -> None:
    world = build_world(roster=TEAM + SAM_INSTEAD_OF_LEE)
    left = world.now

    world.voicemail(attested=True)
    world.advance(minutes=40)
    world.voicemail("+12125550101", attested=True)

    assert world.pages(left)[:3] == ["0:00 Sam sms", "5:00 Sam call", "5:00 Sam sms"]
    assert {body[:4] for body in world.bodies(SAM)} == {"1001"}
    assert world.bodies(LEE)[-1].startswith("1002 overnight: +12125550101 NEW YORK NY.")


def test_hand_over_in_the_middle_of_a_case_pages_whoever_is_on_call_then(team: World) -> None:
    team.at("2026-11-23T12:57:00+00:00")  # Monday, 7:57 AM
    left = team.now

    team.voicemail(attested=True)
    team.advance(minutes=5, seconds=10)

    assert team.pages(left) == ["0:00 Lee sms", "5:00 Sam call", "5:00 Sam sms"]


@pytest.mark.thorough
def test_owner_keeps_the_case_through_the_hand_over(team: World) -> None:
    team.at("2026-11-23T12:57:00+00:00")
    left = team.now
    team.voicemail(attested=True)
    team.text(LEE, "ACK")

    team.advance(minutes=40)

    assert team.pages(left) == ["0:00 Lee sms"]
    assert (team.text(LEE, "LIST") or "").startswith("1001 +16145550199 9:57 AM EST")


def test_live_case_keeps_the_policy_it_began_with_and_a_new_one_gets_the_new(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWO_RUNGS)
    left = world.now
    world.voicemail(attested=True)

    world.restart(policy=STRAIGHT_TO_THE_MANAGER)
    world.voicemail("+12125550101", attested=True)
    world.advance(minutes=11)

    old, new = world.cases()
    assert old["policy"] != new["policy"]
    assert (new["callback_due"] - new["left_at"]).total_seconds() == 3600
    assert (old["callback_due"] - old["left_at"]).total_seconds() == 7200
    assert world.pages(left) == ["0:00 Lee sms", "0:01 Maria sms", "10:00 Maria sms"]


@pytest.mark.parametrize(("word", "answer"), [("ACK", "1001 is yours."), ("DONE 5", "1001 is closed: 5 min")])
def test_manager_may_take_and_end_a_case_like_anybody(team: World, word: str, answer: str) -> None:
    team.voicemail(attested=True)

    assert (team.text(MARIA, word) or "").startswith(answer)
    assert team.case()["owner"] == "maria"


@pytest.mark.thorough
def test_person_taken_off_the_roster_still_has_the_case_and_others_are_paged_in_time(build_world: Build) -> None:
    world = build_world(roster=TEAM)
    world.voicemail(attested=True)
    world.text(LEE, "ACK")

    world.restart(roster=TEAM.replace('"lee"', '"pat"').replace("Lee Okafor", "Pat Reed").replace("0102", "0109"))
    world.advance(minutes=56)

    assert world.case()["owner"] == "lee"
    assert len(world.bodies(LEE)) == 2  # the alert, and our answer
    assert world.bodies("+16145550109")[0].startswith("1001 overnight")
    assert world.bodies(DANA)[0].startswith("1001 overnight")
