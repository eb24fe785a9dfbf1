"""A roster of one week by its seed: people, weekly or daily hand-overs, overrides, closed days, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from webhooks.simulator.nights.technicians import Habits

NAMES = ("lee", "dana", "sam", "kim", "ravi", "nora")
MANAGER, ADMINISTRATOR = "+16145550190", "+16145550191"
PHONES = (*(f"+1614555010{place}" for place in range(len(NAMES))), MANAGER, ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Staff:
    """The roster as TOML, and how whoever has each phone behaves."""

    toml: str
    habits: dict[str, Habits]
    closures: frozenset[date]


def staff_of(first: date, days: int, chance: Random, closed: frozenset[date]) -> Staff:
    """Two to five technicians, a manager and an administrator, from the first day on for so many. On `closed` days, and
    on some others, nobody works."""
    people = list(NAMES[: chance.randint(2, 5)])
    phones = dict(zip(NAMES, PHONES, strict=False))
    every = chance.choice(("7d", "7d", "7d", "1d", "12h"))
    hour = chance.choice(("08:00:00", "17:00:00", "02:30:00", "01:30:00"))
    primary = chance.sample(people, len(people))
    secondary = primary[1:] + primary[:1]
    starts = first - timedelta(days=9)
    if chance.random() < 0.15:  # for some days nobody is on call
        starts = first + timedelta(days=chance.randint(1, 4))
    weeks = [first + timedelta(days=day) for day in range(0, days, 7)]
    others = {week + timedelta(days=chance.randint(0, 6)) for week in weeks for _ in range(chance.choice((0, 0, 1)))}
    closures = closed | others
    parts = ['timezone = "America/New_York"', f"closures = [{', '.join(map(str, sorted(closures)))}]"]
    parts += [_person(name, f"{name.title()} Moss", phones[name], "technician") for name in people]
    parts.append(_person("maria", "Maria Brandt", MANAGER, "manager"))
    parts.append(_person("ada", "Ada Lind", ADMINISTRATOR, "administrator", '["sms"]'))
    parts.append(_rotation("primary", primary, f"{starts}T{hour}", every))
    parts.append(_rotation("secondary", secondary, f"{first - timedelta(days=9)}T{hour}", every))
    for week in (week for week in weeks for _ in range(chance.randint(0, 2))):
        begins = week + timedelta(days=chance.randint(0, 6))
        parts.append(
            f'[[overrides]]\nrotation = "primary"\nperson = "{chance.choice(people)}"\n'
            f"from = {begins}T20:00:00\nto = {begins + timedelta(days=1)}T08:00:00"
        )
    habits = {phones[name]: _habits(chance) for name in people}
    habits[MANAGER] = Habits(sleeps=0.5, answers_texts=0.2, answers_in=12)
    return Staff("\n\n".join(part for part in parts if part) + "\n", habits, closures)


def _habits(chance: Random) -> Habits:
    return Habits(
        sleeps=chance.choice((0.02, 0.1, 0.3, 0.6)),
        answers_texts=chance.choice((0.2, 0.6, 0.9)),
        answers_in=chance.choice((1.0, 4.0, 15.0)),
        calls_back_in=chance.choice((3.0, 8.0, 30.0)),
    )


def _person(id_: str, name: str, phone: str, role: str, channels: str = '["sms", "voice"]') -> str:
    return f'[[people]]\nid = "{id_}"\nname = "{name}"\nphone = "{phone}"\nrole = "{role}"\nchannels = {channels}'


def _rotation(name: str, people: list[str], starts: str, every: str) -> str:
    listed = ", ".join(f'"{person}"' for person in people)
    return f'[[rotations]]\nname = "{name}"\npeople = [{listed}]\nstarts = {starts}\nevery = "{every}"'
