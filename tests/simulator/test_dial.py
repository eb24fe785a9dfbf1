"""A technician is called first, and through them others: who is rung, who is put through, what is told and measured."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest
from twilio.rest import Client

from tests.simulator.conftest import CALLER, DANA, LEE, OURS, PUBLIC, MovableClock, OurSide
from webhooks.simulator.phone_system import Behaviour, PhoneSystem

SAM = "+16145550104"
DONE = "/twilio/bridge/done"


def numbers(*called: str, attributes: str = "", **dial: str) -> str:
    words = " ".join(f'{name}="{value}"' for name, value in dial.items())
    nouns = "".join(
        f'<Number statusCallback="{PUBLIC}/status" statusCallbackEvent="initiated ringing answered completed" '
        f"{attributes}>{number}</Number>"
        for number in called
    )
    return f'<Response><Dial action="{DONE}" callerId="{OURS}" {words}>{nouns}</Dial></Response>'


def bridge(client: Client, ours: OurSide, document: str) -> str:
    ours.twiml["/bridge"] = document
    sid: str = client.calls.create(to=DANA, from_=OURS, url=f"{PUBLIC}/bridge").sid
    return sid


def ended_as(phones: PhoneSystem, number: str) -> str:
    return phones.phone(number).calls[-1].status


def test_of_phones_that_ring_at_once_the_first_to_pick_up_wins(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.add_phone(LEE, "Lee", picks_up_after=8)
    phones.add_phone(SAM, "Sam", picks_up_after=5, talks_for=90)
    phones.add_phone(CALLER, "A caller", Behaviour.DEAD)

    bridge(client, ours, numbers(LEE, SAM, CALLER))
    phones.run_all()

    assert [ended_as(phones, number) for number in (LEE, SAM, CALLER)] == ["canceled", "completed", "canceled"]
    form = ours.forms(DONE)[0]
    assert (form["DialCallSid"], form["DialCallDuration"]) == (phones.phone(SAM).calls[0].sid, "90")


def test_one_after_the_other_only_the_next_rings(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.add_phone(LEE, "Lee", Behaviour.BUSY)
    phones.add_phone(SAM, "Sam")

    bridge(client, ours, numbers(LEE, SAM, CALLER, sequential="true"))
    phones.run_all()

    assert [ended_as(phones, number) for number in (LEE, SAM)] == ["busy", "completed"]
    assert phones.phone(CALLER).calls == ()


def test_where_all_decline_or_nobody_comes_the_status_says_so(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.add_phone(LEE, "Lee", Behaviour.BUSY)
    phones.add_phone(SAM, "Sam", Behaviour.DEAD)

    bridge(client, ours, numbers(LEE))
    phones.run_all()
    bridge(client, ours, numbers(LEE, SAM, timeout="15"))
    phones.run_all()

    assert [form["DialCallStatus"] for form in ours.forms(DONE)] == ["busy", "no-answer"]
    rung = phones.phone(SAM).calls[0]
    assert rung.ended_at is not None
    assert (rung.ended_at - rung.created_at).total_seconds() == 15


def test_the_childs_callbacks_agree_to_the_second_with_rest(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.add_phone(CALLER, "A caller", talks_for=61, picks_up_after=3.7)

    parent = bridge(client, ours, numbers(CALLER))
    phones.run_all()

    forms = ours.forms("/status")
    assert [form["CallStatus"] for form in forms] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert {form["ParentCallSid"] for form in forms} == {parent}
    child = client.calls.list(parent_call_sid=parent)[0]
    answered, completed = (parsedate_to_datetime(form["Timestamp"]) for form in forms[2:])
    assert (answered, completed) == (child.start_time, child.end_time)
    assert child.duration == forms[3]["CallDuration"] == ours.forms(DONE)[0]["DialCallDuration"] == "61"
    assert (completed - answered).total_seconds() == 61


def test_a_first_party_who_hangs_up_ends_it_and_no_action_is_requested(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.add_phone(DANA, "Dana", hangs_up_after=40)
    phones.add_phone(CALLER, "A caller", talks_for=300)

    parent = bridge(client, ours, numbers(CALLER))
    phones.run_all()

    assert ours.forms(DONE) == []
    assert ours.forms("/status")[-1]["CallDuration"] == "40"
    assert client.calls(parent).fetch().status == "completed"


def test_a_star_ends_the_other_leg_only_and_the_next_keys_are_for_the_menu_after(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.add_phone(DANA, "Dana", will_press="*2", hangs_up_after=25)
    phones.add_phone(CALLER, "A caller", talks_for=300)
    ours.twiml[DONE] = '<Response><Gather numDigits="1" action="/after"><Say>Was it a box?</Say></Gather></Response>'

    bridge(client, ours, numbers(CALLER, hangupOnStar="true"))
    phones.run_all()

    assert ours.forms(DONE)[0]["DialCallDuration"] == "25"
    assert ours.forms("/after")[0]["Digits"] == "2"


def test_a_conversation_stops_at_its_time_limit(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.add_phone(CALLER, "A caller", talks_for=300)

    bridge(client, ours, numbers(CALLER, timeLimit="120"))
    phones.run_all()

    assert ours.forms(DONE)[0]["DialCallDuration"] == "120"


def test_a_voicemail_box_takes_the_conversation(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.add_phone(CALLER, "A caller", Behaviour.VOICEMAIL_BOX, talks_for=45)

    bridge(client, ours, numbers(CALLER))
    phones.run_all()

    form = ours.forms(DONE)[0]
    assert (form["DialCallStatus"], form["DialBridged"], form["DialCallDuration"]) == ("completed", "true", "45")


def test_a_voicemail_box_does_not_accept_a_whisper(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.add_phone(CALLER, "A caller", Behaviour.VOICEMAIL_BOX, will_press="1")
    ours.twiml["/whisper"] = """<Response><Gather numDigits="1" action="/accepted"><Say>Press 1.</Say></Gather>
      <Hangup/></Response>"""

    bridge(client, ours, numbers(CALLER, attributes='url="/whisper"'))
    phones.run_all()

    assert ours.forms(DONE)[0]["DialBridged"] == "false"
    assert ours.forms("/accepted") == []


def test_a_phone_presses_other_keys_on_each_call(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    ours.twiml["/menu"] = '<Response><Gather numDigits="1" action="/key"><Say>Press.</Say></Gather></Response>'
    phones.set_keys(DANA, "", "2", "1")

    for _ in range(4):
        client.calls.create(to=DANA, from_=OURS, url=f"{PUBLIC}/menu")
        phones.run_all()

    assert [form["Digits"] for form in ours.forms("/key")] == ["2", "1", "1"]


def test_ending_the_called_party_by_rest_leads_to_the_action(
    phones: PhoneSystem, client: Client, ours: OurSide, clock: MovableClock
) -> None:
    phones.add_phone(CALLER, "A caller", talks_for=300)
    parent = bridge(client, ours, numbers(CALLER))
    pass_until(phones, clock, 30)

    client.calls(client.calls.list(parent_call_sid=parent)[0].sid).update(status="completed")
    phones.run_due(clock.now())

    assert ours.forms(DONE)[0]["DialCallStatus"] == "completed"
    assert int(ours.forms(DONE)[0]["DialCallDuration"]) < 30


def test_ending_the_first_party_while_the_other_rings_cancels_that(
    phones: PhoneSystem, client: Client, ours: OurSide, clock: MovableClock
) -> None:
    phones.add_phone(CALLER, "A caller", Behaviour.DEAD)
    parent = bridge(client, ours, numbers(CALLER))
    pass_until(phones, clock, 10)

    client.calls(parent).update(status="completed")
    phones.run_all()

    assert (ended_as(phones, CALLER), ended_as(phones, DANA)) == ("canceled", "completed")
    assert ours.forms(DONE) == []


@pytest.mark.parametrize("answer_on_bridge", ["true", "false"])
def test_a_caller_is_answered_when_bridged_or_at_once(
    phones: PhoneSystem, client: Client, ours: OurSide, clock: MovableClock, answer_on_bridge: str
) -> None:
    phones.add_phone(LEE, "The day desk", picks_up_after=12, talks_for=60)
    ours.twiml["/twilio/voice"] = numbers(LEE, answerOnBridge=answer_on_bridge)

    sid = phones.call_us(CALLER)
    pass_until(phones, clock, 8)
    before = phones.call(sid).status
    phones.run_all()

    assert before == ("ringing" if answer_on_bridge == "true" else "in-progress")
    assert client.calls(sid).fetch().duration == ("60" if answer_on_bridge == "true" else "72")


def pass_until(phones: PhoneSystem, clock: MovableClock, seconds: float) -> datetime:
    clock.advance(seconds)
    phones.run_due(clock.now())
    return clock.now()
