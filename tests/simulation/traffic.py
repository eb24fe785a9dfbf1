"""Who calls in a night: how many by hour and weekday, what about, and who calls or texts again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from triage.policy.terms import ProductLine
from webhooks.simulator.nights.voicemails import Answers, Arrival

CALLERS = tuple(f"+1216555{number:04}" for number in range(1000, 1040))
ABROAD = ("+18765550123", "+19005550123", "+442079460123", "+12129765555")
"""Numbers that must never be rung: other countries, and those that cost money."""
AT_HOME = frozenset({*CALLERS, "+12079460123"})
"""Whom the policy allows to ring; the last is what a caller from London keys in, who leaves out the country."""
PRODUCTS: tuple[ProductLine | None, ...] = ("ucp", "emg", "server", "discontinued", None, None)
NAMES = (
    *("Jordan Fairweather", "Casey Okonkwo", "Robin Lindqvist"),
    *("Alex Marchetti", "Toni Vasquez", "Sasha Petrosyan"),
)
"""Of each dealer's technicians, who are the first callers."""
PINS = {"ACME": "482913", "BELL": "730154", "CORD": "905267"}
"""Of each dealer's first technician; who does not call from a number of theirs is asked for it."""
KNOWN = frozenset(CALLERS[: len(PINS) * len(NAMES)])
WORDS = "the trunk is down again, please call Jordan Fairweather"
"""What is said on every tape: words that must be in no log."""
WEEKS_A_STORM = 8
"""In one night of so many weeks a trunk fails, and its whole town calls within minutes."""
TEXTS = ("STATUS", "status please", "Estado", "still down, anybody there?", "thank you, it works again")
_WEIGHTS = (8, 9, 8, 7, 6, 5, 4, 3, 2, 2, 1, 1, 1, 2, 3)
"""From 17:00 on, by hour."""


def night_of_storm(seed: int, week: int) -> int | None:
    """Which of a week's nights is the one, from 0; None in most weeks."""
    chance = Random(f"storm/{seed}/{week // WEEKS_A_STORM}")
    night = chance.randrange(7)
    return night if chance.randrange(WEEKS_A_STORM) == week % WEEKS_A_STORM else None


def night_of(evening: datetime, a_night: float, chance: Random, *, is_stormy: bool) -> Iterator[Arrival]:
    """Arrivals from `evening` (17:00 in New York, in UTC) to the next morning, about `a_night` on weekdays."""
    busy = a_night * (1.3 if evening.weekday() >= 4 else 1.0)
    for _ in range(_poisson(busy, chance)):
        hours = chance.choices(range(len(_WEIGHTS)), _WEIGHTS)[0] + chance.random()
        first = _arrival(evening + timedelta(hours=hours), chance.choice(CALLERS), chance)
        yield first
        if chance.random() < 0.1:  # while the first is heard
            beside = first.at + timedelta(seconds=chance.choice((0, 0, 1, 20, 60)))
            yield _arrival(beside, chance.choice(CALLERS), chance)
        if first.answers.is_shown and chance.random() < 0.12:
            again = first.at + timedelta(minutes=chance.expovariate(1 / 40) + 2)
            second = _arrival(again, first.caller, chance)
            is_worse = chance.random() < 0.3
            yield replace(second, answers=replace(second.answers, emergency=is_worse or second.answers.emergency))
    if is_stormy:
        begins = evening + timedelta(hours=chance.uniform(1, 12))
        for caller in chance.sample(CALLERS, chance.randint(24, 28)):
            at = begins + timedelta(minutes=chance.uniform(0, 6))
            yield Arrival(at=at, caller=caller, answers=Answers(attested=True, product="ucp"), seconds=9)


def _arrival(at: datetime, caller: str, chance: Random) -> Arrival:
    draw = chance.random()
    is_shown = chance.random() > 0.05
    if chance.random() < 0.03:
        caller = chance.choice(ABROAD)
    is_known = is_shown and caller in KNOWN
    answers = Answers(
        pin=None if is_known else _pin(chance),
        emergency=chance.random() < 0.12,
        attested=chance.random() < 0.7,
        product=chance.choice(PRODUCTS),
        spanish=chance.random() < 0.08,
        number=_keyed(chance) if draw > 0.9 else None,
        stays=chance.random() < 0.1,
        is_shown=is_shown,
    )
    return Arrival(
        at=at,
        caller=caller,
        answers=answers,
        seconds=chance.choice((2, 4, 6, 9, 14)),
        silent=draw < 0.04,
        hangs_up_at_greeting=0.04 <= draw < 0.07,
        transcript=WORDS,
    )


def texts_of(arrivals: list[Arrival], chance: Random) -> Iterator[tuple[datetime, str, str]]:
    """Who texts our number after they called: when, from which number, and what."""
    for arrival in arrivals:
        if arrival.answers.is_shown and chance.random() < 0.15:
            at = arrival.at + timedelta(minutes=chance.expovariate(1 / 30) + 1)
            yield at, arrival.caller, f"{chance.choice(TEXTS)}{chance.choice(('', f'. {WORDS}'))}"


def _pin(chance: Random) -> str:
    """What somebody keys in whose number says nothing: mostly nothing, else a PIN, sometimes a wrong one."""
    draw = chance.random()
    return "" if draw > 0.2 else "314159" if draw < 0.05 else chance.choice(sorted(PINS.values()))


def _keyed(chance: Random) -> str:
    """A number as a caller keys it in."""
    return chance.choice((*CALLERS, *CALLERS, *ABROAD))[1:][-10:]


def _poisson(mean: float, chance: Random) -> int:
    count, span = 0, chance.expovariate(1.0)
    while span < mean:
        count += 1
        span += chance.expovariate(1.0)
    return count
