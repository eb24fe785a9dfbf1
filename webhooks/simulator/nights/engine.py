"""The whole program and the simulated phone system in one process, on one thread, by a clock that is moved.

Webhooks are signed and posted into the real application, the real Twilio client talks to the simulated REST API, rows
live in a real database. Only sockets and waiting are left out: the clock goes from one instant at which something is
due to the next, so that a night in which little happens takes next to no time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from config.settings import SIMULATED_ACCOUNT
from scheduler.sweep import Errand, begin, keep_house, sweep
from triage.bootstrap import Program, build_phone_system
from triage.services import reconciler
from triage.services.vital_signs import first_due
from webhooks.simulator.in_process import InProcessHttpClient, post_into
from webhooks.simulator.nights.apps import app_of, rest_of
from webhooks.simulator.nights.clock import MovableClock
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.records import new_sid

HOUSE_EVERY = timedelta(seconds=30)
PAST, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Nights:
    """Phones, a clock, and the daemon between them.

    `put_together` makes the program: once, and again after each death. Its settings name the simulated account, our
    number and the public address. Where it does not `read_lists`, nobody asks the phone system for what no webhook
    told: half of the work, for whom no webhook is lost. The program may have a clock of its own, `clock` is
    that of the world.
    """

    def __init__(
        self,
        put_together: Callable[[], Program],
        clock: MovableClock,
        *,
        reads_lists: bool = True,
        sids: Callable[[str], str] = new_sid,
    ) -> None:
        self.reads_lists = reads_lists
        self.house_every = HOUSE_EVERY
        self.house_kept_at: datetime | None = None
        self._put_together = put_together
        self._clock = clock
        self._known_writes, self._next_due = -1, PAST
        self.start()
        settings = self.program.settings
        token, number = settings.twilio_auth_token, settings.twilio_from
        if settings.twilio_account_sid != SIMULATED_ACCOUNT or token is None or number is None:
            raise ValueError("simulated nights want the simulated account, its token and a number of ours")
        self.phones = PhoneSystem(
            SIMULATED_ACCOUNT, token.get_secret_value(), number, settings.public_url, clock, self._post, sids=sids
        )
        self.phone_system = build_phone_system(settings, InProcessHttpClient(rest_of(self.phones)))

    def start(self) -> None:
        """Start the daemon, or start it again after a crash: everything it knows is in the database."""
        self.program = self._put_together()
        begin(self.program)
        if not self.reads_lists:
            reconciler.put_off(self.program.desk, NEVER)
        self.app: Flask = app_of(self.program)
        self._known_writes = -1

    def close(self) -> None:
        self.program.close()

    @property
    def now(self) -> datetime:
        return self._clock.now()

    def move_to(self, instant: datetime) -> None:
        """Set the clock, and nothing else: what was due meanwhile is late."""
        self._clock.move_to(instant)

    def advance_to(self, target: datetime) -> None:
        """Let time pass: every instant at which something is due is visited, in order."""
        self.settle()
        while (at := self.next_instant(target)) is not None:
            self.move_to(max(at, self.now))
            self.settle()
        self.move_to(target)
        self.settle()

    def settle(self) -> None:
        """Let happen what is due at this very instant."""
        self.sweep()
        while self.phones.run_due(self.now):
            self.sweep()

    def sweep(self) -> None:
        """Do what is due, where anything is."""
        now = self.program.now()
        if self._ahead() <= now:
            sweep(self.program, self.phone_system, self.carry_out, lambda: self.program.settings.sender_threads)
        if self.house_kept_at is None or not timedelta(0) <= now - self.house_kept_at < self.house_every:
            keep_house(self.program)
            self.house_kept_at = now

    def carry_out(self, errand: Errand) -> None:
        """What a sender's thread does in the daemon."""
        errand()

    def next_instant(self, until: datetime) -> datetime | None:
        """The next instant up to `until` at which anything is due; None where nothing is."""
        machine, ahead = self.program.now(), self._ahead()
        if ahead <= machine:  # what failed stays due
            ahead = self._first_due(machine)
        phones = self.phones.next_instant()
        soonest = (self.now + (ahead - machine), phones)
        return min((at for at in soonest if at is not None and at <= until), default=None)

    @property
    def _writes(self) -> int:
        return self.program.desk.store.writes

    def _ahead(self) -> datetime:
        """The first instant at which anything is due; it may be past."""
        if self._known_writes != self._writes:
            self._next_due = self._first_due(PAST)
            self._known_writes = self._writes
        return self._next_due

    def _first_due(self, after: datetime) -> datetime:
        return first_due(self.program.desk, after) or NEVER

    def _post(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Any:
        self.app.extensions["program"] = self.program
        return post_into(self.app)(url, form, headers)
