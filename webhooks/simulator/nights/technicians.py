"""People on the roster as they are at night: asleep, slow, awake; what they text, press and forget, by a seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from webhooks.simulator.phone_system import Behaviour, PhoneSystem
from webhooks.simulator.records import Call, Message

_IN_TEXT = re.compile(r"(?<![+\d:.,-])(\d{4,5})(?![\d-])")
_IN_CALL = re.compile(r"case ((?:\d ){3,4}\d)")
_MOST_CALLS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How likely (0 to 1) somebody does what; spans are means in minutes, the longer ones are rarer.

    `presses` are the keys on an alert call, `texts` the words of an answer to an alert, `follows_up` what whoever took
    a case does about it, each with its weight; the empty word is nothing.
    """

    sleeps: float = 0.2
    wakes_after: float = 40.0
    answers_texts: float = 0.6
    answers_in: float = 4.0
    presses: tuple[tuple[str, float], ...] = (("1", 60), ("2", 15), ("3", 6), ("91", 5), ("", 10), ("7", 4))
    texts: tuple[tuple[str, float], ...] = (("ACK", 70), ("CALL", 16), ("PASS", 8), ("HEAR", 3), ("LIST", 3))
    follows_up: tuple[tuple[str, float], ...] = (("CALL", 55), ("DONE", 30), ("TRIED", 7), ("PASS", 3), ("", 5))
    calls_back_in: float = 8.0
    works_for: float = 35.0


@dataclass(slots=True)
class Technician:
    """Holds a phone of the simulated phone system: reads what it shows, and answers by their habits."""

    phones: PhoneSystem
    number: str
    habits: Habits
    chance: Random
    _handled: set[tuple[str, str]] = field(default_factory=set)

    def begin_night(self, now: datetime) -> None:
        """Go to bed, or do not; a sleeper may wake up by themselves."""
        chance, habits = self.chance, self.habits
        self._handled.clear()
        keys = [self._one_of(habits.presses) for _ in range(_MOST_CALLS)]
        self.phones.set_keys(self.number, *keys)
        is_asleep = chance.random() < habits.sleeps
        self.phones.set_behaviour(self.number, Behaviour.ASLEEP if is_asleep else Behaviour.NORMAL)
        if is_asleep and chance.random() < 0.5:
            self._later(now, chance.expovariate(1 / habits.wakes_after), self._wake)

    def shown(self, message: Message) -> None:
        """Their phone shows a text of ours."""
        if "Reply ACK" not in message.body or self._is_asleep():
            return
        found = _IN_TEXT.search(message.body)
        if found is None or self.chance.random() >= self.habits.answers_texts:
            return
        word, reference = self._one_of(self.habits.texts), found.group(1)
        self._later(self.phones.now, self._about(self.habits.answers_in), lambda: self._answer(word, reference))

    def hung_up(self, call: Call) -> None:
        """A call with their phone is over."""
        found = _IN_CALL.search(" ".join(call.heard[:1]))
        if found is None or not call.pressed.strip("9").startswith(("1", "2")):
            return
        reference = found.group(1).replace(" ", "")
        if call.pressed.strip("9").startswith("2"):
            self._later(self.phones.now, self._about(3), lambda: self._close(reference))
        else:
            self._follow_up(reference)

    def _is_asleep(self) -> bool:
        return self.phones.exchange.phone_at(self.number).behaviour is Behaviour.ASLEEP

    def _wake(self) -> None:
        if self._is_asleep():
            self.phones.set_behaviour(self.number, Behaviour.NORMAL)

    def _answer(self, word: str, reference: str) -> None:
        if ("ACK", reference) in self._handled and word == "ACK":
            return
        answer = self._text(f"{word} {reference}".strip())
        if word == "ACK" and answer and "is yours" in answer:
            self._handled.add(("ACK", reference))
            self._follow_up(reference)
        elif word == "CALL":
            self._later(self.phones.now, self._about(self.habits.works_for), lambda: self._close(reference))

    def _follow_up(self, reference: str) -> None:
        if ("follow", reference) in self._handled:
            return
        self._handled.add(("follow", reference))
        word = self._one_of(self.habits.follows_up)
        if word:
            self._later(self.phones.now, self._about(self.habits.calls_back_in), lambda: self._do(word, reference))

    def _do(self, word: str, reference: str) -> None:
        if word == "DONE":
            self._close(reference)
            return
        self._text(f"{word} {reference}")
        if word == "CALL":
            self._later(self.phones.now, self._about(self.habits.works_for), lambda: self._close(reference))
        elif word == "TRIED":
            self._later(self.phones.now, 11, lambda: self._text(f"TRIED {reference}"))

    def _close(self, reference: str) -> None:
        if self.chance.random() < 0.5:
            answer = self._text(f"DONE {reference} replaced a card")
            if answer is None or "is closed" in answer:
                return
        minutes = max(1, round(self.chance.gauss(self.habits.works_for, 12)))
        self._text(f"DONE {reference} {minutes} replaced a card")

    def _text(self, body: str) -> str | None:
        return self.phones.text(self.number, body)

    def _about(self, minutes: float) -> float:
        return min(self.chance.expovariate(1 / minutes), 6 * minutes) + 0.2

    def _later(self, now: datetime, minutes: float, deed: Callable[[], object]) -> None:
        def happen(_at: datetime) -> None:
            deed()

        self.phones.exchange.at(now + timedelta(minutes=minutes), happen)

    def _one_of(self, weighted: tuple[tuple[str, float], ...]) -> str:
        return self.chance.choices([word for word, _ in weighted], [weight for _, weight in weighted])[0]


class Team:
    """The technicians of a roster, told by the phone system of what their phones show."""

    def __init__(self, phones: PhoneSystem, chance: Random) -> None:
        self._phones = phones
        self._chance = chance
        self.people: dict[str, Technician] = {}
        phones.exchange.watchers.append(self._told)

    def add(self, number: str, habits: Habits) -> None:
        """Give a phone to somebody of these habits, each with a chance of their own."""
        chance = Random(self._chance.getrandbits(64))  # noqa: S311 - a simulation wants to be repeatable # nosec B311
        self.people[number] = Technician(self._phones, number, habits, chance)

    def begin_night(self, now: datetime) -> None:
        for technician in self.people.values():
            technician.begin_night(now)

    def _told(self, of: Message | Call) -> None:
        technician = self.people.get(of.to)
        if technician is None:
            return
        if isinstance(of, Message):
            technician.shown(of)
        else:
            technician.hung_up(of)
