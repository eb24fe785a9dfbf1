"""Moving from SQLite to PostgreSQL: all of it, proven, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.errors import MoveFailed, Refused
from triage.services.vital_signs import refuse_running
from triage.store import Session, chain, moving, schema
from triage.store.chain import Verdict
from triage.store.engine import Store, Transaction


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows came over by table, and the chain as it was verified there."""

    rows: dict[str, int]
    entries: int
    head: str


def move(source: Store, target: Store, *, actor: str, now: datetime) -> Moved:
    """Copy every row of a SQLite into an empty PostgreSQL, in one transaction there, while nobody writes here.

    The old database stays as it is. Raises Refused where it may not be done, MoveFailed where something did not come
    over as it was: then the new one is as empty as it was.
    """
    at, newest = schema.revision(source), schema.newest()
    if at != newest:
        raise Refused(f"the database is at {at or 'nothing'}, this program at {newest}: run `afterhours migrate` first")
    refuse_running(source, now)
    with source.rehearse() as old, target.connection() as connection:
        moving.prepare(connection)
        _checked(chain.verify(old.session), "the old database")
        moving.copy_rows(old.session, connection)
        with Session(connection) as new:
            rows = moving.compare(old.session, new)
            verdict = _checked(chain.verify(new), "the new database")
            if (verdict.entries, verdict.head) != chain.head(old.session):
                raise MoveFailed("the history ends with another entry in the new database")
            tx = Transaction(new)
            tx.record(
                "database_moved",
                at=now,
                actor=actor,
                entries=verdict.entries,
                head=verdict.head,
                rows=sum(rows.values()),
            )
            chain.append(new, tx.entries)
    return Moved(rows, verdict.entries, verdict.head)


def _checked(verdict: Verdict, where: str) -> Verdict:
    if verdict.first_bad is not None:
        raise MoveFailed(f"the history in {where} does not fit: entry {verdict.first_bad}: {verdict.reason}")
    return verdict
