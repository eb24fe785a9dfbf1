"""Rounds of faults under traffic, on one database and one set of processes."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from tests.support.link import Link, link
from tests.support.live import START_SECONDS, Live
from tests.support.own_postgres import OwnPostgres
from tests.support.pooler import pooler
from tests.torture.evidence import ALERTED_WITHIN, Evidence
from tests.torture.faults import BEHIND_THE_NETWORK, Faults
from tests.torture.people import People
from triage.store import schema
from triage.store.engine import Store

TAKEOVER_SECONDS = 30.0
ROSTER = Path(__file__).parents[2] / "config" / "demo-roster.toml"
POLICY = """
[limits]
texts = 100000
calls = 100000

[reconciler]
every = "1m"

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]

[[ladder.steps]]
after = "5m"
to = ["secondary"]
by = ["sms"]
"""
FENCED = "delivery_fenced"
_EMERGENCIES = 0.04
_NEWEST = 200


@dataclass
class Tally:
    """What a run has come to."""

    rounds: int = 0
    voicemails: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    takeovers: list[float] = field(default_factory=list)
    """Seconds from the fault to the alert of the next voicemail, where a node of each kind lived through it."""
    restarts: list[float] = field(default_factory=list)
    """The same from when one of each kind was awake again, where none was."""


class Night:
    """`server` is None on SQLite, which has one scheduler; PostgreSQL has two of each."""

    def __init__(self, live: Live, server: OwnPostgres | None, network: Link | None, seed: int) -> None:
        self._dice = random.Random(seed)
        self._live = live
        self._people = People(live, random.Random(seed))
        self._faults = Faults(live, server, network, self._dice)
        self._evidence = Evidence(live)
        self.tally = Tally(faults=self._faults.done)

    def round(self) -> None:
        """Callers, faults while they call, and one caller more: whose alert shows that somebody took over."""
        calls = [self._people.call(is_emergency=self._dice.random() < _EMERGENCIES) for _ in range(2)]
        time.sleep(self._dice.uniform(0, 0.3))
        begun = self._live.phones.now
        self._faults.strike()
        has_survivors = self._is_up()
        caller, probe = self._people.call()
        if not has_survivors:
            self._until(self._is_up, START_SECONDS)
            begun = self._live.phones.now
        self._until(lambda: self._alerted_at(caller) is not None)
        took = max(0.0, (cast("datetime", self._alerted_at(caller)) - begun).total_seconds())
        (self.tally.takeovers if has_survivors else self.tally.restarts).append(took)
        assert took <= TAKEOVER_SECONDS, f"nobody took over within {TAKEOVER_SECONDS} s, it took {took:.1f}"
        calls.append((caller, probe))
        self._until(lambda: all(call.done() for _, call in calls))
        self._evidence.look(self._people.left)
        self.tally.rounds += 1
        self.tally.voicemails = len(self._people.left)

    def end(self) -> None:
        """A quiet moment: all that is under way comes to its end, by itself."""
        self._faults.wake(everybody=True)
        self._live.until(lambda: not self._evidence.open_cases(), 2 * ALERTED_WITHIN.total_seconds())
        self._live.until(self._live.is_ready)
        self._evidence.all_is_done(self._people.left)
        self.tally.seen = Counter(
            {
                "outcomes unknown": self._evidence.count("delivery_unknown"),
                "marked repeats": self._evidence.count("delivery_repeated"),
                "late senders fenced": sum(self._live.log_of(name).count(FENCED) for name in self._live.nodes),
                "requests tried again": self._people.refused,
            }
        )

    def go_home(self) -> None:
        self._live.kill_all()
        self._people.go()

    def _until(self, holds: Callable[[], bool], seconds: float = ALERTED_WITHIN.total_seconds()) -> None:
        """Wait for it, and let those go on meanwhile who stood still long enough."""

        def woken() -> bool:
            self._faults.wake()
            return holds()

        self._live.until(woken, seconds)

    def _is_up(self) -> bool:
        """Whether a web server and a scheduler run."""
        up = [name for name in self._live.nodes if name not in self._faults.sleepers() and self._live.has_started(name)]
        return len({name.rstrip("2") for name in up}) == 2

    def _alerted_at(self, caller: str) -> datetime | None:
        """When the phone system had the first text about a caller."""
        newest = reversed(list(self._live.phones.exchange.messages.values())[-_NEWEST:])
        return next((text.created_at for text in newest if caller in text.body), None)


@contextmanager
def night(database: str, folder: Path, seed: int) -> Iterator[Night]:
    """Processes over a new database in a folder, and people who phone; `pooler` is one before PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.toml").write_text(POLICY)
    settings = {"AFTERHOURS_POLICY_FILE": str(folder / "policy.toml"), "AFTERHOURS_ROSTER_FILE": str(ROSTER)}
    with ExitStack() as stack:
        server = None
        if database == "sqlite":
            url = f"sqlite:///{folder}/afterhours.db"
            store = Store(url)
            schema.upgrade(store)
            store.close()
        else:
            server = OwnPostgres(folder / "postgres")
            stack.callback(server.close)
            url = server.url
        if server and database == "pooler":
            settings["AFTERHOURS_DATABASE_DIRECT_URL"] = url
            url = stack.enter_context(pooler(server.socket_folder, sessions=6))
        network, own = None, {}
        if server and database == "postgresql":
            network = stack.enter_context(link(server.socket_folder))
            own = {name: {"AFTERHOURS_DATABASE_URL": network.url} for name in BEHIND_THE_NETWORK}
        nodes = 2 if server else 1
        live = stack.enter_context(Live(url, folder, settings, webs=nodes, schedulers=nodes, read_seconds=2, own=own))
        told = Night(live, server, network, seed)
        stack.callback(told.go_home)
        yield told
