"""Our side in small: a Flask app that checks signatures, keeps what it got and answers scripted TwiML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, Response, request
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from webhooks.simulator.in_process import InProcessHttpClient, post_into
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest import create_rest_app

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-made-up-token"
OURS = "+16145550100"
DANA = "+16145550101"
LEE = "+16145550102"
CALLER = "+12165550123"
PUBLIC = "https://afterhours.example"
FRIDAY_NIGHT = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)
EMPTY = "<Response/>"


@dataclass
class MovableClock:
    """A clock that stands still until a test moves it."""

    at: datetime = FRIDAY_NIGHT

    def now(self) -> datetime:
        return self.at

    def watched(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class OurSide:
    """What our webhooks answer, by path, and the forms that they got, in order."""

    twiml: dict[str, str] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    got: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for got, form in self.got if got == path]

    def paths(self) -> list[str]:
        return [path for path, _ in self.got]

    def app(self) -> Flask:
        app = Flask("ours")
        app.add_url_rule("/<path:path>", "hook", self._answer, methods=["POST"])
        return app

    def _answer(self, path: str) -> Response:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        signature = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(TOKEN).validate(f"{PUBLIC}/{path}{query}", request.form, signature):
            return Response("not signed by this account", 403)
        self.got.append((f"/{path}{query}", dict(request.form)))
        self.tokens.append(request.headers["I-Twilio-Idempotency-Token"])
        status = self.status.get(f"/{path}", 200)
        return Response(self.twiml.get(f"/{path}", EMPTY), status, content_type="text/xml")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def ours() -> OurSide:
    return OurSide()


@pytest.fixture
def phones(clock: MovableClock, ours: OurSide) -> PhoneSystem:
    system = PhoneSystem(ACCOUNT, TOKEN, OURS, PUBLIC, clock, post_into(ours.app()))
    system.add_phone(DANA, "Dana Whitfield", role="technician")
    system.add_phone(LEE, "Lee Park", role="technician")
    return system


@pytest.fixture
def client(phones: PhoneSystem) -> Client:
    """The official SDK, wired into the REST face without a socket."""
    return Client(ACCOUNT, TOKEN, http_client=InProcessHttpClient(create_rest_app(phones)))
