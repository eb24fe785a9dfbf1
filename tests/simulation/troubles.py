"""What goes wrong in a night, drawn from a seed: each trouble begins, and ends before the quiet time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from tests.simulation.house import House
from webhooks.simulator.phone_system import Behaviour

End = Callable[[], None]
WEEKS_A_DECK = 4


@dataclass(frozen=True, slots=True)
class Trouble:
    """`begin` makes it and returns what takes it back; it lasts for about `minutes` at most."""

    name: str
    minutes: float
    begin: Callable[[House, Random], End]
    is_of_the_clock: bool = False


def _counted(field: str, most: int) -> Callable[[House, Random], End]:
    def begin(house: House, chance: Random) -> End:
        setattr(house.phones.faults, field, chance.randint(1, most))
        return partial(setattr, house.phones.faults, field, 0)

    return begin


def _flag(field: str) -> Callable[[House, Random], End]:
    def begin(house: House, _chance: Random) -> End:
        setattr(house.phones.faults, field, True)
        return partial(setattr, house.phones.faults, field, False)

    return begin


def _lists_lag(house: House, chance: Random) -> End:
    house.phones.faults.lists_lag = timedelta(seconds=chance.choice((20, 35, 90, 300)))
    return partial(setattr, house.phones.faults, "lists_lag", timedelta(0))


def _phone(behaviour: Behaviour) -> Callable[[House, Random], End]:
    def begin(house: House, chance: Random) -> End:
        number = chance.choice(house.staff_phones)
        house.phones.set_behaviour(number, behaviour)
        return partial(house.phones.set_behaviour, number, Behaviour.NORMAL)

    return begin


def _opted_out(house: House, chance: Random) -> End:
    number = chance.choice(house.staff_phones)
    house.phones.text(number, "STOP")
    return lambda: _opt_in(house, number)


def _opt_in(house: House, number: str) -> None:
    house.phones.text(number, "START")


def _everybody_asleep(house: House, _chance: Random) -> End:
    for number in house.staff_phones:
        house.phones.set_behaviour(number, Behaviour.ASLEEP)

    def wake() -> None:
        for number in house.staff_phones:
            house.phones.set_behaviour(number, Behaviour.NORMAL)

    return wake


def _dies(house: House, chance: Random) -> End:
    house.points_left = chance.randint(1, 30)
    house.downtime = timedelta(seconds=chance.choice((2, 4, 30, 300, 3600)))
    return partial(setattr, house, "points_left", 0)


def _statement(house: House, chance: Random) -> End:
    house.database.fails_in = chance.randint(1, 120)
    return partial(setattr, house.database, "fails_in", 0)


def _away(house: House, _chance: Random) -> End:
    house.database.is_away = True
    return partial(setattr, house.database, "is_away", False)


def _full(house: House, _chance: Random) -> End:
    house.database.is_full = True
    return partial(setattr, house.database, "is_full", False)


def _wrong_clock(*seconds: int) -> Callable[[House, Random], End]:
    def begin(house: House, chance: Random) -> End:
        span = timedelta(seconds=chance.choice(seconds))
        house.machine_clock.wrong_by = span
        return partial(setattr, house.machine_clock, "wrong_by", timedelta(0))

    return begin


def _suspended(house: House, chance: Random) -> End:
    house.stop(timedelta(minutes=chance.choice((2, 20, 120, 360))), dies=False)
    return lambda: None


def _hangs(where: str) -> Callable[[House, Random], End]:
    def begin(house: House, _chance: Random) -> End:
        house.hangs_next = where
        return house.wake_hung

    return begin


ALL: tuple[Trouble, ...] = (
    Trouble("unreachable", 60, _counted("unreachable", 5)),
    Trouble("too many requests", 60, _counted("refuse_429", 8)),
    Trouble("internal error", 60, _counted("fail_500", 4)),
    Trouble("taken, then an internal error", 60, _counted("accept_then_500", 3)),
    Trouble("taken, never answered", 60, _counted("accept_then_hang", 3)),
    Trouble("reads fail", 60, _counted("fail_reads", 12)),
    Trouble("lists lag", 240, _lists_lag),
    Trouble("reports lost", 240, _flag("drop_reports")),
    Trouble("recording reports lost", 240, _flag("drop_recording_reports")),
    Trouble("reports reversed", 240, _flag("reverse_reports")),
    Trouble("reports doubled", 240, _flag("double_reports")),
    Trouble("webhooks doubled", 240, _flag("duplicate_webhooks")),
    Trouble("webhooks lost", 120, _flag("drop_webhooks")),
    Trouble("phone dead", 300, _phone(Behaviour.DEAD)),
    Trouble("phone opted out", 300, _opted_out),
    Trouble("phone taken by its box", 300, _phone(Behaviour.VOICEMAIL_BOX)),
    Trouble("phone busy", 200, _phone(Behaviour.BUSY)),
    Trouble("phone's texts filtered", 300, _phone(Behaviour.FILTERED)),
    Trouble("process died", 60, _dies),
    Trouble("statement failed", 60, _statement),
    Trouble("database away", 20, _away),
    Trouble("disk full", 30, _full),
    Trouble("clock ahead", 90, _wrong_clock(1, 5, 61, 600, 3600), is_of_the_clock=True),
    Trouble("clock far ahead", 30, _wrong_clock(3 * 3600, 6 * 3600, 86_400), is_of_the_clock=True),
    Trouble("clock behind", 90, _wrong_clock(-1, -5, -61, -600, -3600, -6 * 3600, -86_400), is_of_the_clock=True),
    Trouble("suspended", 1, _suspended),
    Trouble("node hung before a call", 12, _hangs("before a call")),
    Trouble("node hung after a call", 12, _hangs("after a call")),
    Trouble("node hung before a commit", 12, _hangs("before a commit")),
    Trouble("node hung after a commit", 12, _hangs("after a commit")),
    Trouble("everybody asleep", 500, _everybody_asleep),
)
NOTED_WHEN_IT_STRIKES: frozenset[str] = frozenset(
    {
        *("process died", "statement failed", "node hung before a call", "node hung after a call"),
        *("node hung before a commit", "node hung after a commit"),
    }
)
HARMLESS_TO_LISTS: frozenset[str] = frozenset(
    {
        *("reports lost", "recording reports lost", "reports reversed", "reports doubled", "everybody asleep"),
        *("webhooks doubled", "webhooks lost", "phone dead", "phone opted out", "phone taken by its box"),
        *("phone busy", "phone's texts filtered"),
    }
)
"""A look at the lists during one of these finds the same as before, unless something new happened."""


def some_kinds(seed: int, week: int) -> Iterator[Trouble]:
    """The kinds of one week, by turns: a few at a time go deeper than all at once. Each comes in one week of four."""
    deck = list(ALL)
    Random(f"{seed}/{week // WEEKS_A_DECK}").shuffle(deck)
    return cycle(deck[week % WEEKS_A_DECK :: WEEKS_A_DECK])


def begin(trouble: Trouble, house: House, chance: Random) -> Any:
    """Begin it and count it; what only may come about is counted when it does."""
    if trouble.name not in NOTED_WHEN_IT_STRIKES:
        house.seen.note(f"fault: {trouble.name}")
    return trouble.begin(house, chance)
