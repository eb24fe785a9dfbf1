"""The history as evidence: checking its chain, and publishing its head outside the database."""

from __future__ import annotations

from datetime import datetime

import structlog

from triage.policy.hours import local
from triage.policy.terms import Terms
from triage.services.desk import Desk
from triage.store import chain, vital_signs
from triage.store.chain import Verdict

log = structlog.get_logger()

SIGN = "audit head"


def verify_chain(desk: Desk) -> Verdict:
    """Recompute every hash from the first entry on."""
    with desk.store.read() as session:
        return chain.verify(session)


def is_publishing_due(last: datetime | None, terms: Terms, now: datetime) -> bool:
    """Once a day by the contract's clock."""
    return last is None or local(last, terms).date() != local(now, terms).date()


def publish_head(desk: Desk, now: datetime) -> None:
    """The head of the chain goes to the log, so that a rewritten history does not fit it."""
    with desk.store.read() as session:
        number, digest = chain.head(session)
    with desk.store.write() as tx:
        vital_signs.show(tx.session, SIGN, now)
    log.info("audit_head", entries=number, hash=digest)
