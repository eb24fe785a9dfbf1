"""The daemon as it really runs: processes of its own, a real clock, HTTP on loopback, the simulated phone system."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import requests
from twilio.request_validator import RequestValidator
from werkzeug.serving import WSGIRequestHandler, make_server

from config.settings import SIMULATED_ACCOUNT, Settings
from tests.support.world import OUR_NUMBER, TOKEN
from triage.bootstrap import build
from triage.clock import SystemClock
from webhooks.simulator.live_post import LivePost
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.posting import Answer
from webhooks.simulator.rest import create_rest_app

NONE: Mapping[str, str] = {}
NONE_OF_THEIR_OWN: Mapping[str, Mapping[str, str]] = {}
_PATIENCE_SECONDS = 30.0
START_SECONDS = 180.0
"""A process needs a second or two of its own, and other tests want the processor too."""


class Live:
    """Web servers and schedulers as child processes on free ports, and a phone system in this one.

    Its children are `webhooks` and `scheduler`; with several of a kind the others are `webhooks2`, `scheduler2` and so
    on. The phone system reaches the web servers in turn, as through a load balancer, which gives a stopped one
    `read_seconds`. What is in the `own` environment of a child is set for it alone.
    """

    def __init__(
        self,
        database_url: str,
        folder: Path,
        environment: Mapping[str, str] = NONE,
        *,
        webs: int = 1,
        schedulers: int = 1,
        read_seconds: float = 10,
        own: Mapping[str, Mapping[str, str]] = NONE_OF_THEIR_OWN,
    ) -> None:
        kinds = (("webhooks", webs), ("scheduler", schedulers))
        self.nodes = [kind + (str(n) if n > 1 else "") for kind, many in kinds for n in range(1, many + 1)]
        self._ports = {name: free_port() for name in self.nodes if name.startswith("webhooks")}
        self.web_port, rest_port = self._ports["webhooks"], free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self._turns = count()
        self._sender = LivePost(read_seconds)
        self.phones = PhoneSystem(SIMULATED_ACCOUNT, TOKEN, OUR_NUMBER, self.url, SystemClock(), self._post)
        self.answers = Event()
        self.answers.set()
        self._rest = make_server("127.0.0.1", rest_port, self._rest_app(), threaded=True, request_handler=_Quiet)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AFTERHOURS_")},
            "AFTERHOURS_DATABASE_URL": database_url,
            "AFTERHOURS_PUBLIC_URL": self.url,
            "AFTERHOURS_TWILIO_ACCOUNT_SID": SIMULATED_ACCOUNT,
            "AFTERHOURS_TWILIO_AUTH_TOKEN": TOKEN,
            "AFTERHOURS_TWILIO_FROM": OUR_NUMBER,
            "AFTERHOURS_TWILIO_API_BASE": f"http://127.0.0.1:{rest_port}",
            **environment,
        }
        self.program = build(Settings(_env_file=None, database_url=database_url))
        self._own = own
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._log_starts: dict[str, int] = {}
        self._is_over = False
        self._threads = [Thread(target=self._rest.serve_forever, daemon=True), Thread(target=self._tick, daemon=True)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Live:
        try:
            for name in self.nodes:
                self.start(name)
            self.until(lambda: all(self.is_ready(name) for name in self._ports), seconds=START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.answers.set()
        for name in list(self._children):
            self.go_on(name)
        try:
            for name in list(self._children):
                self.stop(name)
        finally:
            self.kill_all()
            self.program.close()
            self._is_over = True
            self._rest.shutdown()
            self._rest.server_close()
            for thread in self._threads:
                thread.join(_PATIENCE_SECONDS)

    def start(self, name: str) -> None:
        own = dict(self._own.get(name, NONE))
        if name in self._ports:
            own["AFTERHOURS_BIND"] = f"127.0.0.1:{self._ports[name]}"
        with (self._folder / f"{name}.log").open("ab") as log:
            self._log_starts[name] = log.tell()
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", name.rstrip("0123456789")],
                env=self._environment | own, stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """kill -9."""
        self._children[name].kill()
        self._children.pop(name).wait()

    def kill_all(self) -> None:
        """kill -9 of all that run."""
        for name in list(self._children):
            self.kill(name)

    def suspend(self, name: str) -> None:
        """SIGSTOP: the process stands still, and its connections stay open."""
        self._children[name].send_signal(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """SIGCONT, which one that runs takes no notice of."""
        self._children[name].send_signal(signal.SIGCONT)

    def stop(self, name: str) -> int:
        self._children[name].send_signal(signal.SIGTERM)
        code = self._children[name].wait(_PATIENCE_SECONDS)
        del self._children[name]
        return code

    def died(self) -> list[str]:
        """The children that ended by themselves."""
        return [name for name, child in self._children.items() if child.poll() is not None]

    def has_started(self, name: str) -> bool:
        """Whether the process that runs under this name says that it is at work."""
        return "_started" in self.log_of(name, since_start=True)

    def pid(self, name: str) -> int:
        return self._children[name].pid

    def is_ready(self, name: str = "webhooks") -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self._ports[name]}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def is_taken(self, path: str, form: dict[str, str]) -> bool:
        """Post what the phone system would; whether it was answered with 2xx."""
        signature = RequestValidator(TOKEN).compute_signature(self.url + path, form)
        try:
            return self._post(self.url + path, form, {"X-Twilio-Signature": signature}).status < 300
        except (ConnectionError, TimeoutError):
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
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in self._folder.glob("*.log"))

    def log_of(self, name: str, *, since_start: bool = False) -> str:
        with (self._folder / f"{name}.log").open() as log:
            log.seek(self._log_starts[name] if since_start else 0)
            return log.read()

    def _post(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        """To the next web server in turn, and on to another where it cannot be reached."""
        names, turn = list(self._ports), next(self._turns)
        for place in range(len(names)):
            port = self._ports[names[(turn + place) % len(names)]]
            with contextlib.suppress(ConnectionError):
                return self._sender(url.replace(self.url, f"http://127.0.0.1:{port}", 1), form, headers)
        raise ConnectionError(url)

    def _rest_app(self) -> Callable[[Any, Any], Any]:
        """The REST API: its answers wait while the phone system is told not to answer; what was asked is done."""
        app = create_rest_app(self.phones)

        def answering(environ: Any, start_response: Any) -> Any:
            answer = app(environ, start_response)
            self.answers.wait()
            return answer

        return answering

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
