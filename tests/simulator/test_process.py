from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import requests
from flask import Flask
from twilio.rest import Client

from config.settings import SIMULATED_ACCOUNT
from tests.simulator.conftest import DANA, OURS, TOKEN, OurSide
from tests.support.serving import serving
from webhooks.simulator.live_post import LivePost
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.ticker import Ticker

ROOT = Path(__file__).parents[2]
GOOD = {
    "AFTERHOURS_TWILIO_ACCOUNT_SID": SIMULATED_ACCOUNT,
    "AFTERHOURS_TWILIO_AUTH_TOKEN": TOKEN,
    "AFTERHOURS_TWILIO_FROM": OURS,
    "AFTERHOURS_PUBLIC_URL": "http://127.0.0.1:1",
}


def start(folder: Path, **settings: str | None) -> subprocess.Popen[str]:
    mine = {name: value for name, value in (GOOD | settings).items() if value is not None}
    others = {name: value for name, value in os.environ.items() if not name.startswith("AFTERHOURS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "webhooks.simulator"],
        cwd=folder,
        env=others | mine | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("AFTERHOURS_TWILIO_ACCOUNT_SID", "AC" + "1" * 32, "names a real account"),
        pytest.param("AFTERHOURS_TWILIO_FROM", None, "set AFTERHOURS_TWILIO_FROM", marks=pytest.mark.thorough),
        pytest.param("AFTERHOURS_TWILIO_FROM", "614", "AFTERHOURS_TWILIO_FROM", marks=pytest.mark.thorough),
        pytest.param("AFTERHOURS_ROSTER_FILE", "missing.toml", "missing.toml", marks=pytest.mark.thorough),
    ],
)
def test_a_wrong_configuration_stops_the_start_with_a_sentence(
    tmp_path: Path, name: str, value: str | None, sentence: str
) -> None:
    process = start(tmp_path, **{name: value})

    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert sentence in errors


@pytest.mark.thorough
def test_no_account_at_all_stops_the_start(tmp_path: Path) -> None:
    process = start(tmp_path, AFTERHOURS_TWILIO_ACCOUNT_SID=None, AFTERHOURS_TWILIO_AUTH_TOKEN=None)

    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert SIMULATED_ACCOUNT in errors


@pytest.mark.thorough
def test_the_process_serves_page_and_api_and_stops_at_sigterm(tmp_path: Path) -> None:
    (tmp_path / "roster.toml").write_text(
        f'[[people]]\nid = "dana"\nname = "Dana Whitfield"\nphone = "{DANA}"\nrole = "technician"\n'
    )
    port = free_port()
    bind = f"127.0.0.1:{port}"
    process = start(tmp_path, AFTERHOURS_SIMULATOR_BIND=bind, AFTERHOURS_ROSTER_FILE="roster.toml")
    assert process.stderr is not None
    assert "simulator_ready" in process.stderr.readline()
    client = Client(SIMULATED_ACCOUNT, TOKEN)
    client.api.base_url = f"http://{bind}"

    page = requests.get(f"http://{bind}/", timeout=10)
    message = client.messages.create(to=DANA, from_=OURS, body="Case 17")
    client.http_client.session.close()

    assert "Dana Whitfield" in page.text
    assert message.status == "queued"
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.thorough
def test_a_taken_address_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(tmp_path, AFTERHOURS_SIMULATOR_BIND=f"127.0.0.1:{taken.getsockname()[1]}")
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "cannot listen on" in errors


@pytest.fixture
def hook() -> Iterator[str]:
    """A web server of ours on loopback."""
    app = Flask("hook")
    app.add_url_rule("/p", "p", lambda: ("<Response/>", 201), methods=["POST"])
    with serving(app) as url:
        yield f"{url}/p"


def test_webhooks_go_over_the_network(hook: str) -> None:
    post = LivePost()

    answer = post(hook, {"A": "é"}, {})
    post.close()

    assert (answer.status, answer.body) == (201, "<Response/>")


def test_an_address_where_nobody_listens_is_a_connection_error() -> None:
    post = LivePost()

    with pytest.raises(ConnectionError):
        post(f"http://127.0.0.1:{free_port()}/p", {}, {})


def test_an_answer_that_does_not_come_is_a_time_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        post = LivePost(read_seconds=0.05)

        with pytest.raises(TimeoutError):
            post(f"http://127.0.0.1:{silent.getsockname()[1]}/p", {}, {})


def test_time_goes_on_after_an_event_that_failed(
    phones: PhoneSystem, ours: OurSide, capsys: pytest.CaptureFixture[str]
) -> None:
    happened = Event()

    def fail(_at: object) -> None:
        raise ZeroDivisionError

    phones.exchange.at(phones.now, fail)
    phones.exchange.at(phones.now, lambda _at: happened.set())
    ticker = Ticker(phones, every=0.001)
    ticker.start()

    assert happened.wait(10)
    ticker.stop()
    assert not ticker.is_alive()
    assert "simulated_event_failed" in "".join(capsys.readouterr())
