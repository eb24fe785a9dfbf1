"""The history as evidence: checking its chain, and publishing its head outside the database.

A long chain is checked in portions by whoever keeps house, so that alerts never wait for it; where it is is a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from triage.policy import outage_words
from triage.policy.hours import local
from triage.policy.terms import Terms
from triage.services.alerts import administrators, tell
from triage.services.desk import Desk
from triage.store import chain, history, vital_signs
from triage.store.chain import GENESIS, Verdict
from triage.store.engine import Transaction

log = structlog.get_logger()

SIGN = "audit head"
AT_ONCE = 10_000
"""Entries that are checked while somebody waits: about a fifth of a second."""

_PORTION = 5_000
_HEADS = 400


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the chain; `began` is when it did, `asked_by` is an actor. `first_bad` is None where all fits."""

    began: datetime
    ended: datetime
    asked_by: str
    entries: int
    head: str
    first_bad: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A check that is under way, `checked` of so many entries."""

    began: datetime
    checked: int
    entries: int


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it was published. `fits` is whether the entry still has that hash."""

    at: datetime
    entries: int
    hash: str
    fits: bool


def verify_chain(desk: Desk) -> Verdict:
    """Recompute every hash from the first entry on."""
    with desk.store.read() as session:
        return chain.verify(session)


def is_publishing_due(last: datetime | None, terms: Terms, now: datetime) -> bool:
    """Once a day by the contract's clock."""
    return last is None or local(last, terms).date() != local(now, terms).date()


def publish_head(desk: Desk, now: datetime) -> None:
    """The head of the chain goes to the log, so that a rewritten history does not fit it; the day's check begins."""
    verdict = _if_short(desk)
    with desk.store.write() as tx:
        if not is_publishing_due(vital_signs.last_seen(tx.session, SIGN), desk.terms, now):
            return  # another node did
        number, digest = chain.head(tx.session)
        vital_signs.show(tx.session, SIGN, now)
        tx.record("head_published", at=now, actor="system", entries=number, hash=digest)
        _check(tx, desk, verdict, asked_by="system", now=now)
    log.info("audit_head", entries=number, hash=digest)


def ask_for_check(desk: Desk, *, actor: str, now: datetime) -> bool:
    """Check the chain: at once, or where it is long in portions beside the scheduler's work. Whether it is done."""
    verdict = _if_short(desk)
    with desk.store.write() as tx:
        _check(tx, desk, verdict, asked_by=actor, now=now)
    return verdict is not None


def go_on_checking(desk: Desk, now: datetime) -> None:
    """The next portion of the check that is under way, if one is."""
    if not desk.store.scalar(history.IS_CHECK_UNDER_WAY):
        return
    with desk.store.read() as session:
        row = history.check_under_way(session)
        if row is None:
            return
        begun_at = row.number
        verdict, is_done = chain.verify_after(session, row.number, row.hash, _PORTION)
    with desk.store.write() as tx:
        row = history.check_under_way(tx.session)
        if row is None or row.number != begun_at:
            return  # another node was quicker
        if is_done:
            _record(tx, desk, verdict, began=row.started_at, asked_by=row.asked_by, now=now)
            tx.session.delete(row)
        else:
            row.number, row.hash = verdict.entries, verdict.head


def check_under_way(desk: Desk) -> UnderWay | None:
    with desk.store.read() as session:
        row = history.check_under_way(session)
        return UnderWay(row.started_at, row.number, chain.head(session)[0]) if row else None


def last_check(desk: Desk) -> Check | None:
    """The newest check that came to its end; None where there was none."""
    with desk.store.read() as session:
        rows = history.newest_of_kind(session, "history_checked", 1)
    for row in rows:
        told = row.details
        began = datetime.fromisoformat(told["began"])
        return Check(began, row.at, row.actor, told["entries"], told["head"], told["first_bad"], told["reason"])
    return None


def newer_than(desk: Desk, check: Check) -> int:
    """How many entries are newer than those of a check; where nothing is but the check itself, 0."""
    with desk.store.read() as session:
        newer = chain.head(session)[0] - check.entries
    return newer if newer > 1 else 0


def heads(desk: Desk) -> list[Head]:
    """The heads of the last year and more as they were published, the newest first."""
    with desk.store.read() as session:
        rows = history.newest_of_kind(session, "head_published", _HEADS)
        now = history.hashes(session, [row.details["entries"] for row in rows])
    return [
        Head(row.at, row.details["entries"], row.details["hash"],
             now.get(row.details["entries"], GENESIS) == row.details["hash"])
        for row in rows
    ]  # fmt: skip


def _if_short(desk: Desk) -> Verdict | None:
    """The verdict on a chain that is checked in no time; None for a long one."""
    with desk.store.read() as session:
        return chain.verify(session) if chain.head(session)[0] <= AT_ONCE else None


def _check(tx: Transaction, desk: Desk, verdict: Verdict | None, *, asked_by: str, now: datetime) -> None:
    """Put the verdict on record; where there is none yet, begin the check that finds it."""
    if verdict is None:
        history.begin_check(tx.session, 0, GENESIS, asked_by=asked_by, now=now)
    else:
        _record(tx, desk, verdict, began=now, asked_by=asked_by, now=now)


def _record(tx: Transaction, desk: Desk, verdict: Verdict, *, began: datetime, asked_by: str, now: datetime) -> None:
    """Put the result on record, and tell administrators where the history was changed."""
    tx.record(
        "history_checked", at=now, actor=asked_by, began=began, entries=verdict.entries, head=verdict.head,
        first_bad=verdict.first_bad, reason=verdict.reason,
    )  # fmt: skip
    if verdict.first_bad is not None:
        log.error("history_does_not_fit", entry=verdict.first_bad, reason=verdict.reason)
        text = outage_words.history_changed(verdict.first_bad, verdict.reason or "")
        tell(tx, administrators(desk.roster(tx.session)), text, terms=desk.terms, now=now)
