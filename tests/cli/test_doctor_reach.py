"""What the doctor says of the way from the world to us: a port that is taken, the address, its certificate."""

from __future__ import annotations

import ssl
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

from tests.cli.test_doctor_set_up import settings_of, wrong
from tests.support.live import free_port
from tests.support.serving import says, serving_by_hand
from triage.cli.doctor_reach import examine_address, examine_port
from triage.clock import SystemClock

ALIVE = b'{"status": "alive"}'
NOW = SystemClock().now()
HOST = "127.0.0.1"
EVERY = "0.0.0.0"  # noqa: S104 - nothing is bound to it


def shut_in(request: BaseHTTPRequestHandler) -> None:
    """As a proxy that keeps /metrics to itself."""
    says(404 if request.path == "/metrics" else 200, ALIVE)(request)


@pytest.mark.parametrize(
    ("body", "is_held_by_systemd", "is_wrong"), [(b"Welcome", False, True), (ALIVE, False, False), (b"x", True, False)]
)
def test_a_port_that_another_program_has(body: bytes, is_held_by_systemd: bool, is_wrong: bool, tmp_path: Path) -> None:
    unit = tmp_path / "afterhours-web.socket"
    if is_held_by_systemd:
        unit.touch()
    with serving_by_hand(says(200, body)) as url:
        bind = url.removeprefix("http://")
        found = wrong([*examine_port(settings_of(bind=bind), unit)])

    assert found == ([f"{bind} is taken by another program: the web server cannot start"] if is_wrong else [])


def test_a_port_that_nobody_has_and_one_of_every_address(tmp_path: Path) -> None:
    nobody = [*examine_port(settings_of(bind=f"{HOST}:{free_port()}"), tmp_path / "none")]
    with serving_by_hand(says(200, ALIVE)) as url:
        every = [*examine_port(settings_of(bind=url.replace(f"http://{HOST}", EVERY)), tmp_path / "none")]

    assert (nobody, every) == ([], [])


@pytest.mark.parametrize("is_open", [True, False])
def test_figures_that_are_open_to_the_world(*, is_open: bool) -> None:
    with serving_by_hand(says(200, ALIVE) if is_open else shut_in) as url:
        found = wrong([*examine_address(settings_of(public_url=url), NOW)])

    assert found == [f"{url} is not https", *([f"{url}/metrics is open to the world"] if is_open else [])]


@pytest.mark.parametrize(
    ("days", "left", "is_ending"), [(90, 13, True), (90, 15, False), (6, 2, False), (6, 1, True), (90, -1, None)]
)
def test_a_certificate_that_ends_soon_or_has_ended(
    days: int, left: int, is_ending: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = NOW + timedelta(days=left)
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST, not_before=ends - timedelta(days=days), not_after=ends).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))

    with serving_by_hand(shut_in, tls=context) as url:
        found = wrong([*examine_address(settings_of(public_url=url), NOW)])

    ending = f"the certificate of {HOST} ends at {ends:%Y-%m-%d %H:%M} UTC: Twilio refuses it from then on"
    told = {True: [ending], False: [], None: [f"{url} shows no valid certificate (SSLError)"]}
    assert found == told[is_ending]


def test_a_certificate_that_nobody_vouches_for() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert(HOST).configure_cert(context)

    with serving_by_hand(shut_in, tls=context) as url:
        found = wrong([*examine_address(settings_of(public_url=url), NOW)])

    assert found == [f"{url} shows no valid certificate (SSLError)"]
