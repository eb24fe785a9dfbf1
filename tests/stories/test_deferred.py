"""Product keys 4 and 5: server products have no support at night, discontinued ones none at all (E3)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.support.fixtures import LEE, MARIA, SAM, TEAM
from tests.support.world import CALLER, Build, World
from triage.services.sla_report import Question, sla_report

MONDAY_OPENING = "2026-11-23T13:00:00+00:00"  # 8 AM EST
WEDNESDAY_NIGHT = "2026-11-26T02:30:00"  # 9:30 PM EST, before Thanksgiving
CLOSED_THURSDAY = 'hours.observed = ["Thanksgiving Day"]'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_server_product_pages_nobody_at_night_nor_on_the_weekend(team: World) -> None:
    left = team.now

    call = team.voicemail(product="server")
    team.at("2026-11-23T12:59:59+00:00")

    assert team.pages(left) == []
    assert team.case()["state"] == "deferred"
    said = "Server products have no support at this hour. Leave a message, and we call you by 10 AM on Monday"
    assert any(said in sentence for sentence in call.heard)


def test_server_product_alerts_at_the_opening_and_is_due_two_support_hours_into_the_day(team: World) -> None:
    team.voicemail(product="server")

    team.at(MONDAY_OPENING)
    team.advance(seconds=1)

    case = team.case()
    assert (case["state"], case["flags"]) == ("open", ["deferred"])
    assert case["callback_due"] == at("2026-11-23T15:00:00+00:00")
    assert team.bodies(SAM)[0] == (
        "1001 overnight: +16145550199 COLUMBUS OH. Deferred. Server.\n"
        "Call by 10:00 AM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
    )


@pytest.mark.thorough
def test_deferred_case_climbs_its_ladder_from_the_opening_on(team: World) -> None:
    team.voicemail(product="server")

    team.at(MONDAY_OPENING)
    team.advance(minutes=5, seconds=45)

    assert team.pages(at(MONDAY_OPENING)) == [
        "0:00 Sam sms",
        "5:00 Sam call",
        "5:00 Sam sms",
        "5:20 Sam call",
        "5:40 Dana call",
        "5:40 Dana sms",
    ]


def test_clock_of_a_deferred_case_starts_with_its_support_day(team: World) -> None:
    team.voicemail(product="server")
    team.at(MONDAY_OPENING)
    team.advance(minutes=10)
    team.text(SAM, "ACK")

    report = sla_report(team.program.desk, Question(first=date(2026, 11, 20), last=date(2026, 11, 20)), team.now)
    assert report["totals"]["mtta_median_s"] == 600


def test_deferred_case_may_be_taken_and_ended_before_the_opening(team: World) -> None:
    team.voicemail(product="server")

    team.advance(minutes=20)
    answer = team.text(LEE, "DONE 1001 20 was up anyway")
    team.at(MONDAY_OPENING)
    team.advance(hours=3)

    assert answer == "1001 is closed: 20 min, after-hours rate, $247.50."
    assert team.pages(at(MONDAY_OPENING)) == []


def test_discontinued_product_is_listed_to_the_manager_at_the_opening_and_never_paged(team: World) -> None:
    left = team.now

    call = team.voicemail(product="discontinued")
    team.at("2026-11-23T18:00:00+00:00")

    assert team.pages(left) == [f"{int((at(MONDAY_OPENING) - left).total_seconds()) // 60}:00 Maria sms"]
    assert team.bodies(MARIA)[0] == (
        "1001 overnight: +16145550199 COLUMBUS OH. Not supported. Discontinued product.\n"
        "No support is owed (E3). Listed for review: no callback promised."
    )
    assert any("This product is no longer supported." in sentence for sentence in call.heard)
    assert (team.case()["state"], team.case()["callback_due"]) == ("review", None)


def test_emergency_key_does_not_change_what_a_discontinued_product_is_owed(team: World) -> None:
    left = team.now

    team.voicemail(emergency=True, product="discontinued")
    team.advance(hours=4)

    assert team.pages(left) == []
    assert team.case()["flags"] == ["emergency", "not_supported"]


def test_server_product_in_support_hours_is_paged_like_any_other(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-11-20T15:00:00")

    world.voicemail(product="server")

    assert world.bodies(LEE) == [
        (
            "1001 support hours: +16145550199 COLUMBUS OH. Server.\n"
            "Call by 12:00 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
        )
    ]


def test_discontinued_product_in_support_hours_waits_for_the_next_day_all_the_same(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-11-20T15:00:00")
    left = world.now

    world.voicemail(product="discontinued")
    world.at(MONDAY_OPENING)

    assert {page.split()[1] for page in world.pages(left)} == {"Maria"}


@pytest.mark.thorough
def test_closure_day_is_no_support_day(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=CLOSED_THURSDAY, at=WEDNESDAY_NIGHT)
    left = world.now

    world.voicemail(product="server")
    world.at("2026-11-27T13:00:00+00:00")
    world.advance(seconds=1)

    assert world.case()["callback_due"] == at("2026-11-27T15:00:00+00:00")
    assert world.pages(left) == [f"{int((at('2026-11-27T13:00:00+00:00') - left).total_seconds()) // 60}:00 Sam sms"]


def test_closure_day_in_the_roster_counts_as_well(build_world: Build) -> None:
    world = build_world(roster=f"closures = [2026-11-26]\n{TEAM}", at="2026-11-26T15:00:00")

    world.voicemail(CALLER, attested=True)

    assert (world.case()["window"], world.case()["rate"]) == ("other", "after_hours")
    assert world.bodies(SAM)[0].startswith("1001 weekend/closure: +16145550199 COLUMBUS OH.\n")


@pytest.mark.thorough
def test_night_caller_about_a_server_is_not_folded_into_a_case_that_is_due_tonight(team: World) -> None:
    team.voicemail(product="server")
    team.advance(minutes=1)

    team.voicemail(attested=True)

    assert [case["state"] for case in team.cases()] == ["deferred", "open"]
    assert [body[:4] for body in team.bodies(LEE)] == ["1002"]
