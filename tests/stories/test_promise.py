"""The promise itself: at risk, broken, kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

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


ONE_RUNG = """
ladder.rounds = 1
ladder.steps = [{after = "0s", to = ["primary"], by = ["sms"]}]
"""
RUNG_AT_THE_BREACH = """
ladder.rounds = 1
ladder.steps = [{after = "0s", to = ["primary"], by = ["sms"]}, {after = "2h", to = ["primary"], by = ["sms"]}]
"""


def headed(world: World, phone: str, head: str) -> list[str]:
    return [body for body in world.bodies(phone) if body.startswith(head)]


@pytest.fixture
def quiet(build_world: Build) -> World:
    """A ladder of one rung that is climbed once, so that only the promise is heard of."""
    return build_world(roster=TEAM, policy=ONE_RUNG)


def test_case_at_risk_is_told_once_thirty_minutes_before(quiet: World) -> None:
    left = quiet.now
    quiet.voicemail(attested=True)

    quiet.advance(minutes=119)

    at_risk = "AT RISK 1001 overnight: +16145550199 COLUMBUS OH.\n"
    at_risk += "Call by 11:30 PM EST, 30 min left. Reply ACK 1001, CALL 1001 or PASS"
    assert quiet.case()["at_risk_at"] == left + timedelta(minutes=90)
    assert quiet.pages(left)[-3:] == ["90:00 Dana sms", "90:00 Lee sms", "90:00 Maria sms"]
    assert [headed(quiet, phone, "AT RISK") for phone in (DANA, LEE, MARIA)] == [[at_risk]] * 3


@pytest.mark.thorough
def test_while_somebody_has_it_only_they_and_the_managers_hear_of_the_risk(quiet: World) -> None:
    left = quiet.now
    quiet.voicemail(attested=True)
    quiet.advance(minutes=60)
    quiet.text(DANA, "ACK")

    quiet.advance(minutes=35)

    assert quiet.pages(left)[-2:] == ["90:00 Dana sms", "90:00 Maria sms"]
    assert headed(quiet, DANA, "AT RISK")[0].endswith("30 min left. Reply CALL 1001, DONE 1001 <min> or TRIED 1001")
    assert headed(quiet, LEE, "AT RISK") == []


def test_broken_promise_is_recorded_once_and_told_every_fifteen_minutes(quiet: World) -> None:
    left = quiet.now
    quiet.voicemail(attested=True)

    quiet.advance(minutes=151)

    assert quiet.case()["breached_at"] == left + timedelta(hours=2)
    assert quiet.kinds().count("breached") == 1
    assert [body.splitlines()[1] for body in headed(quiet, MARIA, "OVERDUE")] == [
        "Call now: due 11:30 PM EST. Reply ACK 1001, CALL 1001 or PASS",
        "Call now: due 11:30 PM EST, 15 min late. Reply ACK 1001, CALL 1001 or PASS",
        "Call now: due Fri 11:30 PM EST, 30 min late. Reply ACK 1001, CALL 1001 or PASS",
    ]


@pytest.mark.thorough
def test_rung_on_the_second_of_the_breach_says_so_and_calls_where_the_breach_does(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=RUNG_AT_THE_BREACH)
    left = world.now
    world.voicemail(attested=True)

    world.advance(hours=2)

    assert world.pages(left + timedelta(hours=2), to=LEE) == ["0:00 Lee call", "0:00 Lee sms"]
    assert world.bodies(LEE)[-1].startswith("OVERDUE 1001 overnight: +16145550199 COLUMBUS OH.\n")


def test_breach_texts_and_calls_everyone(quiet: World) -> None:
    left = quiet.now
    quiet.voicemail(attested=True)

    quiet.advance(hours=2)

    assert [page for page in quiet.pages(left) if page.startswith("120:00")] == [
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


def test_while_somebody_has_it_only_they_and_the_managers_hear_of_the_breach(quiet: World) -> None:
    left = quiet.now
    quiet.voicemail(attested=True)
    quiet.advance(minutes=100)
    quiet.text(DANA, "ACK")

    quiet.advance(minutes=36)

    assert quiet.pages(left)[-8:] == [
        "120:00 Dana call",
        "120:00 Dana sms",
        "120:00 Maria call",
        "120:00 Maria sms",
        "135:00 Dana call",
        "135:00 Dana sms",
        "135:00 Maria call",
        "135:00 Maria sms",
    ]


def test_callback_stops_everything_before_and_after_the_breach(quiet: World) -> None:
    quiet.voicemail(attested=True)
    quiet.voicemail("+12125550101", attested=True)
    quiet.text(LEE, "DONE 1001 10")
    quiet.advance(minutes=121)
    quiet.text(DANA, "DONE 1002 10")
    ended = quiet.now

    quiet.advance(hours=6)

    assert quiet.pages(ended) == []
    assert [case["breached_at"] is None for case in quiet.cases()] == [True, False]


@pytest.mark.thorough
def test_promise_of_twenty_seconds_is_watched_to_the_second(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWENTY_SECONDS)
    left = world.now

    world.voicemail(attested=True)
    world.advance(seconds=26)

    sms = [page.removesuffix(" sms") for page in world.pages(left) if page.endswith("sms")]
    assert sms[:6] == ["0:00 Lee", "0:03 Dana", "0:06 Maria", "0:15 Dana", "0:15 Lee", "0:15 Maria"]
    assert sms[6:11] == ["0:20 Ada", "0:20 Dana", "0:20 Lee", "0:20 Maria", "0:20 Sam"]
    assert sms[11:] == [page.replace("0:20", "0:25") for page in sms[6:11]]
    assert world.case()["breached_at"] == left + timedelta(seconds=20)


@pytest.mark.thorough
def test_acknowledgement_of_a_short_promise_holds_for_its_five_seconds(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TWENTY_SECONDS)
    left = world.now
    world.voicemail(attested=True)
    world.text(LEE, "ACK")

    world.advance(seconds=10)

    assert world.pages(left) == ["0:00 Lee sms", "0:06 Dana sms", "0:06 Lee sms", "0:09 Maria sms"]
    assert world.bodies(LEE)[-1].endswith(
        "Call by 9:30 PM EST, 14 s left. Reply CALL 1001, DONE 1001 <min> or TRIED 1001"
    )
