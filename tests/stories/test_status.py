"""STATUS from a caller: who has it or that it waits, and by when. From others it is no question."""

from __future__ import annotations

import pytest

from tests.support.fixtures import DANA, LEE
from tests.support.world import CALLER, Build, World
from triage.services import records
from webhooks.simulator.records import new_sid

ELSEWHERE = "+16145550177"


def test_caller_hears_that_it_waits_then_who_has_it_then_that_it_is_done(world: World) -> None:
    world.voicemail(attested=True)
    asked = [world.text(CALLER, "Status?")]
    world.text(LEE, "ACK")
    asked.append(world.text(CALLER, "status 1001"))
    world.text(LEE, "DONE")
    asked.append(world.text(CALLER, "STATUS"))
    world.text(LEE, "DONE 1001 10")
    asked.append(world.text(CALLER, "ESTADO"))

    assert asked == [
        "Case 1001 waits for a technician, who calls you by 11:30 PM EST.",
        "Case 1001: Lee has it and calls you by 11:30 PM EST.",
        "Case 1001: Lee called you back, 9:30 PM EST.",
        "El caso 1001 fue cerrado a las 9:30 PM EST.",
    ]
    assert world.kinds().count("status_asked") == 4
    assert "text_from_caller" not in world.kinds()


@pytest.mark.thorough
def test_several_open_cases_have_a_line_each(world: World) -> None:
    world.voicemail(product="server")
    world.voicemail(attested=True)

    assert world.text(CALLER, "STATUS") == (
        "Case 1002 waits for a technician, who calls you by 11:30 PM EST.\n"
        "Case 1001 waits for our support hours. We call you by Mon 10:00 AM EST."
    )
    assert world.text(CALLER, "STATUS 1001") == (
        "Case 1001 waits for our support hours. We call you by Mon 10:00 AM EST."
    )


@pytest.mark.thorough
def test_overdue_call_is_said_to_be_late(build_world: Build) -> None:
    world = build_world(policy='windows.overnight.callback_within = "60s"')
    world.voicemail(attested=True)
    world.advance(minutes=1)

    assert world.text(CALLER, "STATUS") == (
        "Case 1001 waits for a technician. The call was due by 9:31 PM EST and is late."
    )


def test_reference_of_somebody_else_is_answered_like_one_that_does_not_exist(world: World) -> None:
    world.voicemail("+12125550101", attested=True)
    world.voicemail(CALLER, attested=True)

    waits = "Case 1002 waits for a technician, who calls you by 11:30 PM EST."
    assert world.text(CALLER, "STATUS 1001") == f"We know no case 1001 of this number.\n{waits}"
    assert world.text(CALLER, "STATUS 4711") == f"We know no case 4711 of this number.\n{waits}"


@pytest.mark.thorough
def test_number_that_the_caller_keyed_may_ask_too(world: World) -> None:
    world.voicemail(CALLER, attested=True, number=ELSEWHERE.removeprefix("+1"))

    assert world.text(ELSEWHERE, "STATUS") == world.text(CALLER, "STATUS")


def test_stranger_gets_no_answer(world: World) -> None:
    world.voicemail(CALLER, attested=True)

    assert world.text(ELSEWHERE, "STATUS 1001") is None
    assert records.list_texts(world.program.desk, most=1)[0]["sender"] == "stranger"


@pytest.mark.thorough
def test_technician_is_pointed_to_the_words_that_are_theirs(world: World) -> None:
    world.voicemail(attested=True)

    answer = world.text(DANA, "STATUS")

    assert answer is not None
    assert answer.startswith("Not understood: STATUS\nNothing was changed. Words: ACK,")


@pytest.mark.thorough
def test_more_words_are_also_a_message_to_whoever_has_it(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "ACK")

    assert world.text(CALLER, "status is worse: the lobby is dead too") == (
        "Case 1001: Lee has it and calls you by 11:30 PM EST."
    )
    world.advance(seconds=1)

    assert world.bodies(LEE)[-1] == "1001 the caller wrote: status is worse: the lobby is dead too"


@pytest.mark.thorough
def test_same_question_posted_twice_is_answered_the_same(world: World) -> None:
    world.voicemail(attested=True)
    form = {"MessageSid": new_sid("SM"), "From": CALLER, "To": "+16145550100", "Body": "STATUS"}

    first = world.post("/twilio/sms", **form)
    world.text(LEE, "ACK")

    assert world.post("/twilio/sms", **form).body == first.body
    assert records.list_texts(world.program.desk, most=2)[1]["sender"] == "caller"


@pytest.mark.thorough
def test_owner_may_leave_status_unanswered(build_world: Build) -> None:
    world = build_world(policy="callers.status = false\ncallers.receipt = true")
    world.voicemail(attested=True)

    assert [world.text(CALLER, "STATUS") for _ in range(2)] == ["1001: we passed it on.", None]
    assert "text_from_caller" in world.kinds()
    assert "STATUS" not in world.bodies(CALLER)[0]
