"""Finding nights that nobody covers, ahead of time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from triage.policy import notice_words
from triage.policy.hours import local
from triage.policy.ladder import unknown_targets
from triage.policy.roster import Roster, Rotation, Shift, gaps
from triage.policy.terms import Terms
from triage.services.alerts import tell
from triage.services.desk import Desk
from triage.store import vital_signs

_AHEAD = timedelta(days=14)
_CHECKED_FROM = time(9, 0)
SIGN = "coverage check"


def coverage_gaps(terms: Terms, roster: Roster, now: datetime) -> list[Shift]:
    """Stretches of the coming two weeks in which a rotation of the ladder has nobody."""
    return [gap for rotation in needed(terms, roster) for gap in gaps(roster, rotation, now, now + _AHEAD)]


def needed(terms: Terms, roster: Roster) -> list[Rotation]:
    """The rotations of the ladder."""
    words = {word for step in (*terms.ladder.steps, *terms.ladder.emergency) for word in step.to}
    return [rotation for rotation in roster.rotations if rotation.name in words]


def is_check_due(last: datetime | None, terms: Terms, now: datetime) -> bool:
    """Once a day, from nine in the morning by the contract's clock."""
    here = local(now, terms)
    return here.time() >= _CHECKED_FROM and (last is None or local(last, terms).date() != here.date())


def check_coverage(desk: Desk, now: datetime) -> None:
    """Tell those in charge of every gap ahead."""
    with desk.store.write() as tx:
        vital_signs.show(tx.session, SIGN, now)
        roster = desk.roster(tx.session)
        found = coverage_gaps(desk.terms, roster, now)
        strangers = unknown_targets(desk.terms, roster)
        if found or strangers:
            tx.record(
                "coverage_gap",
                at=now,
                actor="system",
                gaps=[[gap.rotation, gap.starts, gap.ends] for gap in found],
                unknown=strangers,
            )
            text = notice_words.uncovered(found, strangers, now, desk.terms, looked_ahead=_AHEAD)
            tell(tx, roster.in_charge(), text, terms=desk.terms, now=now)
