"""The alarms to administrators by e-mail, which go out also where the database or the phone system is what fails.

What was told is kept in the database, so that a restart or a second node repeats nothing. Where that does not answer,
this process goes by what it remembers, and writes it down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from triage.errors import StoreUnavailable, TransportError
from triage.policy.alarms import Alarm, Told, followed, letter, settled
from triage.policy.faults import NO_WRITING, Fault, Finding
from triage.policy.monthly_report import Letter
from triage.policy.terms import Terms
from triage.policy.unit_alarms import unit_letter
from triage.ports import SendsMail
from triage.services.desk import Desk
from triage.store import alarms
from triage.store.engine import Transaction

log = structlog.get_logger()

Clock = Callable[[], datetime]

_LONGEST_IN_HISTORY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMail:
    """Whom alarms go to, and by what. `machine` is the name of this one; `system_page` where the rest is told."""

    mail: SendsMail
    addresses: tuple[str, ...]
    machine: str
    system_page: str
    domain: str


@dataclass(slots=True)
class AlarmBook:
    """The alarms of one process. `unwritten` changed while the database did not answer."""

    alarms: dict[Fault, Alarm] = field(default_factory=dict)
    unwritten: set[Fault] = field(default_factory=set)

    def follow(self, desk: Desk, found: Sequence[Finding], now: datetime) -> list[Told]:
        """Take in what an audit found; what is to be told now, leased to the caller.

        Where the clock is known to be wrong nothing is written down: the history would have it for ever. Nor is a
        database asked again that did not answer the audit: it may hang.
        """
        if any(finding.fault in NO_WRITING for finding in found):
            return self._remembered(found, now)
        try:
            return self._written(desk, found, now)
        except StoreUnavailable:
            return self._remembered(found, now)

    def settle(self, desk: Desk, told: Sequence[Told], now: datetime, *, went_out: bool) -> None:
        """Put down what became of what was to be told."""
        after = {each.alarm.fault: settled(each.alarm, now, went_out=went_out) for each in told}
        if not self.unwritten:
            try:
                with desk.store.write() as tx:
                    known = alarms.every(tx.session)
                    self._keep(tx, known, _with(known, after))
            except StoreUnavailable:
                pass
            else:
                return
        self.unwritten |= after.keys()
        self.alarms = _with(self.alarms, after)

    def _written(self, desk: Desk, found: Sequence[Finding], now: datetime) -> list[Told]:
        with desk.store.read() as session:
            known = alarms.every(session)
        if not found and not known and not self.unwritten:
            self.alarms = {}
            return []
        after, told = followed(self._merged(known), found, now)
        if after == known:
            self.alarms, self.unwritten = after, set()
            return []
        with desk.store.write() as tx:
            known = alarms.every(tx.session)
            after, told = followed(self._merged(known), found, now)
            self._keep(tx, known, after)
            _record(tx, known, after, now)
        self.unwritten = set()
        return told

    def _remembered(self, found: Sequence[Finding], now: datetime) -> list[Told]:
        after, told = followed(self.alarms, found, now)
        self.unwritten |= {fault for fault in after.keys() | self.alarms if after.get(fault) != self.alarms.get(fault)}
        self.alarms = after
        return told

    def _merged(self, known: Mapping[Fault, Alarm]) -> dict[Fault, Alarm]:
        """The rows, but for what changed while they could not be written."""
        return _with(known, {fault: self.alarms.get(fault) for fault in self.unwritten})

    def _keep(self, tx: Transaction, known: Mapping[Fault, Alarm], after: dict[Fault, Alarm]) -> None:
        alarms.keep(tx.session, known, after)
        self.alarms = after


def tell(book: AlarmBook, desk: Desk, post: AlarmMail | None, found: Sequence[Finding], clock: Clock) -> None:
    """Take in what an audit found and send the letters that are due. Without addresses the log is told alone."""
    now = clock()
    told = book.follow(desk, found, now)
    if not told:
        return
    for each in told:
        log.error("alarm", fault=each.alarm.fault.value, part=each.part, words=each.alarm.finding.for_the_log)
    went_out = post is None or _sent(post, told, desk, now)
    book.settle(desk, told, clock(), went_out=went_out)


def tell_of_unit(post: AlarmMail, unit: str, how: str, now: datetime, terms: Terms) -> int:
    """Tell that a unit of systemd's failed; how many addresses were reached. Needs no database."""
    log.error("unit_failed", unit=unit, how=how)
    names = {"machine": post.machine, "domain": post.domain}
    return _mailed(post, (unit_letter(unit, how, to=to, now=now, terms=terms, **names) for to in post.addresses))


def standing(desk: Desk) -> list[Alarm]:
    """The alarms that last, the oldest first. Raises StoreUnavailable."""
    with desk.store.read() as session:
        return [alarm for alarm in alarms.every(session).values() if alarm.is_raised]


def _sent(post: AlarmMail, told: Sequence[Told], desk: Desk, now: datetime) -> bool:
    """Whether anybody was reached."""
    how = {"machine": post.machine, "system_page": post.system_page, "domain": post.domain}
    return _mailed(post, (letter(told, to=to, now=now, terms=desk.terms, **how) for to in post.addresses)) > 0


def _mailed(post: AlarmMail, written: Iterable[Letter]) -> int:
    """How many of them the mail server took. Addresses stand in no log."""
    reached = 0
    for mail in written:
        try:
            post.mail.send(mail)
            reached += 1
        except TransportError as error:
            log.warning("alarm_not_mailed", reason=error.reason)
    return reached


def _record(tx: Transaction, before: Mapping[Fault, Alarm], after: Mapping[Fault, Alarm], now: datetime) -> None:
    """Each alarm stands in the history once when it is raised and once when it is over."""
    for fault, alarm in after.items():
        was, name = before.get(fault), fault.value
        if alarm.letters > 0 and (was is None or was.letters == 0):
            words = alarm.finding.for_the_log[:_LONGEST_IN_HISTORY]
            tx.record("alarm_raised", at=now, actor="system", fault=name, began=alarm.began_at, words=words)
        if alarm.ended_at is not None and (was is None or was.ended_at is None):
            tx.record("alarm_over", at=now, actor="system", fault=name, began=alarm.began_at, ended=alarm.ended_at)


def _with(known: Mapping[Fault, Alarm], changed: Mapping[Fault, Alarm | None]) -> dict[Fault, Alarm]:
    merged = {**known, **changed}
    return {fault: alarm for fault, alarm in merged.items() if alarm is not None}
