"""The doctor's lines about the way from the world to us: the port, the public address, its certificate."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from config.settings import Settings, address
from triage.cli.finding import Finding
from triage.policy.limits import is_certificate_ending

_TIMEOUT_SECONDS = 5
_HTTPS = 443
_SOCKET_UNIT = Path("/etc/systemd/system/afterhours-web.socket")
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is bound to, and how it is reached from here # nosec B104


def examine_port(settings: Settings, socket_unit: Path = _SOCKET_UNIT) -> Iterator[Finding]:
    """Whether somebody else has our port; nothing where nobody has it, or where systemd holds one for us."""
    host, port = address(settings.bind)
    host = _EVERY_ADDRESS.get(host, host)
    if socket_unit.exists():
        return
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS).close()
    except OSError:
        return
    if not _is_ours(_asked(f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz")):
        told = f"{settings.bind} is taken by another program: the web server cannot start"
        yield Finding("port", told, "end that, or set AFTERHOURS_BIND to a free port, and let the proxy lead there")


def examine_address(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether Twilio reaches us by the public address, and whether nobody reaches more than they should."""
    url = settings.public_url
    parts = urlsplit(url)
    if settings.has_real_account and parts.scheme != "https":
        yield Finding("webhooks", f"{url} is not https", "set AFTERHOURS_PUBLIC_URL to your https address")
    try:
        answer = requests.get(f"{url}/healthz", timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError as error:
        mend = "let the proxy have a certificate that the world trusts: Twilio refuses any other"
        yield Finding("webhooks", f"{url} shows no valid certificate ({error.__class__.__name__})", mend)
        return
    except requests.RequestException as error:
        mend = "start the web server, and let the address reach it"
        yield Finding("webhooks", f"{url} does not answer ({type(error).__name__})", mend)
        return
    if parts.scheme == "https":
        yield from _certificate(parts.hostname or "", parts.port or _HTTPS, now)
    if not _is_ours(answer):
        told = f"{url}/healthz is answered by somebody else, with {answer.status_code}"
        yield Finding("webhooks", told, "let it reach this daemon")
        return
    if settings.has_real_account and _is_open(f"{url}/metrics"):
        yield Finding("webhooks", f"{url}/metrics is open to the world", "let the proxy answer it with 404")
    yield Finding("webhooks", f"{url} reaches us at {parts.hostname}")


def _certificate(host: str, port: int, now: datetime) -> Iterator[Finding]:
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    try:
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert() or {}
    except OSError:  # it was good a moment ago: how long it is good is not known
        return
    begins, ends = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown[name])), UTC) for name in ("notBefore", "notAfter")
    )
    if is_certificate_ending(begins, ends, now):
        told = f"the certificate of {host} ends at {ends:%Y-%m-%d %H:%M} UTC: Twilio refuses it from then on"
        yield Finding("webhooks", told, "let the proxy renew it: its log says why it does not")


def _asked(url: str) -> requests.Response | None:
    try:
        return requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return None


def _is_ours(answer: requests.Response | None) -> bool:
    return answer is not None and answer.status_code == requests.codes.ok and '"alive"' in answer.text


def _is_open(url: str) -> bool:
    answer = _asked(url)
    return answer is not None and answer.status_code == requests.codes.ok
