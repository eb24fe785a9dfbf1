"""The auditor's thread that tells people, by the frozen clock of a world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.support.world import World
from triage.errors import StoreUnavailable
from triage.policy.faults import Fault, Finding
from triage.services.alarms import AlarmBook, tell
from triage.services.findings import of_rows

AUDIT_EVERY = timedelta(seconds=10)


class Watch:
    """Audits a world as time passes; what threads would show is given by name."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.book = AlarmBook()

    def audit(self, *found: Finding) -> list[Fault]:
        """One audit now, and what it found."""
        program = self.world.program
        try:
            every = [*found, *(each for each in of_rows(program.desk, self.world.now) if each.fault is not Fault.LISTS)]
        except StoreUnavailable as error:
            every = [*found, Finding(Fault.DATABASE, str(error))]
        tell(self.book, program.desk, program.alarm_mail, every, program.clock.now)
        return [each.fault for each in every]

    def during(self, span: timedelta, *found: Finding, every: timedelta = AUDIT_EVERY) -> None:
        """Audits while time passes, each finding the same beside what the rows show."""
        for _ in range(span // every):
            self.audit(*found)
            self.world.advance(every)

    def restart(self) -> None:
        """What this process remembered is gone."""
        self.book = AlarmBook()


def titles(letters: Sequence[object]) -> list[str]:
    return [str(letter["Subject"]).removeprefix("afterhours: ") for letter in letters]  # type: ignore[index]
