"""The voicemail webhook beside a bare view that writes the same rows: requests a second, and waits at half of that."""

from __future__ import annotations

import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from tests.bench.load import Latencies, latencies, rate, request
from tests.support.live import free_port
from tests.support.world import TOKEN
from triage.store import schema
from triage.store.engine import Store

ROUNDS = 3
REQUESTS = 800
AT_HALF_LOAD = 400
_START_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")

Serve = Callable[[str, Path], AbstractContextManager[tuple[int, int]]]
"""Serves on a database, whose schema is there, from a folder; yields the port and the process."""


@dataclass(slots=True)
class Measured:
    """Of one server, in each round."""

    rates: list[float] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    at_half: list[Latencies] = field(default_factory=list)


def compare(kind: str, new_database: Callable[[], str], folder: Path, afterhours: Serve) -> None:
    """By turns, each time with a new database; the half load is half of what the bare view takes."""
    found = {"afterhours": Measured(), "bare view": Measured()}
    for turn in range(ROUNDS):
        for name, serve in (("bare view", _bare), ("afterhours", afterhours)):
            place = folder / f"{kind}-{turn}-{name.replace(' ', '-')}"
            place.mkdir()
            url = new_database()
            _prepare(url)
            with serve(url, place) as (port, process):
                rate(port, _requests(port, REQUESTS // 4))  # the first ones compile statements
                asked, used = _requests(port, REQUESTS), _processor_ms(process)
                found[name].rates.append(rate(port, asked))
                found[name].processor_ms.append((_processor_ms(process) - used) / REQUESTS)
                pace = min(found["bare view"].rates[-1], found[name].rates[-1]) / 2
                found[name].at_half.append(latencies(port, _requests(port, AT_HALF_LOAD), pace))
    for name, measured in found.items():
        p50, p99 = (statistics.median(getattr(one, part) for one in measured.at_half) for part in ("p50", "p99"))
        click.echo(
            f"voicemail webhook, {kind}: {name:<10} {statistics.median(measured.rates):5.0f} requests/s,"
            f" {statistics.median(measured.processor_ms):.1f} ms of the processor for one;"
            f" at half load p50 {p50:.0f} ms, p99 {p99:.0f} ms (medians of {ROUNDS})"
        )
    pairs = zip(found["afterhours"].rates, found["bare view"].rates, strict=True)
    click.echo(f"voicemail webhook, {kind}, beside the bare view: {statistics.median(a / b for a, b in pairs):.2f}")


def form(number: int) -> dict[str, str]:
    """What is posted of a recording, with the fields that Twilio adds to each."""
    return {
        "AccountSid": "AC" + "0" * 32,
        "CallSid": f"CA{secrets.token_hex(16)}",
        "RecordingSid": f"RE{secrets.token_hex(16)}",
        "RecordingStatus": "completed",
        "RecordingDuration": "20",
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
        "From": f"+1614{5000000 + number}",
    }


def _requests(port: int, count: int) -> list[bytes]:
    first = secrets.randbelow(1_000_000)  # other callers than before: the daemon joins the messages of one
    return [request(port, form(first + number)) for number in range(count)]


def _prepare(url: str) -> None:
    store = Store(url)
    schema.upgrade(store)
    with store.connection() as connection:
        connection.exec_driver_sql(
            "INSERT INTO policy_versions (version, content, first_used_at) VALUES ('bare', '', '2026-01-01 00:00:00')"
        )
    store.close()


@contextmanager
def _bare(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """gunicorn with one process of eight threads."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    names = {"BARE_TOKEN": TOKEN, "BARE_URL": f"http://{address}", "BARE_DATABASE": url}
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "8", "-b", address]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [*command, "--keep-alive", "30", "tests.bench.bare:create_app()"],
            env={**os.environ, **names}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait_for(port)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait()


def _processor_ms(process: int) -> float:
    """What a process and those that it started used so far."""
    used, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            number = int(stat.parent.name)
            parents[number], used[number] = int(fields[1]), (int(fields[11]) + int(fields[12])) * 1000 / _TICKS
    return sum(ticks for number, ticks in used.items() if number == process or parents[number] == process)


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")
