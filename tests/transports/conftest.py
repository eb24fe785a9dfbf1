"""One phone system, reached in two ways: in this process, and over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from config.settings import SIMULATED_ACCOUNT, Settings
from tests.support.serving import serving
from tests.support.world import OUR_NUMBER, PUBLIC_URL, TOKEN
from triage.bootstrap import build_phone_system
from triage.clock import SystemClock
from triage.ports import KeepsRecordings, KnowsCalls, PlacesTestCalls, RemembersTraffic, Sends
from webhooks.simulator.in_process import InProcessHttpClient
from webhooks.simulator.phone_system import Answer, PhoneSystem
from webhooks.simulator.rest import create_rest_app


@dataclass
class Line:
    """Our transports on one side, the simulated phone system on the other."""

    phones: PhoneSystem
    sms: Sends
    voice: Sends
    calls: KnowsCalls
    traffic: RemembersTraffic
    recordings: KeepsRecordings
    canary: PlacesTestCalls | None
    settings: Settings


def make_line(phones: PhoneSystem, http_client: Any = None, **settings: Any) -> Line:
    values = {
        "twilio_account_sid": SIMULATED_ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_from": OUR_NUMBER,
        "public_url": PUBLIC_URL,
    }
    made = Settings(_env_file=None, **{**values, **settings})
    system = build_phone_system(made, http_client)
    sms, voice = system.transports["sms"], system.transports["voice"]
    return Line(phones, sms, voice, system.calls, system.traffic, system.recordings, system.canary, made)


@pytest.fixture
def phones() -> PhoneSystem:
    """A phone system whose webhooks all get a document that records."""
    record = f'<Response><Record action="{PUBLIC_URL}/done"/></Response>'
    return PhoneSystem(
        SIMULATED_ACCOUNT,
        TOKEN,
        OUR_NUMBER,
        PUBLIC_URL,
        SystemClock(),
        lambda url, *_: Answer(200, "<Response/>" if url.endswith("/done") else record),
    )


@pytest.fixture
def rest_url(phones: PhoneSystem) -> Iterator[str]:
    """The REST API of the phone system over real HTTP."""
    with serving(create_rest_app(phones)) as url:
        yield url


@pytest.fixture(params=["in process", "over HTTP"])
def line(request: pytest.FixtureRequest, phones: PhoneSystem) -> Line:
    if request.param == "in process":
        return make_line(phones, InProcessHttpClient(create_rest_app(phones)))
    return make_line(phones, twilio_api_base=request.getfixturevalue("rest_url"))
