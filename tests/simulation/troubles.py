"""What goes wrong in a night, drawn from a seed: each trouble begins, and ends before the quiet time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from tests.simulation.house import AT_A_CALL, AT_A_COMMIT, House
from tests.simulation.traffic import CALLERS
from webhooks.simulator.nights.voicemails import Arrival, leave
from webhooks.simulator.phone_system import Behaviour

End = Callable[[], None]
WEEKS_A_DECK = 4


def _never(_house: House) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Trouble:
    """`begin` makes it and returns what takes it back; it lasts for about `minutes` at most, and at least while it
    still `waits` for something to strike."""

    name: str
    minutes: float
    begin: Callable[[House, Random], End]
    waits: Callable[[House], bool] = _never
    is_of_the_clock: bool = False


def _counted(name: str, field: str, most: int) -> Trouble:
    """The next few requests to the phone system fail so."""

    def begin(house: House, chance: Random) -> End:
        faults, count = house.phones.faults, chance.randint(1, most)

        def end() -> None:
            if getattr(faults, field) < count:
                house.seen.note(f"fault: {name}")
            setattr(faults, field, 0)

        setattr(faults, field, count)
        return end

    return Trouble(name, 60, begin)


def _taken_unseen(house: House, chance: Random) -> End:
    """Taken and never answered, and by the lists never taken: what is repeated then had arrived."""
    faults = house.phones.faults
    faults.accept_then_hang, faults.lists_lag = chance.randint(1, 3), timedelta(minutes=5)

    def end() -> None:
        faults.accept_then_hang, faults.lists_lag = 0, timedelta(0)

    return end


def _nobody_hears(house: House, chance: Random) -> End:
    """Somebody calls while no webhook arrives, and hangs up at the greeting: only the list of calls tells of it."""
    house.phones.faults.drop_webhooks = True
    leave(house, Arrival(at=house.now, caller=chance.choice(CALLERS), hangs_up_at_greeting=True))
    return partial(setattr, house.phones.faults, "drop_webhooks", False)


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


def _dies(where: str, most: int) -> Trouble:
    """At one of the next moments there: `most` is about as many as an alert brings with it."""

    def begin(house: House, chance: Random) -> End:
        house.dies, house.points_left = where, chance.randint(1, most)
        house.downtime = timedelta(seconds=chance.choice((2, 4, 30, 300, 3600)))
        return partial(setattr, house, "points_left", 0)

    return Trouble(f"died {where}", 60, begin, lambda house: house.dies == where and house.points_left > 0)


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


def _hangs(where: str) -> Trouble:
    def begin(house: House, _chance: Random) -> End:
        house.hangs_next = where
        return house.wake_hung

    return Trouble(f"node hung {where}", 12, begin, lambda house: house.hangs_next == where)


ALL: tuple[Trouble, ...] = (
    _counted("unreachable", "unreachable", 5),
    _counted("too many requests", "refuse_429", 8),
    _counted("internal error", "fail_500", 4),
    _counted("taken, then an internal error", "accept_then_500", 3),
    _counted("taken, never answered", "accept_then_hang", 3),
    Trouble("taken, and in no list yet", 60, _taken_unseen),
    _counted("reads fail", "fail_reads", 12),
    Trouble("lists lag", 240, _lists_lag),
    Trouble("reports lost", 240, _flag("drop_reports")),
    Trouble("recording reports lost", 240, _flag("drop_recording_reports")),
    Trouble("reports reversed", 240, _flag("reverse_reports")),
    Trouble("reports doubled", 240, _flag("double_reports")),
    Trouble("webhooks doubled", 240, _flag("duplicate_webhooks")),
    Trouble("webhooks lost", 120, _flag("drop_webhooks")),
    Trouble("caller not heard of", 60, _nobody_hears),
    Trouble("phone dead", 300, _phone(Behaviour.DEAD)),
    Trouble("phone opted out", 300, _opted_out),
    Trouble("phone taken by its box", 300, _phone(Behaviour.VOICEMAIL_BOX)),
    Trouble("phone busy", 200, _phone(Behaviour.BUSY)),
    Trouble("phone's texts filtered", 300, _phone(Behaviour.FILTERED)),
    _dies(AT_A_COMMIT, 30),
    _dies(AT_A_CALL, 6),
    Trouble("statement failed", 60, _statement, lambda house: house.database.fails_in > 0),
    Trouble("database away", 20, _away),
    Trouble("disk full", 30, _full),
    Trouble("clock ahead", 90, _wrong_clock(1, 5, 61, 600, 3600), is_of_the_clock=True),
    Trouble("clock far ahead", 30, _wrong_clock(3 * 3600, 6 * 3600, 86_400), is_of_the_clock=True),
    Trouble("clock behind", 90, _wrong_clock(-1, -5, -61, -600, -3600, -6 * 3600, -86_400), is_of_the_clock=True),
    Trouble("suspended", 1, _suspended),
    _hangs("before a call"),
    _hangs("after a call"),
    _hangs("before a commit"),
    _hangs("after a commit"),
    Trouble("everybody asleep", 500, _everybody_asleep),
)
NOTED_WHEN_IT_STRIKES: frozenset[str] = frozenset(
    {
        *("unreachable", "too many requests", "internal error", "taken, then an internal error"),
        *("taken, never answered", "reads fail", f"died {AT_A_COMMIT}", f"died {AT_A_CALL}", "statement failed"),
        *("node hung before a call", "node hung after a call", "node hung before a commit", "node hung after a commit"),
    }
)
HARMLESS_TO_LISTS: frozenset[str] = frozenset(
    {
        *("reports lost", "recording reports lost", "reports reversed", "reports doubled", "everybody asleep"),
        *("webhooks doubled", "webhooks lost", "caller not heard of", "phone dead", "phone opted out"),
        *("phone taken by its box", "phone busy", "phone's texts filtered"),
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
