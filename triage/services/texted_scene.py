"""One command of one technician, by text, with what it needs to be carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.policy.commands import Command
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms
from triage.services.desk import Desk
from triage.services.handling import Deed
from triage.store.engine import Transaction
from triage.store.models import Case


@dataclass(frozen=True, slots=True)
class Scene:
    """One command of one person, in its transaction."""

    tx: Transaction
    desk: Desk
    roster: Roster
    person: Person
    command: Command
    now: datetime
    is_late: bool  # found hours after it was sent, perhaps

    def terms(self, case: Case) -> Terms:
        return self.desk.terms_of(self.tx.session, case.policy)

    def deed(self, case: Case) -> Deed:
        return Deed(self.tx, self.desk, case, self.person, self.now)
