"""A command without a number, where several cases could be meant: the call just made decides, else one question."""

from __future__ import annotations

import pytest

from tests.support.fixtures import LEE
from tests.support.world import CALLER, World


def test_done_right_after_a_call_means_the_case_of_that_call(world: World) -> None:
    world.voicemail("+12125550101", attested=True)
    world.voicemail(attested=True)
    world.text(LEE, "ACK 1001")
    world.phones.add_phone(CALLER, "Caller", talks_for=45)
    world.phones.set_keys(LEE, "1")
    world.text(LEE, "CALL 1002")
    world.advance(minutes=3)

    assert world.text(LEE, "NOTE gate code 12") == "1002: noted. Lee has it."
    assert (world.text(LEE, "DONE replaced the card") or "").startswith("1002 is closed: 45 s measured")
    assert world.case("1002")["sessions"][0]["note"] == "replaced the card"
    assert world.case("1001")["state"] == "acknowledged"


def test_question_names_the_cases_and_a_number_alone_completes_the_command(world: World) -> None:
    world.voicemail(attested=True)
    world.voicemail("+12125550101", withheld=True, attested=True)
    world.text(LEE, "ACK 1001")
    world.text(LEE, "ACK 1002")
    world.text(LEE, "DONE 1001")
    world.advance(minutes=30)

    asked = world.text(LEE, "DONE 20 new card")
    world.advance(minutes=9)
    answered = world.text(LEE, "#1001")

    assert asked == "Which case? 1001 COLUMBUS OH, called back; 1002 no number\nReply with its number only."
    assert answered == "1001 is closed: 20 min, after-hours rate, $247.50."
    assert world.case()["sessions"][0]["note"] == "new card"
    assert (world.text(LEE, "1002") or "").startswith("Not understood: 1002")


def test_ok_takes_the_one_case_that_the_sender_was_alerted_about_and_not_one_of_two_or_none(world: World) -> None:
    nothing = world.text(LEE, "OK")
    world.voicemail(attested=True)
    world.voicemail("+12125550101", attested=True)
    of_two = world.text(LEE, "ok")
    world.text(LEE, "PASS 1001")
    one = world.text(LEE, "Okay!")
    again = world.text(LEE, "ok")

    assert [(answer or "").startswith("Not understood: ") for answer in (nothing, of_two, one, again)] == [
        True, True, False, True,
    ]  # fmt: skip
    assert [world.case(reference)["owner"] for reference in ("1001", "1002")] == [None, "lee"]
    assert (one or "").startswith("1002 is yours.")


@pytest.mark.thorough
def test_number_alone_long_after_the_question_is_not_its_answer(world: World) -> None:
    world.voicemail(attested=True)
    world.voicemail("+12125550101", attested=True)
    world.text(LEE, "ACK")
    world.advance(minutes=11)

    assert (world.text(LEE, "1001") or "").startswith("Not understood: 1001")
    assert world.case()["state"] == "open"
