"""The application alone, and somebody who posts signed forms into it as Twilio does. The clock is the machine's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from config.settings import SIMULATED_ACCOUNT, Settings
from tests.support.databases import store_at
from tests.support.world import CALLER, OUR_NUMBER, PUBLIC_URL, TOKEN, World
from triage.bootstrap import Program, build
from triage.services import records
from triage.store.base import Base
from triage.store.engine import Store
from webhooks.app import create_app

Row = TypeVar("Row", bound=Base)
Form = Mapping[str, str] | Sequence[tuple[str, str]]


class Wire:
    """One web process. `post` signs over the public address, whatever host the request seems to have."""

    def __init__(self, database_url: str, *, prepare: bool = True, store: Store | None = None, **settings: Any) -> None:
        values = {
            "public_url": PUBLIC_URL,
            "twilio_account_sid": SIMULATED_ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_from": OUR_NUMBER,
        }
        self.settings = Settings(_env_file=None, database_url=database_url, **{**values, **settings})
        self.program: Program = build(self.settings, store or store_at(database_url))
        if prepare:
            self.program.prepare()
        self.app = self._made_app()
        self._at_start = self._counts() if prepare else {}

    @classmethod
    def of(cls, world: World) -> Wire:
        """The application of a world; the world closes it."""
        wire = cls.__new__(cls)
        wire.settings, wire.program, wire.app = world.settings, world.program, world.app
        wire._at_start = wire._counts()
        return wire

    def close(self) -> None:
        self.program.close()

    def post(
        self,
        path: str,
        form: Form | bytes = (),
        *,
        query: str = "",
        token: str = TOKEN,
        base: str = PUBLIC_URL,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """`query` goes over the wire as it is; `token` and `base` are what the sender signs with."""
        body = form if isinstance(form, bytes) else urlencode(list(pairs(form))).encode()
        address = path + (f"?{query}" if query else "")
        signature = sign(base + address, MultiDict(pairs(form)) if not isinstance(form, bytes) else MultiDict(), token)
        return self.send(address, body, {"X-Twilio-Signature": signature, **(headers or {})})

    def send(self, address: str, body: bytes, headers: Mapping[str, str] | None = None) -> TestResponse:
        """A POST of a form with these headers and no others."""
        path, _, query = address.partition("?")
        self.app.extensions["program"] = self.program
        return self.app.test_client().post(
            path,
            query_string=query,
            data=body,
            headers=dict(headers or {}),
            content_type="application/x-www-form-urlencoded",
        )

    def cases(self) -> list[dict[str, Any]]:
        return records.list_cases(self.program.desk, only_open=False)

    def rows(self) -> dict[str, int]:
        """How many rows were added to each table since the start, where any were."""
        counts = self._counts()
        added = {name: count - self._at_start.get(name, 0) for name, count in counts.items()}
        return {name: count for name, count in added.items() if count}

    def only(self, model: type[Row]) -> Row:
        """The one row of a table."""
        with self.program.desk.store.read() as session:
            [row] = session.scalars(select(model)).all()
            session.expunge(row)
        return row

    def _made_app(self) -> Flask:
        """One for all wires at the usual address, with this program behind it: its routes are compiled once."""
        if self.settings.public_url != PUBLIC_URL or self.settings.trusted_proxies:
            return create_app(self.program)
        if not _USUAL:
            _USUAL.append(create_app(self.program))
        _USUAL[0].extensions["program"] = self.program
        return _USUAL[0]

    def _counts(self) -> dict[str, int]:
        with self.program.desk.store.read() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }


_USUAL: list[Flask] = []


def pairs(form: Form) -> Iterator[tuple[str, str]]:
    yield from form.items() if isinstance(form, Mapping) else form


def sign(address: str, form: MultiDict[str, str], token: str = TOKEN) -> str:
    signature: str = RequestValidator(token).compute_signature(address, form)
    return signature


_numbers = itertools.count(1)


def sid(prefix: str) -> str:
    """A SID that no other call of this function gives."""
    return f"{prefix}{next(_numbers) * 0x9E3779B97F4A7C15 % 2**64:016x}{'a' * 16}"


def call_form(**changes: str) -> dict[str, str]:
    """What comes with an inbound call; a value of "-" leaves the field out."""
    form = {
        "CallSid": sid("CA"),
        "AccountSid": SIMULATED_ACCOUNT,
        "From": CALLER,
        "To": OUR_NUMBER,
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "FromCity": "COLUMBUS",
        "FromState": "OH",
    }
    return _changed(form, changes)


def recording_form(**changes: str) -> dict[str, str]:
    """What comes with a recording status callback: no From, no start."""
    form = {
        "AccountSid": SIMULATED_ACCOUNT,
        "CallSid": sid("CA"),
        "RecordingSid": sid("RE"),
        "RecordingUrl": "https://api.twilio.com/somewhere",
        "RecordingStatus": "completed",
        "RecordingDuration": "30",
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
    }
    return _changed(form, changes)


def text_form(**changes: str) -> dict[str, str]:
    form = {
        "MessageSid": sid("SM"),
        "AccountSid": SIMULATED_ACCOUNT,
        "From": CALLER,
        "To": OUR_NUMBER,
        "Body": "hello",
        "NumMedia": "0",
    }
    return _changed(form, changes)


def twiml(answer: TestResponse) -> ET.Element:
    """The document of an answer, which has to be TwiML."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "text/xml"
    document = ET.fromstring(answer.get_data())  # noqa: S314 - our own document
    assert document.tag == "Response"
    return document


def raw(**fields: bytes | str) -> bytes:
    """A form whose values are bytes that no string would give."""
    return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()


def _changed(form: dict[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in {**form, **changes}.items() if value != "-"}


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    """The application on SQLite and on PostgreSQL."""
    made = Wire(database_url)
    yield made
    made.close()


@pytest.fixture
def sqlite_wire(sqlite_url: str) -> Iterator[Wire]:
    """The application on SQLite alone, where the database cannot make a difference."""
    made = Wire(sqlite_url)
    yield made
    made.close()
