from __future__ import annotations

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import DANA, OURS, PUBLIC, MovableClock, OurSide
from webhooks.simulator.phone_system import Behaviour, PhoneSystem

REPORTS = f"{PUBLIC}/twilio/message-status?intent=17"
PATH = "/twilio/message-status?intent=17"


def send(client: Client, body: str = "Case 17 is yours", to: str = DANA, **more: str) -> str:
    message = client.messages.create(to=to, from_=OURS, body=body, status_callback=REPORTS, **more)
    sid: str = message.sid
    return sid


def statuses(ours: OurSide) -> list[str]:
    return [form["MessageStatus"] for form in ours.forms(PATH)]


def test_a_text_is_queued_then_sent_then_delivered_as_time_passes(
    phones: PhoneSystem, client: Client, ours: OurSide, clock: MovableClock
) -> None:
    sid = send(client)
    assert client.messages(sid).fetch().status == "queued"

    clock.advance(0.3)
    phones.run_due(clock.now())
    assert statuses(ours) == ["sent"]
    assert phones.phone(DANA).inbox == ()

    clock.advance(0.3)
    phones.run_due(clock.now())
    assert statuses(ours) == ["sent", "delivered"]
    assert [text.body for text in phones.phone(DANA).inbox] == ["Case 17 is yours"]
    assert client.messages(sid).fetch().status == "delivered"


def test_a_report_carries_the_parameters_that_twilio_sends(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    sid = send(client)

    phones.run_all()

    assert ours.forms(PATH)[-1] == {
        "MessageSid": sid,
        "SmsSid": sid,
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        "AccountSid": phones.account_sid,
        "From": OURS,
        "To": DANA,
        "ApiVersion": "2010-04-01",
        "RawDlrDoneDate": "2603062330",
    }


@pytest.mark.parametrize(
    ("behaviour", "reported", "code"),
    [
        (Behaviour.DEAD, ["sent", "undelivered"], "30003"),
        (Behaviour.FILTERED, ["sent", "undelivered"], "30007"),
        (Behaviour.UNREGISTERED, ["failed"], "30034"),
    ],
)
def test_a_text_to_a_phone_that_cannot_get_it_is_reported_with_the_reason(
    phones: PhoneSystem, client: Client, ours: OurSide, behaviour: Behaviour, reported: list[str], code: str
) -> None:
    phones.set_behaviour(DANA, behaviour)
    send(client)

    phones.run_all()

    assert statuses(ours) == reported
    assert ours.forms(PATH)[-1]["ErrorCode"] == code
    assert phones.phone(DANA).inbox == ()


@pytest.mark.parametrize(("behaviour", "code"), [(Behaviour.LANDLINE, 21614), (Behaviour.OPTED_OUT, 21610)])
def test_a_text_to_a_phone_that_takes_none_is_refused_at_once(
    phones: PhoneSystem, client: Client, behaviour: Behaviour, code: int
) -> None:
    phones.set_behaviour(DANA, behaviour)

    with pytest.raises(TwilioRestException) as refusal:
        send(client)

    assert (refusal.value.status, refusal.value.code) == (400, code)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "614-555", "from_": OURS, "body": "x"}, 21211),
        ({"to": DANA, "from_": OURS, "body": ""}, 21602),
        ({"to": DANA, "from_": OURS, "body": "x" * 1601}, 21617),
        ({"to": DANA, "from_": DANA, "body": "x"}, 21606),
        ({"to": DANA, "body": "x"}, 21603),
    ],
)
def test_a_wrong_message_is_refused_with_twilios_code(client: Client, form: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        client.messages.create(**form)

    assert (refusal.value.status, refusal.value.code) == (400, code)


def test_a_messaging_service_accepts_first_and_reports_queued(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    service = "MG" + "1" * 32
    message = client.messages.create(to=DANA, messaging_service_sid=service, body="x", status_callback=REPORTS)
    assert message.status == "accepted"

    phones.run_all()

    assert statuses(ours) == ["queued", "sent", "delivered"]
    assert phones.phone(DANA).inbox[0].from_ == OURS


def test_a_number_never_heard_of_is_a_normal_phone(phones: PhoneSystem, client: Client) -> None:
    send(client, to="+13125550177")

    phones.run_all()

    assert len(phones.phone("+13125550177").inbox) == 1


def test_a_create_that_hangs_has_gone_out_all_the_same(phones: PhoneSystem, client: Client) -> None:
    phones.faults.accept_then_hang = 1

    with pytest.raises(requests.ReadTimeout):
        send(client, "only once")

    assert [message.body for message in client.messages.list(to=DANA)] == ["only once"]
    assert send(client)


def test_a_create_answered_with_500_may_have_gone_out(phones: PhoneSystem, client: Client) -> None:
    phones.faults.accept_then_500 = 1

    with pytest.raises(TwilioRestException) as error:
        send(client)

    assert error.value.status == 500
    assert len(phones.messages()) == 1


@pytest.mark.parametrize(("fault", "status", "code"), [("refuse_429", 429, 20429), ("fail_500", 500, 20500)])
def test_a_create_that_is_not_taken_leaves_no_message(
    phones: PhoneSystem, client: Client, fault: str, status: int, code: int
) -> None:
    setattr(phones.faults, fault, 1)

    with pytest.raises(TwilioRestException) as refusal:
        send(client)

    assert (refusal.value.status, refusal.value.code) == (status, code)
    assert phones.messages() == ()
    assert send(client)


def test_an_unreachable_api_is_a_connection_error(phones: PhoneSystem, client: Client) -> None:
    phones.faults.unreachable = 1

    with pytest.raises(requests.ConnectionError):
        send(client)

    assert phones.messages() == ()


def test_a_list_can_fail_as_twilios_does(phones: PhoneSystem, client: Client) -> None:
    phones.faults.fail_reads = 1

    with pytest.raises(TwilioException):
        client.messages.list()


def test_dropped_reports_leave_the_message_delivered(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.faults.drop_reports = True
    sid = send(client)

    phones.run_all()

    assert ours.got == []
    assert client.messages(sid).fetch().status == "delivered"


def test_doubled_reports_come_twice(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.faults.double_reports = True
    send(client)

    phones.run_all()

    assert statuses(ours) == ["sent", "sent", "delivered", "delivered"]


def test_reversed_reports_come_last_first_and_the_message_stays_delivered(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.faults.reverse_reports = True
    sid = send(client)

    phones.run_all()

    assert statuses(ours) == ["delivered", "sent"]
    assert client.messages(sid).fetch().status == "delivered"


def test_every_webhook_can_come_twice(phones: PhoneSystem, client: Client, ours: OurSide) -> None:
    phones.faults.duplicate_webhooks = True
    send(client)

    phones.run_all()

    assert statuses(ours) == ["sent", "sent", "delivered", "delivered"]
