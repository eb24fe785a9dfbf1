"""What every use case works with: the database, the contract in force, the roster in force."""

from __future__ import annotations

from datetime import datetime

from triage.policy.roster import Roster, stored_roster
from triage.policy.roster_history import Rosters
from triage.policy.terms import Terms, stored_terms
from triage.services.settling import Settling
from triage.store import Session, accounts, versions
from triage.store.engine import Store


class Desk:
    """`terms` are those that a new case begins with; a live case keeps its own, see `terms_of`. They are `contract`, as
    the files have it, with the closed days of the roster in force, see `follow_roster`.

    `shipped` is the text of the contract that this release ships. `canary` is the number that our test calls come
    from; None where there are none.
    """

    def __init__(self, store: Store, terms: Terms, shipped: str, canary: str | None = None) -> None:
        self.store = store
        self.settling = Settling(store)
        self.contract = terms
        self.terms = terms
        self.canary = canary
        self.shipped = shipped
        self._terms = {terms.version: terms}
        self._roster: tuple[int, Roster] | None = None
        self._foreseen: Roster | None = None
        self.followed: int | None = None

    def terms_of(self, session: Session, version: str) -> Terms:
        """The contract of that version, as it was."""
        if version not in self._terms:
            self._terms[version] = stored_terms(versions.policy_content(session, version), shipped=self.shipped)
        return self._terms[version]

    def roster(self, session: Session) -> Roster:
        """The newest roster; an empty one where none was ever loaded."""
        if self._foreseen is not None:
            return self._foreseen
        newest = versions.newest_roster_id(session)
        if newest is None:
            return Roster()
        if self._roster is None or self._roster[0] != newest:
            self._roster = (newest, stored_roster(versions.roster_content(session, newest)))
        return self._roster[1]

    def foresee(self, file: Roster | None) -> None:
        """Go by what the next start would put in force, and put nothing on record."""
        with self.store.read() as session:
            self._foreseen = file if file is not None and versions.newest_source(session) != file.version else None
            closures = self.roster(session).closures
        self.terms = self.contract.with_closures(closures) if closures else self.contract

    def rosters(self, session: Session, start: datetime, end: datetime, now: datetime) -> Rosters:
        """The rosters that were in force in [start, end), and the newest. It counts now, whatever the clock was set to
        when it was loaded; one that seems to be loaded after it never counted."""
        counted: list[tuple[datetime, int]] = []
        for number, loaded_at in versions.rosters_loaded(session):
            since = loaded_at if counted else min(loaded_at, now)
            if not counted or since < counted[-1][0]:
                counted.append((since, number))
            if counted[-1][0] <= start:
                break
        older = [
            (since, stored_roster(versions.roster_content(session, number)))
            for since, number in reversed(counted[1:])
            if since < end or number == counted[-1][1]
        ]
        return [*older, (counted[0][0] if counted else now, self.roster(session))]


def names_of(session: Session, desk: Desk) -> dict[str, str]:
    """What people are called: of the roster by their ids, those with accounts as the history names them."""
    return accounts.names(session) | {person.id: person.name for person in desk.roster(session).people}


def known_names(desk: Desk) -> dict[str, str]:
    """`names_of` for whoever reads nothing else."""
    with desk.store.read() as session:
        return names_of(session, desk)


def follow_roster(desk: Desk, now: datetime) -> None:
    """The closed days of the roster in force belong to the contract (T3), whichever process changed them."""
    if desk.store.scalar(versions.NEWEST_ROSTER) == desk.followed:
        return
    with desk.store.read() as session:
        newest = versions.newest_roster_id(session)
        closures = desk.roster(session).closures
    desk.terms = desk.contract.with_closures(closures) if closures else desk.contract
    load_contract(desk, now)
    desk.followed = newest


def load_contract(desk: Desk, now: datetime) -> None:
    """Put the contract in force on record, once for each version."""
    with desk.store.read() as session:
        if versions.has_policy(session, desk.terms.version):
            return
    with desk.store.write() as tx:
        if versions.add_policy(tx.session, desk.terms.version, desk.terms.canonical, now):
            tx.record("policy_loaded", at=now, actor="system", policy=desk.terms.version)


def load_roster(desk: Desk, roster: Roster, now: datetime) -> bool:
    """Make a roster file the roster in force, unless this very file was the last one loaded.

    A roster changed by other means since then stays: the file counts again once it is edited.
    """
    with desk.store.read() as session:
        if versions.newest_source(session) == roster.version:
            return False
    with desk.store.write() as tx:
        if versions.newest_source(tx.session) == roster.version:
            return False
        versions.add_roster(tx.session, roster.version, roster.canonical, source=roster.version, now=now)
        tx.record(
            "roster_loaded",
            at=now,
            actor="system",
            roster=roster.version,
            people=[person.id for person in roster.people],
            rotations=[rotation.name for rotation in roster.rotations],
        )
        return True
