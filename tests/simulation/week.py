"""One week of nights with its own roster, its own kinds of trouble and its own database, by a seed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from config.settings import SHIPPED_POLICY
from tests.simulation import oracle, troubles
from tests.simulation.dealers import add_dealers
from tests.simulation.house import PUBLIC_URL, House
from tests.simulation.roster import MANAGER, staff_of
from tests.simulation.seen import Seen
from tests.simulation.traffic import night_of, night_of_storm, texts_of
from tests.support.databases import MEMORY
from triage.services import records
from triage.transports.twilio_fallback import fallback_document
from webhooks.simulator.nights.engine import HOUSE_EVERY
from webhooks.simulator.nights.technicians import Team
from webhooks.simulator.nights.voicemails import Arrival, leave, ring
from webhooks.simulator.phone_system import Behaviour
from webhooks.simulator.records import Call, InboundCall, Message

NEW_YORK = ZoneInfo("America/New_York")
A_NIGHT = 3.0
FIRST = date(2027, 1, 1)
NIGHTS = 7
TROUBLED = 0.7
SELDOM = timedelta(minutes=10)
"""How often house is kept where the clock is right: what it does then is small, and half a minute is much work."""


@dataclass(slots=True)
class Tally:
    """What a week came to."""

    days: int = 0
    nights: int = 0
    voicemails: int = 0
    alerts: int = 0
    head: str = ""
    seen: Seen = field(default_factory=Seen)


class Week:
    """`number` counts weeks from the first Friday of 2027 on; seed and number make the whole week."""

    nights, troubled, thinner = NIGHTS, TROUBLED, 1.0

    def __init__(
        self, seed: int, number: int, template: Path, folder: Path, policy_file: Path = SHIPPED_POLICY
    ) -> None:
        self.chance = Random(f"{type(self).__name__}/{seed}/{number}")
        self.first = self.first_of(number)
        self.tally = Tally()
        self.staff = staff_of(self.first, self.days, self.chance, self.closed_in(self.first.year))
        sids, noon = Random(self.chance.getrandbits(64)), self._noon(self.first)
        self.house = House(folder, template, self.staff.toml, noon, sids, self.tally.seen, policy_file)
        self.house.house_every = SELDOM
        self.house.closures = self.staff.closures
        self.house.staff_phones = sorted(self.staff.habits)
        self.watch = oracle.Watch(self.house)
        exchange = self.house.phones.exchange
        exchange.watchers.append(self._told)
        exchange.lateness = partial(_lateness, Random(self.chance.getrandbits(64)))
        self.team = Team(self.house.phones, Random(self.chance.getrandbits(64)))
        for number_, habits in self.staff.habits.items():
            self.team.add(number_, habits)
        self.house.phones.ours.fallback_twiml = fallback_document(self.house.program.desk.terms, PUBLIC_URL)
        add_dealers(self.house, self.first, Random(self.chance.getrandbits(64)))
        self.seed, self.number = seed, number
        self.kinds = troubles.some_kinds(seed, number)
        self.a_night, self.is_stormy = A_NIGHT, False
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    @staticmethod
    def first_of(number: int) -> date:
        return FIRST + timedelta(weeks=number)

    @staticmethod
    def closed_in(_year: int) -> frozenset[date]:
        """Days on which nobody works, beside those of the roster's own chance."""
        return frozenset()

    @property
    def days(self) -> int:
        """How many days there are, with their nights or without."""
        return self.nights

    def run(self, nights: int | None = None) -> Tally:
        """Every night, each followed by a quiet morning in which all is looked at."""
        nights = nights or self.nights
        for night in range(nights):
            week = self.number * self.nights // NIGHTS + night // NIGHTS
            self.is_stormy = night_of_storm(self.seed, week) == night % NIGHTS
            if night % NIGHTS == 0:
                self.kinds = troubles.some_kinds(self.seed, week)
                self.a_night = A_NIGHT * self.thinner * self.chance.choice((0.3, 0.8, 1.0, 1.2, 1.7))
            self._night(self.first + timedelta(days=night))
        return self._over(nights)

    def _over(self, nights: int) -> Tally:
        self.watch.at_the_end()
        self.tally.nights, self.tally.head = nights, self.watch.head
        self.tally.days = self.days if nights == self.nights else nights
        self.tally.alerts = self.watch.alerts
        return self.tally

    def _night(self, day: date) -> None:
        evening, noon = self._at(day, 17), self._noon(day + timedelta(days=1))
        house, chance = self.house, self.chance
        self._note_length(day)
        self._plan(evening, lambda: self.team.begin_night(house.now))
        morning = self._at(day + timedelta(days=1), 7)
        drawn = night_of(evening, self.a_night, chance, is_stormy=self.is_stormy)
        arrivals = [one for one in drawn if one.at < noon - timedelta(hours=2)]
        for arrival in arrivals:
            self._plan(arrival.at, partial(self._arrive, arrival))
        for at, number, words in texts_of(arrivals, chance):
            if at < noon:
                self._plan(at, partial(self._text, number, words))
        if chance.random() < self.troubled:
            self._plan_troubles([arrival.at for arrival in arrivals if arrival.at < morning], morning)
        self._plan(self._at(day + timedelta(days=1), 7, 30), self._quiet)
        self._plan(self._at(day + timedelta(days=1), 8, 30), self._clean_up)
        self._plan(self._at(day + timedelta(days=1), 10), self._clean_up)
        self._plan_day(day)
        while self._agenda:
            at, _, deed = heapq.heappop(self._agenda)
            house.advance_to(max(at, house.now))
            deed()
        house.advance_to(noon)
        self.look()
        house.phones.exchange.forget(house.now - timedelta(days=3))

    def look(self) -> None:
        """At noon everything has to hold."""
        self.watch.each_noon()

    def _plan_day(self, day: date) -> None:
        """What the office does on the day after this night."""

    def _plan_troubles(self, calls: list[datetime], morning: datetime) -> None:
        """Most troubles do nothing where nothing happens: half of them begin just before a call, the others around
        one, and all before the quiet morning."""
        chance = self.chance
        for _ in range(chance.choice((2, 3, 4, 5)) if calls else 0):
            trouble = next(self.kinds)
            after = chance.uniform(-2, 0) if chance.random() < 0.5 else chance.triangular(-8, 40, 0)
            begins = chance.choice(calls) + timedelta(minutes=after)
            span = timedelta(minutes=chance.uniform(0.2, 1.0) * trouble.minutes)
            self._plan(min(begins, morning), partial(self._begin, trouble, span))

    def _begin(self, trouble: troubles.Trouble, span: timedelta) -> None:
        house = self.house
        house.last_words.append(f"{house.now.isoformat()} begins: {trouble.name} for {span}")
        wrong = self.watch.spans.begin(house.now, of_the_clock=trouble.is_of_the_clock)
        if trouble.is_of_the_clock:
            house.house_every = HOUSE_EVERY
        house.something_moves()
        ails = int(trouble.name not in troubles.HARMLESS_TO_LISTS)
        house.ails += ails
        end = troubles.begin(trouble, house, self.chance)
        house.settle()
        until = self._next(7, 15)

        def over() -> None:
            if trouble.waits(house) and house.now < until:
                self._plan(min(house.now + span, until), over)
                return
            end()
            house.something_moves()
            house.ails = max(house.ails - ails, 0)
            self.watch.spans.end(wrong, max(house.now, house.stopped_until or house.now))
            house.last_words.append(f"{house.now.isoformat()} ends: {trouble.name}")
            house.settle()

        self._plan(min(house.now + span, until), over)

    def _quiet(self) -> None:
        self.house.mend()
        for number in self.house.staff_phones:
            if self.house.phones.phone(number).behaviour is not Behaviour.OPTED_OUT:
                self.house.phones.set_behaviour(number, Behaviour.NORMAL)
        self.house.house_every = SELDOM
        self.house.settle()
        self.watch.spans.end_all(self.house.now)

    def _clean_up(self) -> None:
        """In the morning somebody looks at the board, and closes what is left open."""
        for case in records.list_cases(self.house.program.desk, only_open=True):
            if case["state"] != "deferred":
                self.house.something_moves()
                self.house.phones.text(MANAGER, f"DONE {case['ref']} 20 looked after in the morning")
        self.house.settle()

    def _arrive(self, arrival: Arrival) -> None:
        """Half of the calls take their time, and others come meanwhile; half are over at once."""
        self.house.something_moves()
        self.watch.somebody_calls(arrival)
        if self.chance.random() < 0.5:
            ring(self.house, arrival)
        else:
            self._is_over(leave(self.house, arrival))
        self.house.settle()

    def _told(self, of: Message | Call) -> None:
        if isinstance(of, Call) and of.direction == "inbound":
            self._is_over(of)

    def _is_over(self, call: Call | InboundCall) -> None:
        recordings = self.house.phones.exchange.recordings.values()
        self.tally.voicemails += any(one.call_sid == call.sid and one.status == "completed" for one in recordings)
        self.watch.nothing_was_refused(call)

    def _text(self, number: str, words: str) -> None:
        self.house.something_moves()
        self.house.phones.text(number, words)
        self.house.settle()

    def _note_length(self, day: date) -> None:
        span = self._at(day + timedelta(days=1), 8) - self._at(day, 20)
        if span == timedelta(hours=13):
            self.tally.seen.note("night with 13 hours")
        if span == timedelta(hours=11):
            self.tally.seen.note("night with 11 hours")

    def _plan(self, at: datetime, deed: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), deed))

    def _next(self, hour: int, minute: int) -> datetime:
        """The next such moment on the wall in New York."""
        today = self.house.now.astimezone(NEW_YORK).date()
        at = self._at(today, hour, minute)
        return at if at > self.house.now else self._at(today + timedelta(days=1), hour, minute)

    @staticmethod
    def _at(day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), NEW_YORK).astimezone(UTC)

    @classmethod
    def _noon(cls, day: date) -> datetime:
        return cls._at(day, 12)


def _lateness(chance: Random) -> timedelta:
    """Half of all reports come in time; the others overtake each other, and mingle with those of other calls."""
    return timedelta(seconds=chance.uniform(0, 4)) if chance.random() < 0.5 else timedelta(0)


@contextmanager
def week(seed: int, number: int, template: Path) -> Iterator[Week]:
    """A week in a folder of its own."""
    with TemporaryDirectory(prefix="afterhours-simulated-", dir=MEMORY) as folder:
        made = Week(seed, number, template, Path(folder))
        try:
            yield made
        finally:
            made.house.close()
