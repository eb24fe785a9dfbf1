from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance

from tests.simulator.conftest import CALLER, DANA, LEE, OURS, PUBLIC, MovableClock, OurSide
from webhooks.simulator.phone_system import Behaviour, PhoneSystem

ALL = ["initiated", "ringing", "answered", "completed"]
ALERT = """
<Response>
  <Gather numDigits="1" action="/twilio/alert/key"><Say>Case 17. Press 1 to take it.</Say></Gather>
  <Say>No key. Goodbye.</Say>
</Response>
"""
TAKEN = "<Response><Say>It is yours.</Say></Response>"
BRIDGE = f"""
<Response>
  <Dial action="/twilio/bridge/done" callerId="{OURS}" answerOnBridge="true">
    <Number statusCallback="/twilio/call-status" statusCallbackEvent="answered completed"
            url="/twilio/bridge/whisper">{CALLER}</Number>
  </Dial>
</Response>
"""


@pytest.fixture
def alert(ours: OurSide) -> OurSide:
    ours.twiml = {"/twilio/alert/17": ALERT, "/twilio/alert/key": TAKEN, "/twilio/bridge/17": BRIDGE}
    return ours


def ring(client: Client, path: str = "/twilio/alert/17", to: str = DANA) -> CallInstance:
    return client.calls.create(
        to=to,
        from_=OURS,
        url=PUBLIC + path,
        status_callback=f"{PUBLIC}/twilio/call-status",
        status_callback_event=ALL,
        timeout=20,
    )


def statuses(ours: OurSide) -> list[str]:
    return [form["CallStatus"] for form in ours.forms("/twilio/call-status")]


def test_an_answered_call_is_reported_walked_and_measured(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    phones.set_keys(DANA, "1")
    call = ring(client)
    assert call.status == "queued"

    phones.run_all()

    forms = alert.forms("/twilio/call-status")
    assert statuses(alert) == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert alert.forms("/twilio/alert/key")[0]["Digits"] == "1"
    assert phones.phone(DANA).heard == ("Case 17. Press 1 to take it.", "It is yours.")
    assert forms[-1]["CallDuration"] == client.calls(call.sid).fetch().duration


def test_a_call_completes_only_when_all_was_said(
    phones: PhoneSystem, client: Client, alert: OurSide, clock: MovableClock
) -> None:
    ring(client)

    clock.advance(1)
    phones.run_due(clock.now())
    assert statuses(alert)[-1] == "in-progress"

    clock.advance(30)
    phones.run_due(clock.now())
    assert statuses(alert)[-1] == "completed"


def test_a_voicemail_box_answers_and_presses_nothing(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    phones.add_phone(DANA, "Dana", Behaviour.VOICEMAIL_BOX, will_press="1")
    ring(client)

    phones.run_all()

    assert statuses(alert)[-1] == "completed"
    assert alert.forms("/twilio/alert/key") == []
    assert phones.phone(DANA).heard[-1] == "No key. Goodbye."


def test_a_dead_phone_rings_out_at_the_timeout(
    phones: PhoneSystem, client: Client, alert: OurSide, clock: MovableClock
) -> None:
    phones.set_behaviour(DANA, Behaviour.DEAD)
    ring(client)

    clock.advance(20)
    phones.run_due(clock.now())
    assert statuses(alert) == ["initiated", "ringing"]

    clock.advance(1)
    phones.run_due(clock.now())
    assert statuses(alert) == ["initiated", "ringing", "no-answer"]
    assert alert.forms("/twilio/alert/17") == []


def test_a_busy_phone_is_busy(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    phones.set_behaviour(DANA, Behaviour.BUSY)
    call = ring(client)

    phones.run_all()

    assert statuses(alert)[-1] == "busy"
    assert client.calls(call.sid).fetch().duration is None


def test_only_the_end_is_reported_unless_more_is_asked_for(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    client.calls.create(to=DANA, from_=OURS, twiml=TAKEN, status_callback=f"{PUBLIC}/twilio/call-status")

    phones.run_all()

    assert statuses(alert) == ["completed"]
    assert phones.phone(DANA).heard == ("It is yours.",)


def test_a_bridged_conversation_takes_its_time_and_is_measured_on_the_callers_leg(
    phones: PhoneSystem, client: Client, alert: OurSide, clock: MovableClock
) -> None:
    phones.add_phone(CALLER, "The dealer", talks_for=300)
    call = ring(client, "/twilio/bridge/17")

    clock.advance(60)
    phones.run_due(clock.now())
    assert alert.forms("/twilio/bridge/done") == []

    clock.advance(300)
    phones.run_due(clock.now())
    form = alert.forms("/twilio/bridge/done")[0]
    assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "true")
    assert form["DialCallDuration"] == "300"
    child = client.calls.list(parent_call_sid=call.sid)[0]
    assert (child.sid, child.direction, child.to) == (form["DialCallSid"], "outbound-dial", CALLER)
    assert phones.phone(CALLER).calls[0].from_ == OURS


def test_a_whisper_that_hangs_up_does_not_bridge(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    alert.twiml["/twilio/bridge/whisper"] = "<Response><Say>Press 1.</Say><Hangup/></Response>"
    ring(client, "/twilio/bridge/17")

    phones.run_all()

    assert alert.forms("/twilio/bridge/done")[0]["DialBridged"] == "false"


@pytest.mark.parametrize(("behaviour", "status"), [(Behaviour.DEAD, "no-answer"), (Behaviour.BUSY, "busy")])
def test_a_bridge_to_a_phone_that_nobody_picks_up_has_no_duration(
    phones: PhoneSystem, client: Client, alert: OurSide, behaviour: Behaviour, status: str
) -> None:
    phones.set_behaviour(CALLER, behaviour)
    ring(client, "/twilio/bridge/17")

    phones.run_all()

    form = alert.forms("/twilio/bridge/done")[0]
    assert form["DialCallStatus"] == status
    assert "DialCallDuration" not in form


def test_hanging_up_from_our_side_ends_both_legs(
    phones: PhoneSystem, client: Client, alert: OurSide, clock: MovableClock
) -> None:
    call = ring(client, "/twilio/bridge/17")
    clock.advance(10)
    phones.run_due(clock.now())

    client.calls(call.sid).update(status="completed")
    phones.run_all()

    assert {call.status for call in phones.calls()} == {"completed"}
    assert alert.forms("/twilio/bridge/done") == []


def test_a_call_canceled_while_queued_is_never_reported(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    call = ring(client)

    client.calls(call.sid).update(status="canceled")
    phones.run_all()

    assert alert.got == []
    assert client.calls(call.sid).fetch().status == "canceled"


def test_a_call_that_is_talking_cannot_be_canceled(
    phones: PhoneSystem, client: Client, alert: OurSide, clock: MovableClock
) -> None:
    call = ring(client)
    clock.advance(1)
    phones.run_due(clock.now())

    with pytest.raises(TwilioRestException) as refusal:
        client.calls(call.sid).update(status="canceled")

    assert refusal.value.code == 21220


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "nobody", "from_": OURS, "url": PUBLIC}, 21211),
        ({"to": DANA, "from_": LEE, "url": PUBLIC}, 21210),
        ({"to": DANA, "from_": OURS}, 21205),
        ({"to": DANA, "from_": OURS, "twiml": "x" * 4001}, 21624),
        ({"to": DANA, "from_": OURS, "url": PUBLIC, "status_callback_event": ["a b"]}, 21626),
    ],
)
def test_a_wrong_call_is_refused_with_twilios_code(client: Client, form: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        client.calls.create(**form)

    assert (refusal.value.status, refusal.value.code) == (400, code)


def test_a_machine_is_named_where_it_is_looked_for(phones: PhoneSystem, client: Client, alert: OurSide) -> None:
    phones.set_behaviour(DANA, Behaviour.VOICEMAIL_BOX)
    client.calls.create(to=DANA, from_=OURS, url=f"{PUBLIC}/twilio/alert/17", machine_detection="Enable")

    phones.run_all()

    assert alert.forms("/twilio/alert/17")[0]["AnsweredBy"] == "machine_start"
