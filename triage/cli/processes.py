"""Starting the faces as children of this process, and asking others."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

import click
import structlog

from config.settings import SIMULATED_ACCOUNT, Settings, address
from triage.bootstrap import Program, build, build_phone_system, demo_clock_file
from triage.cli.faces import command_line
from triage.errors import ConfigurationError, TriageError

log = structlog.get_logger()

SIMULATED_NUMBER = "+16145550100"
_WRONG_CONFIGURATION = 2
_LOOK_EVERY_SECONDS = 0.1
_RESTART_AFTER_SECONDS = 1.0
_STOP_WITHIN_SECONDS = 20.0
_ANSWER_WITHIN_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


def serve(settings: Settings) -> int:
    """Run the faces as children until SIGTERM or SIGINT; one that dies is started again. Returns the exit code."""
    program = build(settings)
    program.prepare()  # faults of the configuration are told here, once, before anything starts
    if settings.has_account:
        build_phone_system(settings)
    modules, environment = ["webhooks", "scheduler"], dict(os.environ)
    _refuse_taken("AFTERHOURS_BIND", settings.bind)
    addresses = [
        f"Daemon:                  http://{settings.bind}/readyz",
        f"Console:                 {settings.public_url}/",
    ]
    if not settings.has_account:
        _refuse_taken("AFTERHOURS_SIMULATOR_BIND", settings.simulator_bind)
        modules.append("webhooks.simulator")
        environment |= _simulated(settings, program)
        addresses.append(f"Simulated phone system:  http://{settings.simulator_bind}/   <- start here")
    program.close()  # children must not inherit its connections
    children = _Children(modules, environment)
    children.start()
    if children.wait_for([settings.bind] + ([settings.simulator_bind] if not settings.has_account else [])):
        click.echo("\n".join(addresses))
    return children.watch()


def ask(module: str, documents: Sequence[str], told: Callable[[str], None]) -> list[str]:
    """Give each document to a process of its own, all at once, on standard input; the last line that each writes.

    `told` hears what the first writes before. None of them has our settings. Raises TriageError where one fails.
    """
    environment = {name: value for name, value in os.environ.items() if not _is_setting(name)}
    children: list[subprocess.Popen[str]] = []
    try:
        for _ in documents:
            children += [_begin_to_ask(module, environment)]
        for child, document in zip(children, documents, strict=True):
            assert child.stdin is not None  # noqa: S101 - it is a pipe
            child.stdin.write(document)
            child.stdin.close()
        return [_last_line(child, told if child is children[0] else lambda _: None) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
            assert child.stdout is not None  # noqa: S101 - it is a pipe
            child.stdout.close()


def _begin_to_ask(module: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own module # nosec B603
        command_line(module),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
    )


def _last_line(child: subprocess.Popen[str], told: Callable[[str], None]) -> str:
    last = ""
    for line in child.stdout or ():
        if last:
            told(last.rstrip())
        last = line
    if child.wait() != 0:
        raise TriageError(f"a replay failed with exit code {child.returncode}; what it wrote stands above")
    return last


def _is_setting(name: str) -> bool:
    return name.upper().startswith("AFTERHOURS_") or name == "CREDENTIALS_DIRECTORY"


class _Children:
    """The processes of one `serve`."""

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str]) -> None:
        self._modules = modules
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._is_stopping = False

    def start(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for module in self._modules:
            self._launch(module)

    def wait_for(self, binds: Sequence[str]) -> bool:
        """Whether every address answers in time."""
        end = time.monotonic() + _ANSWER_WITHIN_SECONDS
        while not self._is_stopping and time.monotonic() < end and not self._wrong():
            if all(_answers(bind) for bind in binds):
                return True
            time.sleep(_LOOK_EVERY_SECONDS)
        return False

    def watch(self) -> int:
        """Until told to stop: start again what died, unless its configuration is wrong."""
        while not self._is_stopping:
            if self._wrong():
                self._end()
                return _WRONG_CONFIGURATION
            for module, child in list(self._running.items()):
                if child.poll() is not None and not self._is_stopping:
                    log.error("child_died", module=module, code=child.returncode)
                    time.sleep(_RESTART_AFTER_SECONDS)
                    self._launch(module)
            time.sleep(_LOOK_EVERY_SECONDS)
        self._end()
        return 0

    def _launch(self, module: str) -> None:
        self._running[module] = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module # nosec B603
            command_line(module),
            env=self._environment,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
        )

    def _wrong(self) -> bool:
        return any(child.poll() == _WRONG_CONFIGURATION for child in self._running.values())

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _end(self) -> None:
        for child in self._running.values():
            if child.poll() is None:
                child.terminate()
        end = time.monotonic() + _STOP_WITHIN_SECONDS
        for child in self._running.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _simulated(settings: Settings, program: Program) -> dict[str, str]:
    """The environment that makes the simulated phone system and the daemon belong together."""
    return {
        "AFTERHOURS_TWILIO_ACCOUNT_SID": SIMULATED_ACCOUNT,
        "AFTERHOURS_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "AFTERHOURS_TWILIO_FROM": settings.twilio_from or SIMULATED_NUMBER,
        "AFTERHOURS_TWILIO_API_BASE": f"http://{settings.simulator_bind}",
        "AFTERHOURS_DEMO_CLOCK_FILE": str(demo_clock_file(program.desk.store)),
    }


def _refuse_taken(setting: str, bind: str) -> None:
    """Else the address of another program would be told as ours."""
    host, port = address(bind)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(f"{setting}: cannot listen on {bind}: {error.strerror}") from None


def _answers(bind: str) -> bool:
    try:
        socket.create_connection(address(bind), timeout=1).close()
    except OSError:
        return False
    return True


def _die_with_parent() -> None:
    """Even kill -9 of `serve` leaves no child behind that would hold its port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
