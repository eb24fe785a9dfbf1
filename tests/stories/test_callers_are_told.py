"""Texts to callers: the receipt, a word once somebody has the case, and when nothing is texted at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fixtures import ADA, DANA, LEE, TEAM
from tests.support.world import CALLER, Build, World
from webhooks.simulator.phone_system import Behaviour

TOLD = "callers.receipt = true\ncallers.taken = true\n"
RECEIPT = (
    "Support: we have your message. Your case is 1001. A technician calls you by 11:30 PM EST."
    " Reply STATUS for news, STOP for no texts."
)


@pytest.fixture
def telling(build_world: Build) -> World:
    """The fuller roster, and callers are told."""
    return build_world(roster=TEAM, policy=TOLD)


def why_nothing(world: World, reference: str = "1001") -> list[str]:
    return [event["details"]["why"] for event in world.case(reference)["events"] if "withheld" in event["kind"]]


def test_caller_gets_the_reference_and_the_promised_time(telling: World) -> None:
    telling.voicemail(attested=True)

    assert telling.bodies(CALLER) == [RECEIPT]
    assert [event["details"]["what"] for event in telling.case()["events"] if "caller_text" in event["kind"]] == [
        "receipt"
    ]


def test_nothing_is_texted_unless_the_owner_says_so(team: World) -> None:
    team.voicemail(attested=True)
    team.text(LEE, "ACK")
    team.advance(minutes=1)

    assert team.bodies(CALLER) == []


def test_alerts_go_out_before_receipts(telling: World) -> None:
    left = telling.now
    for number in range(3):
        telling.phones.leave_voicemail(f"+1212555010{number}")
    telling.advance(seconds=1)

    out = [m.to for m in telling.phones.messages() if m.direction == "outbound-api" and m.created_at >= left]
    assert out[:3] == [LEE] * 3
    assert sorted(out[3:]) == [f"+1212555010{number}" for number in range(3)]


def test_emergency_is_promised_no_other_time(telling: World) -> None:
    telling.voicemail(emergency=True)

    assert telling.bodies(CALLER) == [RECEIPT]


def test_server_product_is_told_when(telling: World) -> None:
    telling.voicemail(product="server")

    assert "A technician calls you by Mon 10:00 AM EST." in telling.bodies(CALLER)[0]


@pytest.mark.parametrize(
    ("is_spanish", "said"),
    [(False, "Support: we have your call, but no message. Your"), (True, "Soporte: su llamada, sin mensaje. Su")],
)
def test_who_left_no_word_reads_that_there_is_none(is_spanish: bool, said: str, telling: World) -> None:
    telling.voicemail(silent=True, spanish=is_spanish)

    assert telling.bodies(CALLER)[0].startswith(said)
    assert "No words recorded" in telling.bodies(LEE)[0]


def test_discontinued_product_is_promised_no_call(telling: World) -> None:
    telling.voicemail(product="discontinued")

    assert "It is kept until we next open." in telling.bodies(CALLER)[0]


@pytest.mark.thorough
def test_message_that_was_found_too_late_promises_no_past_time(telling: World) -> None:
    telling.find_recording(telling.now - timedelta(hours=3), From=CALLER)
    telling.advance(seconds=1)

    assert "A technician calls you as soon as possible." in telling.bodies(CALLER)[0]


@pytest.mark.thorough
def test_caller_who_becomes_known_later_gets_the_receipt_then(telling: World) -> None:
    call = telling.phones.leave_voicemail(CALLER, withheld=True)
    telling.advance(seconds=1)
    assert telling.bodies(CALLER) == []

    telling.post("/twilio/call-status", CallSid=call.sid, CallStatus="completed", Direction="inbound", From=CALLER)
    telling.advance(seconds=1)

    assert telling.bodies(CALLER) == [RECEIPT]


@pytest.mark.thorough
def test_hang_up_and_second_message_get_none(telling: World) -> None:
    telling.voicemail("+12125550101", seconds=1)
    telling.voicemail(attested=True)
    telling.voicemail(attested=True)

    assert telling.bodies("+12125550101") == []
    assert len(telling.bodies(CALLER)) == 1


def test_number_that_the_caller_keyed_gets_the_texts(telling: World) -> None:
    telling.voicemail(attested=True, number="6145550177")

    assert telling.bodies("+16145550177") == [RECEIPT]
    assert telling.bodies(CALLER) == []


def test_withheld_number_gets_none(telling: World) -> None:
    telling.voicemail(withheld=True)

    assert [m.to for m in telling.phones.messages() if m.to not in {LEE, DANA}] == []


@pytest.mark.parametrize(
    ("caller", "why"),
    [
        (DANA, "the number of somebody on the roster"),
        ("+18765550123", "not a number that we text: country"),
        ("+19005550123", "not a number that we text: never"),
    ],
)
def test_numbers_that_are_never_texted(telling: World, caller: str, why: str) -> None:
    telling.voicemail(caller, attested=True)

    assert [body for body in telling.bodies(caller) if body.startswith("Support")] == []
    assert why_nothing(telling) == [why]


@pytest.mark.thorough
def test_caller_is_told_once_who_has_the_case_and_again_when_somebody_else_has(telling: World) -> None:
    telling.voicemail(attested=True)
    telling.text(LEE, "ACK")
    telling.text(LEE, "ACK")
    telling.advance(minutes=46)  # no callback in time: the ladder goes on
    telling.text(LEE, "ACK 1001")
    telling.advance(minutes=1)
    telling.text(LEE, "PASS 1001")
    telling.text(DANA, "ACK 1001")
    telling.advance(seconds=1)

    assert telling.bodies(CALLER)[1:] == [
        "Case 1001: Lee has it and calls you by 11:30 PM EST.",
        "Case 1001: Dana has it and calls you by 11:30 PM EST.",
    ]


@pytest.mark.thorough
def test_nobody_is_told_of_a_call_that_was_made_already(telling: World) -> None:
    telling.voicemail(attested=True)
    telling.text(LEE, "DONE 10")
    telling.advance(minutes=1)

    assert telling.bodies(CALLER) == [RECEIPT]
    assert why_nothing(telling) == ["somebody has called by now"]


def test_case_in_which_no_call_is_owed_says_nothing_of_who_has_it(telling: World) -> None:
    telling.voicemail(product="discontinued")
    telling.text(LEE, "ACK 1001")
    telling.advance(seconds=1)

    assert len(telling.bodies(CALLER)) == 1


@pytest.mark.thorough
def test_one_number_gets_only_so_many_texts(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=TOLD + 'callers.texts = 1\ncallers.texts_within = "50m"\n')
    world.voicemail(attested=True)
    world.text(LEE, "ACK")
    world.advance(seconds=1)

    assert world.bodies(CALLER) == [RECEIPT]
    assert why_nothing(world) == ["the caller got enough texts"]

    world.advance(minutes=50)
    world.text(DANA, "ACK 1001")
    world.advance(seconds=1)
    assert world.bodies(CALLER)[1:] == ["Case 1001: Dana has it and calls you by 11:30 PM EST."]


def test_after_stop_no_text_ever_until_start(telling: World) -> None:
    telling.text(CALLER, "STOP")
    telling.voicemail(attested=True)
    telling.text(LEE, "ACK")
    telling.advance(minutes=1)
    assert telling.text(CALLER, "STATUS") is None
    assert len(telling.bodies(CALLER)) == 1  # the phone system's own goodbye

    telling.text(CALLER, "START")
    assert telling.text(CALLER, "STATUS") == "Case 1001: Lee has it and calls you by 11:30 PM EST."


@pytest.mark.thorough
@pytest.mark.on_both
def test_stop_that_comes_while_a_text_waits_holds_it_back(telling: World) -> None:
    telling.phones.faults.refuse_429 = 4  # the alert's first tries, and the receipt's
    telling.phones.leave_voicemail(CALLER)
    telling.settle()
    telling.text(CALLER, "STOP")
    telling.advance(minutes=1)

    assert [body for body in telling.bodies(CALLER) if body.startswith("Support")] == []
    assert why_nothing(telling) == ["texts do not reach this number, or it opted out"]


@pytest.mark.thorough
@pytest.mark.parametrize("fault", ["fail_500", "accept_then_hang"])
def test_text_of_unknown_outcome_is_never_repeated(telling: World, fault: str) -> None:
    telling.phones.faults.drop_reports = True
    telling.phones.leave_voicemail(CALLER)
    telling.phones.faults.refuse_429 = 0
    setattr(telling.phones.faults, fault, 2)  # the alert, then the receipt

    telling.advance(minutes=15)

    received = [body for body in telling.bodies(CALLER) if "Support" in body]
    assert received == ([] if fault == "fail_500" else [RECEIPT])
    assert not any(body.startswith("(repeat)") for body in telling.bodies(CALLER))


@pytest.mark.thorough
def test_text_that_does_not_arrive_moves_no_ladder_and_wakes_nobody(telling: World) -> None:
    left = telling.now
    telling.phones.set_behaviour(CALLER, Behaviour.DEAD)

    telling.voicemail(attested=True)
    telling.advance(minutes=4)

    assert telling.pages(left, to=DANA) == []
    assert telling.bodies(ADA) == []
    (failure,) = [event["details"] for event in telling.case()["events"] if event["kind"] == "delivery_failed"]
    assert (failure["code"], failure["person"]) == (30003, None)


@pytest.mark.thorough
def test_landline_is_not_tried_again(telling: World) -> None:
    telling.phones.set_behaviour(CALLER, Behaviour.LANDLINE)

    telling.voicemail(attested=True)
    telling.text(LEE, "ACK")
    telling.advance(seconds=1)

    assert why_nothing(telling) == ["texts do not reach this number, or it opted out"]


def test_spanish_caller_is_told_in_spanish(telling: World) -> None:
    telling.voicemail(spanish=True, attested=True)
    telling.text(LEE, "ACK")
    telling.advance(seconds=1)

    assert telling.bodies(CALLER) == [
        (
            "Soporte: tenemos su mensaje. Su caso es 1001. Un técnico va a llamarle antes de las 11:30 PM EST."
            " Responda ESTADO (noticias) o STOP (cancelar)."
        ),
        "Caso 1001: lo atiende Lee, que va a llamarle antes de las 11:30 PM EST.",
    ]
    assert telling.text(CALLER, "STATUS") == telling.text(CALLER, "ESTADO")
