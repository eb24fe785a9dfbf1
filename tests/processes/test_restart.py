"""The web server is stopped and started while systemd holds its port: no request is refused, none is lost."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import requests
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from config.settings import SIMULATED_ACCOUNT
from tests.support.databases import store_at
from tests.support.world import OUR_NUMBER, TOKEN
from triage.store.models import Voicemail

RESTARTS = 2
TWILIO_WAITS_SECONDS = 15
PATIENCE_SECONDS = 90
"""By the wall clock, on a machine that other tests keep busy."""
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "webhooks"])
"""


class Unit:
    """What systemd does for the web service: it holds the port and hands it to each process."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.port.getsockname()[1]}"
        self.log = (folder / "web.log").open("ab")
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AFTERHOURS_")},
            "AFTERHOURS_DATABASE_URL": database_url,
            "AFTERHOURS_PUBLIC_URL": self.url,
            "AFTERHOURS_TWILIO_ACCOUNT_SID": SIMULATED_ACCOUNT,
            "AFTERHOURS_TWILIO_AUTH_TOKEN": TOKEN,
            "AFTERHOURS_TWILIO_FROM": OUR_NUMBER,
        }

    def start(self) -> None:
        handed = self.port.fileno()
        self._child = subprocess.Popen(
            [sys.executable, "-c", HAND_OVER, str(handed)],
            env=self._environment, stdout=self.log, stderr=self.log, cwd=self._folder, pass_fds=[handed],
        )  # fmt: skip

    def stop(self) -> tuple[int, float]:
        """Its exit code, and the processor's seconds that it took from its start on."""
        self._child.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(self._child.pid, 0)
        self._child.returncode = os.waitstatus_to_exitcode(status)
        return self._child.returncode, used.ru_utime + used.ru_stime


@contextmanager
def web(database_url: str, folder: Path) -> Iterator[Unit]:
    unit = Unit(database_url, folder)
    unit.start()
    try:
        yield unit
    finally:
        unit.stop()
        unit.port.close()
        unit.log.close()


class Caller(Thread):
    """Posts one voicemail after the other, as Twilio does, and notes how each was answered."""

    def __init__(self, url: str, number: int, is_over: Event, *, keeps_connection: bool) -> None:
        super().__init__(daemon=True)
        self._url, self._number, self._is_over = f"{url}/twilio/recording", number, is_over
        self._session = requests.Session() if keeps_connection else None
        self.left: list[str] = []
        self.answers: list[str] = []

    def run(self) -> None:
        while not self._is_over.is_set():
            self.answers.append(self._leave_one())

    def _leave_one(self) -> str:
        form = {
            "CallSid": f"CA{secrets.token_hex(16)}",
            "RecordingSid": f"RE{secrets.token_hex(16)}",
            "RecordingStatus": "completed",
            "RecordingDuration": "20",
            "From": f"+1614555{4000 + self._number}",
        }
        self.left.append(form["RecordingSid"])
        headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(self._url, form)}
        post = self._session.post if self._session else requests.post
        try:
            return str(post(self._url, data=form, headers=headers, timeout=PATIENCE_SECONDS).status_code)
        except requests.RequestException as error:
            return f"{self._number}: {error!r}"


def wait_for_answers(callers: list[Caller], more: int) -> None:
    """Until so many more came: it serves."""
    end = time.monotonic() + PATIENCE_SECONDS
    served = sum(len(caller.answers) for caller in callers)
    while sum(len(caller.answers) for caller in callers) < served + more and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.thorough
def test_a_restart_refuses_no_call_and_loses_none(sqlite_url: str, tmp_path: Path) -> None:
    is_over = Event()
    with web(sqlite_url, tmp_path) as unit:
        callers = [Caller(unit.url, number, is_over, keeps_connection=number == 3) for number in range(4)]
        for caller in callers:
            caller.start()
        runs = []
        for _ in range(RESTARTS):
            wait_for_answers(callers, 12)
            runs.append(unit.stop())
            unit.start()
        is_over.set()
        for caller in callers:
            caller.join(PATIENCE_SECONDS)

    answers = [answer for caller in callers for answer in caller.answers]
    store = store_at(sqlite_url)
    with store.read() as session:
        kept = session.scalar(select(func.count()).select_from(Voicemail))
    store.close()
    assert Counter(answers) == {"204": len(answers)}
    assert kept == sum(len(caller.left) for caller in callers) >= 12 * RESTARTS
    assert [code for code, _ in runs] == [0] * RESTARTS
    assert max(seconds for _, seconds in runs) < TWILIO_WAITS_SECONDS / 2
