"""How a call passes through time: it waits for an instant, or for somebody to do something, whichever comes first."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from webhooks.simulator.person import Act, Deed, Moment

if TYPE_CHECKING:
    from webhooks.simulator.exchange import Exchange
    from webhooks.simulator.walk import Walk

Result = TypeVar("Result")
Steps = Generator[datetime, datetime, Result]
"""Yields the instant until which it waits; is sent the instant at which it goes on, which may be earlier."""


@dataclass(frozen=True, slots=True)
class Party:
    """One leg that somebody holds, what it is at, and the keys that count there."""

    walk: Walk
    moment: Moment
    keys: str = ""


def first_deed(
    at: datetime, until: datetime, parties: Sequence[Party]
) -> Steps[tuple[datetime, Party | None, Deed | None]]:
    """Wait until one of them does something, at the latest until `until`: when that was, who it was, what they did.

    A leg that was ended from outside counts as hung up.
    """
    known: dict[int, Deed] = {}
    while True:
        for place, party in enumerate(parties):
            if party.walk.call.is_over:
                return at, party, Deed(Act.HANG_UP, at)
            if place not in known and (deed := party.walk.person.next(party.moment, at, until, party.keys)):
                known[place] = deed
        first = min(known, key=lambda place: known[place].at, default=0)
        deed = known.get(first)
        if deed and deed.at <= until and deed.act is not Act.NOTHING:
            if deed.at <= at:
                return at, parties[first], deed
            at = yield deed.at
        elif at >= until:
            return at, None, None
        else:
            at = yield until


def follow_scripts(
    at: datetime, until: datetime, parties: Sequence[Party]
) -> tuple[datetime, Party | None, Deed | None]:
    """As first_deed, where everybody knows beforehand what they do: without waiting."""
    steps = first_deed(at, until, parties)
    try:
        at = next(steps)
        while True:
            at = steps.send(at)
    except StopIteration as end:
        result: tuple[datetime, Party | None, Deed | None] = end.value
        return result


class Pace:
    """Goes on with a call whenever its instant comes or it is woken; events of the exchange drive it."""

    def __init__(self, exchange: Exchange, sid: str, steps: Steps[None]) -> None:
        self.sid = sid
        self._exchange = exchange
        self._steps = steps
        self._turn = 0
        self._at: datetime | None = None

    def begin(self) -> None:
        """Go as far as the first wait, now."""
        self._exchange.paces[self.sid] = self
        self._go_on(self._turn, None)

    def wake(self, at: datetime) -> None:
        """Somebody did something at this instant: look then, and never earlier than the call has come."""
        self._exchange.at(max(at, self._at or at), partial(self._go_on, self._turn))

    def _go_on(self, turn: int, at: datetime | None) -> None:
        if turn != self._turn:  # went on meanwhile
            return
        self._turn += 1
        self._at = at
        try:
            until = self._steps.send(at)  # type: ignore[arg-type] # the first is None
        except StopIteration:
            self._exchange.paces.pop(self.sid, None)
            return
        self._exchange.at(until, partial(self._go_on, self._turn))
