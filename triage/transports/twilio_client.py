"""One shared client of Twilio's REST API, and its failures in our words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from triage.errors import OutcomeUnknown, TransportError
from triage.policy.twilio_words import ERROR_CODES, meaning
from triage.ports import Accepted
from triage.transports.in_time import WatchedAdapter

TIMEOUT_SECONDS = 10
_NO_SUCH_RESOURCE = 20404
_API = "https://api.twilio.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How Twilio knows us and reaches us. `sender` is our number; the messaging service, where set, sends SMS."""

    account_sid: str
    username: str
    password: str
    sender: str | None
    messaging_service_sid: str | None
    public_url: str
    api_base: str | None = None


class _Pooled(TwilioHttpClient):  # type: ignore[misc] # the SDK has no types
    """Keeps as many connections open as threads send: one more would be made anew for each request, TLS and all.

    Proxies and certificates of the environment are looked for once: that takes a third of the time of a request.
    """

    def __init__(self, url: str, connections: int) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        session = self.session = requests.Session()
        found = session.merge_environment_settings(url, {}, None, None, None)
        session.trust_env = False
        session.proxies, session.verify = found["proxies"], found["verify"]
        for scheme in ("https://", "http://"):
            session.mount(scheme, WatchedAdapter(pool_maxsize=connections))


def connect(account: Account, http_client: HttpClient | None = None, connections: int = 1) -> Any:
    """A client that so many threads share. TWILIO_EDGE and TWILIO_REGION of the environment are not looked at."""
    client = Client(
        account.username,
        account.password,
        account.account_sid,
        http_client=http_client or _Pooled(account.api_base or _API, connections),
    )
    client.edge = client.region = None  # it takes them from the environment; they would change even the address below
    if account.api_base:
        client.api.base_url = account.api_base
    return client


@contextmanager
def our_errors() -> Iterator[None]:
    """Raises TransportError where nothing can have gone out, OutcomeUnknown where something may have."""
    try:
        yield
    except TwilioRestException as error:
        raise answered(error.status, error.code) from error
    except TwilioException as error:
        if (page := _refused_page(error)) is not None:
            raise page from error
        raise OutcomeUnknown(f"Twilio answered something unexpected: {type(error).__name__}") from error
    except requests.ConnectionError as error:
        if _never_connected(error):
            raise TransportError("Twilio cannot be reached", permanent=False) from error
        raise OutcomeUnknown("the connection to Twilio broke") from error
    except requests.RequestException as error:
        raise OutcomeUnknown(f"no answer from Twilio: {type(error).__name__}") from error
    except ValueError as error:  # a proxy's page, or half an answer, where JSON should be
        raise OutcomeUnknown("Twilio's answer cannot be read") from error


def _refused_page(error: TwilioException) -> TransportError | OutcomeUnknown | None:
    """What the answer to a list says: the SDK raises it bare. None where there is no answer in it."""
    response = error.args[1] if len(error.args) > 1 else None
    status = getattr(response, "status_code", None)
    if not isinstance(status, int) or status < HTTPStatus.BAD_REQUEST:  # taken, and then told in half a page
        return None
    try:
        code = json.loads(response.text).get("code") if response is not None else None
    except (ValueError, AttributeError):
        code = None
    return answered(status, code if isinstance(code, int) else None)


def taken(resource: Any) -> Accepted:
    """What Twilio says it made. Raises OutcomeUnknown where the answer does not name it."""
    if not resource.sid:
        raise OutcomeUnknown("Twilio's answer names no id")
    return Accepted(resource.sid)


def answered(status: int, code: int | None = None) -> TransportError | OutcomeUnknown:
    """What an answer with this status means that is not 2xx; `code` is Twilio's own, where it gave one."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown(f"Twilio answered {status}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransportError(meaning(20429).reason, permanent=False, code=code)
    if code in ERROR_CODES:
        what = meaning(code)
        return TransportError(what.reason, permanent=what.is_permanent, code=code)
    return TransportError(f"Twilio refused it with {status}", permanent=True, code=code)


def is_not_found(error: TransportError) -> bool:
    """Whether Twilio says that it does not know what it was asked about."""
    return error.code == _NO_SUCH_RESOURCE or "404" in error.reason


def fetched(resource: Any) -> Any:
    """What Twilio has of one thing; None where it does not know it."""
    try:
        with our_errors():
            return resource.fetch()
    except TransportError as error:
        if is_not_found(error):
            return None
        raise


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether no byte was sent: the connection was never made."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
