"""What is done to the processes and to the database, drawn from dice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

from tests.support.link import Link
from tests.support.live import Live
from tests.support.own_postgres import OwnPostgres
from triage.policy.retry import SENDING_LEASE

BEHIND_THE_NETWORK = ("webhooks2", "scheduler2")
"""The nodes that reach the database by a link which can ail."""

_BEYOND_A_LEASE_SECONDS = SENDING_LEASE.total_seconds() + 3
_WEIGHTS = {
    "kill -9 web": 4,
    "kill -9 scheduler": 5,
    "kill -9 all": 1,
    "stop web": 3,
    "stop scheduler": 4,
    "stop beyond the lease": 2,
    "restart fast": 3,
    "restart immediate": 3,
    "cut all sessions": 4,
    "fail over": 3,
    "network holds up": 2,
    "network cut": 2,
    "commits unheard": 3,
}
_HOW_MANY = (1, 1, 1, 2, 2, 3)


class Faults:
    """Does harm at random moments. What it kills is started again at once, as systemd does; nothing else is."""

    def __init__(self, live: Live, server: OwnPostgres | None, network: Link | None, dice: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._live, self._server, self._dice = live, server, dice
        self._suspended: dict[str, float] = {}
        self._network, self._network_ails_until = network, 0.0
        self._deeds: dict[str, Callable[[], None]] = {
            "kill -9 web": lambda: self._kill(self._one("webhooks")),
            "kill -9 scheduler": lambda: self._kill(self._one("scheduler")),
            "kill -9 all": lambda: self._kill(self._awake()),
            "stop web": lambda: self._stop(self._one("webhooks"), dice.uniform(0.1, 1.0)),
            "stop scheduler": lambda: self._stop(self._one("scheduler"), dice.uniform(0.1, 1.0)),
        }
        if server is not None:
            self._deeds |= {
                "stop beyond the lease": lambda: self._stop(self._one("scheduler"), _BEYOND_A_LEASE_SECONDS),
                "restart fast": lambda: server.restart("fast"),
                "restart immediate": lambda: server.restart("immediate"),
                "cut all sessions": lambda: self._cut(server),
                "fail over": server.fail_over,
            }
        if network is not None:
            self._deeds |= {
                "network holds up": lambda: self._ail(network.hold_up, dice.uniform(0.5, 25)),
                "network cut": network.cut,
                "commits unheard": lambda: self._ail(network.lose_commits, dice.uniform(0.5, 5)),
            }

    def strike(self) -> list[str]:
        """One to three of them, together where there are several; their names."""
        self.wake()
        weights = [_WEIGHTS[name] for name in self._deeds]
        chosen = self._dice.choices(list(self._deeds), weights, k=self._dice.choice(_HOW_MANY))
        schedulers = {name for name in self._live.nodes if name.startswith("scheduler")} - self.sleepers()
        if "stop beyond the lease" in chosen and len(schedulers) < 2:
            chosen = ["stop scheduler" if name == "stop beyond the lease" else name for name in chosen]
        is_database_struck = False
        for name in chosen:
            is_of_database = name.startswith(("restart", "cut", "fail"))
            if is_of_database and is_database_struck:
                continue
            is_database_struck |= is_of_database
            self._deeds[name]()
            self.done[name] += 1
            time.sleep(self._dice.uniform(0, 0.1))
        return chosen

    def wake(self, *, everybody: bool = False) -> None:
        """Let those go on whose time it is."""
        for name, until in list(self._suspended.items()):
            if everybody or time.monotonic() >= until:
                self._live.go_on(name)
                del self._suspended[name]
        if self._network and self._network_ails_until and (everybody or time.monotonic() >= self._network_ails_until):
            self._network.flow()
            self._network_ails_until = 0.0

    def sleepers(self) -> set[str]:
        """The nodes that stand still, or cannot reach the database."""
        return set(self._suspended) | (set(BEHIND_THE_NETWORK) if self._network_ails_until else set())

    def _awake(self, kind: str = "") -> list[str]:
        return [name for name in self._live.nodes if name.startswith(kind) and name not in self._suspended]

    def _one(self, kind: str) -> list[str]:
        awake = self._awake(kind)
        return [self._dice.choice(awake)] if awake else []

    def _kill(self, names: list[str]) -> None:
        for name in names:
            self._live.kill(name)
        for name in names:
            self._live.start(name)

    def _stop(self, names: list[str], seconds: float) -> None:
        for name in names:
            self._live.suspend(name)
            self._suspended[name] = time.monotonic() + seconds

    def _ail(self, begin: Callable[[], None], seconds: float) -> None:
        begin()
        self._network_ails_until = time.monotonic() + seconds

    def _cut(self, server: OwnPostgres) -> None:
        server.cut_off()
