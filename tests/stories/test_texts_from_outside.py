"""Texts that are no commands: reserved words, repeats, callers, strangers."""

from __future__ import annotations

import pytest

from tests.support.fixtures import DANA, LEE, MARIA
from tests.support.world import CALLER, Build, World
from triage.services import records
from webhooks.simulator.records import new_sid

RESERVED = ["STOP", "stopall", "UNSUBSCRIBE", "Cancel", "END", "QUIT", "REVOKE", "OPTOUT", "START", "YES", "UNSTOP"]


def test_reserved_words_never_do_anything_to_a_case(world: World) -> None:
    world.voicemail(attested=True)

    answers = {world.text(LEE, word) for word in [*RESERVED, "HELP", "info"]}

    assert answers == {None}
    assert (world.case()["state"], world.case()["owner"]) == ("open", None)


def test_same_message_twice_is_done_once_and_answered_the_same(world: World) -> None:
    world.voicemail(attested=True)
    form = {"MessageSid": new_sid("SM"), "From": LEE, "To": "+16145550100", "Body": "DONE 30"}

    first = world.post("/twilio/sms", **form)
    second = world.post("/twilio/sms", **form)

    assert first.body == second.body
    assert "1001 is closed: 30 min" in first.body
    assert world.kinds().count("billed") == 1


def test_stranger_is_kept_and_not_answered(world: World) -> None:
    assert world.text("+13125550111", "ACK 1001 buy now") is None

    (kept,) = records.list_texts(world.program.desk, most=5)
    assert (kept["sender"], kept["body"], kept["ref"]) == ("stranger", "ACK 1001 buy now", None)


def test_text_of_a_caller_lands_in_the_case_and_reaches_the_owner(world: World) -> None:
    world.voicemail(CALLER, attested=True)
    world.text(LEE, "ACK")

    answer = world.text(CALLER, "It is the basement unit, ask for Jürgen — gate 4")
    world.advance(seconds=1)

    assert answer == "1001: passed on to Lee."
    assert world.bodies(LEE)[-1] == "1001 the caller wrote: It is the basement unit, ask for Jürgen - gate 4"
    assert "text_from_caller" in world.kinds()
    assert records.list_texts(world.program.desk, most=1)[0]["sender"] == "caller"


def test_text_of_a_caller_whose_case_nobody_took_reaches_whoever_was_alerted(world: World) -> None:
    world.voicemail(CALLER, attested=True)

    world.text(CALLER, "DONE 1001 5")
    world.advance(seconds=1)

    assert world.bodies(LEE)[-1] == "1001 the caller wrote: DONE 1001 5"
    assert world.case()["state"] == "open"


def test_text_of_a_caller_after_the_case_is_closed_is_theirs_and_reaches_whoever_had_it(world: World) -> None:
    world.voicemail(CALLER, attested=True)
    world.text(LEE, "DONE")
    world.text(LEE, "DONE 0 wrong number")

    world.text(CALLER, "still broken")
    world.advance(seconds=1)

    assert world.bodies(LEE)[-1] == "1001 (closed) the caller wrote: still broken"
    (kept,) = records.list_texts(world.program.desk, most=1)
    assert (kept["sender"], kept["ref"]) == ("caller", "1001")


def test_one_number_is_heard_so_often_and_all_its_texts_are_kept(build_world: Build) -> None:
    world = build_world(policy='callers.answers = 2\ncallers.answers_within = "10m"')
    world.voicemail(CALLER, attested=True)
    world.text(LEE, "ACK")

    answers = [world.text(CALLER, body) for body in ("STATUS", "hello", "are you there", "STATUS")]
    world.advance(minutes=10)
    later = world.text(CALLER, "STATUS")

    waits = "Case 1001: Lee has it and calls you by 11:30 PM EST."
    assert (answers, later) == ([waits, "1001: passed on to Lee.", None, None], waits)
    assert world.bodies(LEE)[-1] == "1001 the caller wrote: hello\nTheir next texts are kept with the case only."
    assert len(records.list_texts(world.program.desk, most=9)) == 6


def test_technician_who_opted_out_is_said_so_to_whoever_is_in_charge(world: World) -> None:
    world.text(LEE, "STOP")
    world.text(LEE, "STOP")
    world.advance(seconds=1)

    assert world.bodies("+16145550103") == [
        "Lee Okafor opted out of our texts: alerts go by call until they text START."
    ]


def test_long_words_of_a_caller_fit_the_owners_phone(world: World) -> None:
    world.voicemail(CALLER, attested=True)
    world.text(DANA, "ACK 1001")

    world.text(CALLER, "x" * 1500)
    world.advance(seconds=1)

    assert world.bodies(DANA)[-1] == f"1001 the caller wrote: {'x' * 198}.."


def test_words_of_a_caller_who_waits_for_support_hours_reach_those_in_charge_when_these_begin(team: World) -> None:
    team.voicemail(product="server", attested=True)

    team.text(CALLER, "Call my cell 513 555 9999")
    team.advance(minutes=1)
    assert team.bodies(MARIA) == []

    team.at("2026-11-23T13:00:30+00:00")
    assert any("the caller wrote: Call my cell 513 555 9999" in body for body in team.bodies(MARIA))
    (kept,) = [event for event in team.case()["events"] if event["kind"] == "text_from_caller"]
    assert kept["details"]["passed_on"] is True


@pytest.mark.thorough
def test_words_of_a_caller_are_answered_once_an_hour(world: World) -> None:
    world.voicemail(CALLER, attested=True)
    first = [world.text(CALLER, body) for body in ("Any news?", "Hello?", "STATUS please")]
    world.text(LEE, "ACK")
    world.advance(minutes=30)
    again = world.text(CALLER, "Still nothing")
    world.advance(minutes=31)
    later = world.text(CALLER, "Any news now?")
    world.advance(seconds=1)

    assert first == ["1001: we passed it on.", None, "Case 1001 waits for a technician, who calls you by 11:30 PM EST."]
    assert (again, later) == (None, "1001: passed on to Lee.")
    wrote = [body.split(": ", 1)[1] for body in world.bodies(LEE) if "the caller wrote" in body]
    assert wrote == ["Any news?", "Hello?", "Still nothing", "Any news now?"]


def test_owner_may_leave_words_of_callers_unanswered(build_world: Build) -> None:
    world = build_world(policy="callers.passed_on = false")
    world.voicemail(CALLER, attested=True)

    assert world.text(CALLER, "Any news?") is None
    world.advance(seconds=1)
    assert world.bodies(LEE)[-1] == "1001 the caller wrote: Any news?"


def test_whoever_has_the_case_reads_that_its_caller_stopped_our_texts(world: World) -> None:
    world.voicemail(CALLER, attested=True)
    world.text(LEE, "ACK")
    world.text(CALLER, "STOP")

    answers = [world.text(CALLER, body) for body in ("Any news?", "STATUS")]
    world.advance(seconds=1)

    assert answers == [None, None]
    assert world.bodies(LEE)[-2:] == [
        f"1001 the caller wrote: {word}\nThey stopped our texts: answer by a call." for word in ("Any news?", "STATUS")
    ]
