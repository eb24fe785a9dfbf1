"""The promise itself: at risk, broken, kept."""

from __future__ import annotations

from datetime import timedelta

from tests.support.fixtures import DANA, LEE, MARIA, TEAM
from tests.support.world import Build, World

TWENTY_SECONDS = """
windows.overnight.callback_within = "20s"
promise.at_risk_before = "5s"
promise.resume_after_ack = "5s"
promise.realert_after_breach = "5s"
ladder.repeat_after = "1h"

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]

[[ladder.steps]]
after = "3s"
to = ["secondary"]
by = ["sms"]

[[ladder.steps]]
after = "6s"
to = ["managers"]
by = ["sms"]
"""


def headed(world: World, phone: str, head: str) -> list[str]:
    return [body for body in world.bodies(phone) if body.startswith(head)]


def test_case_at_risk_is_told_once_thirty_minutes_before(team: World) -> None:
    left = team.now
    team.voicemail(keys="2")

    team.advance(minutes=119)

    assert team.case()["at_risk_at"] == left + timedelta(minutes=90)
    for phone in (LEE, DANA, MARIA):
        assert headed(team, phone, "AT RISK")[0] == (
            "AT RISK 1001 overnight: +16145550199 COLUMBUS OH.\n"
            "Call by 11:30 PM EST, 30 min left. Reply ACK 1001 or PASS"
        )
    assert len(team.pages(left + timedelta(minutes=90), to=DANA)) == 2


def test_while_somebody_has_it_only_they_and_the_managers_hear_of_the_risk(team: World) -> None:
    left = team.now
    team.voicemail(keys="2")
    team.advance(minutes=60)
    team.text(DANA, "ACK")

    team.advance(minutes=35)

    assert team.pages(left)[-2:] == ["90:00 Dana sms", "90:00 Maria sms"]
    assert headed(team, DANA, "AT RISK")[0].endswith("30 min left. Reply DONE 1001 <min> or TRIED")
    assert headed(team, LEE, "AT RISK") == []


def test_broken_promise_is_recorded_once_and_told_every_fifteen_minutes(team: World) -> None:
    left = team.now
    team.voicemail(keys="2")

    team.advance(minutes=151)

    assert team.case()["breached_at"] == left + timedelta(hours=2)
    assert team.kinds().count("breached") == 1
    assert [body.splitlines()[1] for body in headed(team, MARIA, "OVERDUE")] == [
        "Call by 11:30 PM EST, 0 s left. Reply ACK 1001 or PASS",
        "Call by 11:30 PM EST, 15 min late. Reply ACK 1001 or PASS",
        "Call by Fri 11:30 PM EST, 30 min late. Reply ACK 1001 or PASS",
    ]


def test_breach_calls_everyone_even_where_a_rung_of_texts_falls_on_the_same_second(team: World) -> None:
    left = team.now
    team.voicemail(keys="2")

    team.advance(hours=2)

    assert [page for page in team.pages(left) if page.startswith("120:00")] == [
        "120:00 Ada sms",
        "120:00 Dana call",
        "120:00 Dana sms",
        "120:00 Lee call",
        "120:00 Lee sms",
        "120:00 Maria call",
        "120:00 Maria sms",
        "120:00 Sam call",
        "120:00 Sam sms",
    ]


def test_while_somebody_has_it_only_they_and_the_managers_hear_of_the_breach(team: World) -> None:
    left = team.now
    team.voicemail(keys="2")
    team.advance(minutes=100)
    team.text(DANA, "ACK")

    team.advance(minutes=36)

    assert team.pages(left)[-8:] == [
        "120:00 Dana call",
        "120:00 Dana sms",
        "120:00 Maria call",
        "120:00 Maria sms",
        "135:00 Dana call",
        "135:00 Dana sms",
        "135:00 Maria call",
        "135:00 Maria sms",
    ]


def test_callback_stops_everything_before_and_after_the_breach(team: World) -> None:
    team.voicemail(keys="2")
    team.voicemail("+12125550101", keys="2")
    team.text(LEE, "DONE 1001 10")
    team.advance(minutes=121)
    team.text(DANA, "DONE 1002 10")
    ended = team.now

    team.advance(hours=6)

    assert team.pages(ended) == []
    assert [case["breached_at"] is None for case in team.cases()] == [True, False]


def test_promise_of_twenty_seconds_is_watched_to_the_second(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWENTY_SECONDS)
    left = world.now

    world.voicemail(keys="2")
    world.advance(seconds=26)

    sms = [page.removesuffix(" sms") for page in world.pages(left) if page.endswith("sms")]
    assert sms[:6] == ["0:00 Lee", "0:03 Dana", "0:06 Maria", "0:15 Dana", "0:15 Lee", "0:15 Maria"]
    assert sms[6:11] == ["0:20 Ada", "0:20 Dana", "0:20 Lee", "0:20 Maria", "0:20 Sam"]
    assert sms[11:] == [page.replace("0:20", "0:25") for page in sms[6:11]]
    assert world.case()["breached_at"] == left + timedelta(seconds=20)


def test_acknowledgement_of_a_short_promise_holds_for_its_five_seconds(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWENTY_SECONDS)
    left = world.now
    world.voicemail(keys="2")
    world.text(LEE, "ACK")

    world.advance(seconds=10)

    assert world.pages(left) == ["0:00 Lee sms", "0:06 Dana sms", "0:06 Lee sms", "0:09 Maria sms"]
    assert world.bodies(LEE)[-1].endswith("Call by 9:30 PM EST, 14 s left. Reply DONE 1001 <min> or TRIED")
