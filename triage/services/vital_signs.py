"""Whether the program does its work: signs of life, the audit of what should have happened, figures to scrape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from triage.errors import Refused
from triage.policy import carriage as rules
from triage.policy.faults import Fault
from triage.policy.limits import SWEEP_MAY_TAKE, WRITE_MAY_TAKE
from triage.policy.reconciliation import was_down
from triage.services import letters
from triage.services.desk import Desk
from triage.store import alarms, canaries, carriage, copies, due, marks, vital_signs
from triage.store.canaries import Tally
from triage.store.engine import Store, Transaction
from triage.store.vital_signs import Backlog

SWEEP = "sweep"
STARTED = "scheduler started"
BACKUP = "backup"
HEARTBEAT = "heartbeat"
Due = due.Kind
"""What a sweep may find due."""
_SOON = timedelta(seconds=90)
_MOST_RINGS = 200
_LONGEST_REASON = 200
_EVER = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Readings:
    """What /metrics and the audit look at. `lists` is up to when each of the phone system's lists is settled, `taken`
    within what time it took a share of what was planned lately, by channel and share."""

    last_sweep: datetime | None
    backlog: Backlog
    cases: dict[str, int]
    deliveries: dict[tuple[str, str], int]
    breached_open: int
    recordings: dict[str, int]
    canary: Tally
    lists: dict[str, datetime]
    letters: dict[str, int]
    last_backup: datetime | None
    last_heartbeat: datetime | None
    alarms: frozenset[Fault]
    taken: dict[tuple[str, float], timedelta]


def hung_write(desk: Desk) -> str | None:
    """Which thread of this process hangs while it writes, in words; None where none does. Asks no database."""
    hung = desk.store.under_way.hung(WRITE_MAY_TAKE.total_seconds())
    return hung.words if hung is not None else None


def signs(desk: Desk) -> dict[str, datetime]:
    """When each round was last finished, by its name."""
    with desk.store.glance() as connection:
        return vital_signs.all_seen(connection)


def sweep_finished(desk: Desk, now: datetime) -> None:
    with desk.store.write() as tx:
        vital_signs.show(tx.session, SWEEP, now)


def heart_beat(desk: Desk, now: datetime) -> None:
    """The check outside has heard from us."""
    with desk.store.write() as tx:
        vital_signs.show(tx.session, HEARTBEAT, now)


def note_outage(desk: Desk, now: datetime) -> bool:
    """A scheduler starts: put on record that there was none, if its last sign of life is old. True where it was."""
    with desk.store.write() as tx:
        vital_signs.show(tx.session, STARTED, now)
        return _note_gap(tx, now, {})


def note_refusal(desk: Desk, because: str, now: datetime) -> None:
    """The database is written again: put on record since when it was not, and why, if that is long ago."""
    with desk.store.write() as tx:
        _note_gap(tx, now, {"because": because[:_LONGEST_REASON]})


def _note_gap(tx: Transaction, now: datetime, why: dict[str, Any]) -> bool:
    last = vital_signs.last_seen(tx.session, SWEEP)
    if last is None or not was_down(last, now):
        return False
    vital_signs.show(tx.session, SWEEP, now)
    tx.record("outage", at=now, actor="system", began=last, ended=now, **why)
    return True


def why_not_ready(desk: Desk, now: datetime) -> str | None:
    """The reason why promises are not kept right now; None where all is well. Raises StoreUnavailable."""
    with desk.store.read() as session:
        last = vital_signs.last_seen(session, SWEEP)
    if last is None:
        return "the scheduler has not finished a sweep yet: start it with `afterhours scheduler`"
    if now - last > SWEEP_MAY_TAKE:
        return f"the scheduler finished its last sweep {int((now - last).total_seconds())} s ago: is it running?"
    return None


def refuse_running(store: Store, now: datetime) -> None:
    """Raises Refused where a scheduler gave a sign of life a moment ago."""
    with store.read() as session:
        last = vital_signs.last_seen(session, SWEEP)
    if last is not None and abs(now - last) <= SWEEP_MAY_TAKE:
        raise Refused(
            f"a daemon runs on {store.url.render_as_string()}, or did until a moment ago: its last sign of life is of"
            f" {last:%H:%M:%S} UTC. Stop it, wait {SWEEP_MAY_TAKE.total_seconds():.0f} s, then try again"
        )


def readings(desk: Desk, now: datetime) -> Readings:
    with desk.store.read() as session:
        taken = carriage.acceptances(session, now - rules.TAKING_LOOKS_BACK, rules.MOST_TAKEN_LOOKED_AT)
        return Readings(
            last_sweep=vital_signs.last_seen(session, SWEEP),
            backlog=vital_signs.backlog(session, now),
            cases=vital_signs.cases_by_state(session),
            deliveries=vital_signs.deliveries_by_state(session),
            breached_open=vital_signs.breached_and_open(session),
            recordings=copies.by_state(session),
            canary=canaries.tally(session),
            lists={mark.name: mark.at for mark in marks.of_lists(session)},
            letters=letters.tally(session),
            last_backup=vital_signs.last_seen(session, BACKUP),
            last_heartbeat=vital_signs.last_seen(session, HEARTBEAT),
            alarms=frozenset(fault for fault, alarm in alarms.every(session).items() if alarm.is_raised),
            taken=rules.taken_within(taken),
        )


def what_is_due(desk: Desk, now: datetime) -> frozenset[Due]:
    """What a sweep would find to do."""
    with desk.store.glance() as connection:
        return due.kinds(connection, now)


def first_due(desk: Desk, after: datetime) -> datetime | None:
    """The first instant after this one at which something is due; None where nothing is to come."""
    with desk.store.glance() as connection:
        return next(iter(due.instants(connection, after, _EVER, 1)), None)


def due_soon(desk: Desk, now: datetime) -> list[datetime]:
    """The instants of the next minute and a half at which something is due: what the bell is armed with."""
    with desk.store.glance() as connection:
        return list(due.instants(connection, now, now + _SOON, _MOST_RINGS))
