"""The test call as Twilio is asked for it."""

from __future__ import annotations

import pytest

from tests.support.world import OUR_NUMBER, PUBLIC_URL
from tests.transports.conftest import make_line
from triage.errors import TransportError
from triage.policy.canary import SPOKEN
from triage.ports import PlacesTestCalls
from webhooks.simulator.in_process import InProcessHttpClient
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest import create_rest_app

CANARY = "+16145550198"


@pytest.fixture
def canary(phones: PhoneSystem) -> PlacesTestCalls:
    phones.exchange.own_numbers.add(CANARY)
    placed = make_line(phones, InProcessHttpClient(create_rest_app(phones)), canary_number=CANARY).canary
    assert placed is not None
    return placed


def test_our_other_number_calls_the_one_that_callers_call(canary: PlacesTestCalls, phones: PhoneSystem) -> None:
    accepted = canary.call_us()
    phones.run_all()

    made, reached = phones.calls()
    assert (made.sid, made.from_, made.to, made.direction) == (
        accepted.provider_sid,
        CANARY,
        OUR_NUMBER,
        "outbound-api",
    )
    assert (reached.from_, reached.direction) == (CANARY, "inbound")
    assert SPOKEN in made.heard
    assert phones.recordings()[0].call_sid == reached.sid
    assert phones.posted()[0].url == f"{PUBLIC_URL}/twilio/voice"


def test_a_number_that_is_not_ours_is_refused_for_good(canary: PlacesTestCalls, phones: PhoneSystem) -> None:
    phones.exchange.own_numbers.clear()

    with pytest.raises(TransportError) as caught:
        canary.call_us()

    assert (caught.value.permanent, caught.value.code) == (True, 21210)


def test_without_a_number_there_is_nothing_to_call_from(phones: PhoneSystem) -> None:
    assert make_line(phones, InProcessHttpClient(create_rest_app(phones))).canary is None
