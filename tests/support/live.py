"""The daemon as it really runs: processes of its own, a real clock, HTTP on loopback, the simulated phone system."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from config.settings import SIMULATED_ACCOUNT, Settings
from tests.support.world import OUR_NUMBER, TOKEN
from triage.bootstrap import build
from triage.clock import SystemClock
from webhooks.simulator.live_post import LivePost
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest import create_rest_app

_PATIENCE_SECONDS = 20.0


class Live:
    """Web and scheduler as child processes on free ports, and a phone system in this one."""

    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        self.web_port, rest_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.phones = PhoneSystem(SIMULATED_ACCOUNT, TOKEN, OUR_NUMBER, self.url, SystemClock(), LivePost())
        self._rest = make_server(
            "127.0.0.1", rest_port, create_rest_app(self.phones), threaded=True, request_handler=_Quiet
        )
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AFTERHOURS_")},
            "AFTERHOURS_DATABASE_URL": database_url,
            "AFTERHOURS_BIND": f"127.0.0.1:{self.web_port}",
            "AFTERHOURS_PUBLIC_URL": self.url,
            "AFTERHOURS_TWILIO_ACCOUNT_SID": SIMULATED_ACCOUNT,
            "AFTERHOURS_TWILIO_AUTH_TOKEN": TOKEN,
            "AFTERHOURS_TWILIO_FROM": OUR_NUMBER,
            "AFTERHOURS_TWILIO_API_BASE": f"http://127.0.0.1:{rest_port}",
            **environment,
        }
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._is_over = False
        self._threads = [Thread(target=self._rest.serve_forever, daemon=True), Thread(target=self._tick, daemon=True)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Live:
        self.start("webhooks")
        self.start("scheduler")
        self.until(self.is_ready)
        self.program = build(Settings(_env_file=None, database_url=self._environment["AFTERHOURS_DATABASE_URL"]))
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._children):
            self.stop(name)
        self.program.close()
        self._is_over = True
        self._rest.shutdown()
        self._rest.server_close()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def start(self, module: str) -> None:
        with (self._folder / f"{module}.log").open("ab") as log:
            self._children[module] = subprocess.Popen(
                [sys.executable, "-m", module], env=self._environment, stdout=log, stderr=log, cwd=self._folder
            )

    def kill(self, module: str) -> None:
        """kill -9."""
        self._children[module].kill()
        self._children.pop(module).wait()

    def stop(self, module: str) -> int:
        child = self._children.pop(module)
        child.send_signal(signal.SIGTERM)
        return child.wait(_PATIENCE_SECONDS)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def until(self, holds: Callable[[], Any], seconds: float = _PATIENCE_SECONDS) -> Any:
        """Wait for something to hold; the waiting is for other processes, whose clock cannot be moved."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := holds():
                return found
            time.sleep(0.02)
        raise AssertionError(f"it did not happen within {seconds:.0f} s\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in self._folder.glob("*.log"))

    def _tick(self) -> None:
        while not self._is_over:
            with contextlib.suppress(OSError):  # the daemon is being killed: the report is lost, as it would be
                self.phones.run_due(self.phones.now)
            time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """The phone system's requests are not what a test wants to read."""
