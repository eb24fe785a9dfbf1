"""Whether the machine does its work, for whoever looks: signs of life, the queue, what went out, versions.

What is wrong says how to mend it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from triage.policy import disks
from triage.policy.delivery import FINAL, DeliveryState
from triage.policy.delivery_words import state_in_words
from triage.policy.disks import Level, Room
from triage.policy.faults import MEANINGS, OF_ROWS, Fault
from triage.policy.ladder import unknown_targets
from triage.policy.lengths import exactly
from triage.policy.limits import (
    MOST_GAPS,
    is_backup_old,
    is_heartbeat_late,
    is_list_late,
    is_once_a_day_late,
    is_test_call_old,
)
from triage.policy.monthly_report import trouble_in_words
from triage.policy.twilio_words import is_not_answered
from triage.policy.wording import wall_clock
from triage.services import audit, backups, coverage, letters, zone_data
from triage.services.alarms import standing
from triage.services.canary import newest_over
from triage.services.desk import Desk
from triage.services.findings import of_rows
from triage.services.people import in_trouble
from triage.services.reconciler import behind_by
from triage.services.vital_signs import BACKUP, HEARTBEAT, STARTED, SWEEP, signs, why_not_ready
from triage.store import cases, schema, versions, vital_signs
from triage.store.letters import newest_sent
from triage.store.models.case import reference_of

_A_DAY = timedelta(days=1)
_MOST_NAMED = 5

_SIGNS_OF_THEIR_OWN = frozenset({Fault.LISTS, Fault.HEAD})
_FINE = (
    (Fault.WORK, "Work that is due", "done in time"),
    (Fault.TEXTS, "Texts", "get through"),
    (Fault.CALLS, "Calls", "get through"),
)

_CHANNELS = {"sms": "text", "voice": "alert call", "bridge": "call to a caller"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that has to happen. `at` is when it last did; `mend` is empty where all is well.

    `is_done` is False where it has not happened yet, or does not happen here.
    """

    name: str
    at: datetime | None
    words: str
    mend: str = ""
    is_done: bool = True

    @property
    def is_wrong(self) -> bool:
        return bool(self.mend)

    @property
    def standing(self) -> str:
        """In a word, which no colour has to say."""
        return "wrong" if self.is_wrong else "fine" if self.is_done else "not made"

    def age(self, now: datetime) -> str:
        return exactly((now - self.at).total_seconds()) if self.at else ""


@dataclass(frozen=True, slots=True)
class SystemState:
    """`signs` begin with what is wrong. `sent` are channel, outcome and count of what was planned in the last day."""

    signs: list[Sign]
    queue: list[tuple[str, int]]
    sent: list[tuple[str, str, int]]
    facts: list[tuple[str, str]]
    since: list[tuple[str, datetime]]


def system_state(
    desk: Desk,
    now: datetime,
    *,
    watched: datetime,
    began: datetime,
    reads_lists: bool,
    backup_at: str | None,
    rooms: list[Room],
    mails_alarms: bool,
    beats: bool,
) -> SystemState:
    """Everything as of now; what is late, by `watched`.

    `began` is when this process did; `reads_lists` whether the settings let lists be read; `backup_at` the time of day
    of the backup, None where the settings let none be made; `rooms` the disks of this machine; `mails_alarms` and
    `beats` whether the settings name addresses for alarms and for a heartbeat.
    """
    seen = signs(desk)
    found = [
        *_scheduler(desk, seen, watched),
        *_found(desk, watched),
        _alarm_mail(mails_alarms=mails_alarms),
        _heartbeat(seen.get(HEARTBEAT), watched, beats=beats),
        *_lists(desk, now, reads_lists=reads_lists),
        *_canary(desk, now),
        *_history(desk, seen, now),
        *_promises(desk, now),
        *_coverage(desk, now),
        *_phones(desk, now),
        _once_a_day("Look ahead for gaps", seen.get(coverage.SIGN), now, "done; those in charge are told of gaps"),
        *(_disk(room) for room in rooms),
        _backup(desk, seen.get(BACKUP), now, backup_at),
        _monthly_report(desk),
    ]
    with desk.store.read() as session:
        backlog = vital_signs.backlog(session, now)
        sent = vital_signs.deliveries_since(session, now - _A_DAY)
        roster = versions.newest_roster(session)
        policy_since = versions.first_used_at(session, desk.terms.version)
    held = sum(count for (_, state, _, is_held), count in sent.items() if is_held and state not in FINAL)
    failed, unanswered = 0, 0
    for (channel, state, reason, _), count in sent.items():
        if state == DeliveryState.FAILED and is_not_answered(channel, reason):
            unanswered += count
        elif state == DeliveryState.FAILED:
            failed += count
    return SystemState(
        signs=sorted(found, key=lambda sign: not sign.is_wrong),
        queue=[
            ("Timers due", backlog.timers),
            ("Texts and calls due", backlog.deliveries),
            ("Held for a summary", held),
            ("Failed in 24 h", failed),
            ("Calls not answered in 24 h", unanswered),
        ],
        sent=_outcomes(sent),
        facts=_facts(desk, roster[0] if roster else "none"),
        since=[
            (name, at)
            for name, at in (
                ("Web process since", began),
                ("Scheduler since", seen.get(STARTED)),
                ("Policy since", policy_since),
                ("Roster since", roster[1] if roster else None),
            )
            if at is not None
        ],
    )


def _scheduler(desk: Desk, seen: dict[str, datetime], now: datetime) -> Iterator[Sign]:
    why = why_not_ready(desk, now)
    mend = "Start afterhours-scheduler.service, or afterhours serve, and look into its log."
    yield Sign("Scheduler", seen.get(SWEEP), why or "sweeps", mend if why else "")


def _found(desk: Desk, now: datetime) -> Iterator[Sign]:
    """What the auditor asks of the rows, asked now; and what only the scheduler sees, as its auditor found it last."""
    found = [each for each in of_rows(desk, now) if each.fault not in _SIGNS_OF_THEIR_OWN]
    for each in found:
        yield Sign(each.meaning.title, None, each.in_short, each.meaning.mend)
    faults = {each.fault for each in found}
    for fault, name, words in _FINE:
        if fault not in faults:
            yield Sign(name, None, words)
    for alarm in standing(desk):
        if alarm.fault not in OF_ROWS:
            meaning = alarm.finding.meaning
            yield Sign(meaning.title, alarm.seen_at, alarm.finding.in_short, meaning.mend)


def _alarm_mail(*, mails_alarms: bool) -> Sign:
    name = "Alarms by e-mail"
    if mails_alarms:
        return Sign(name, None, "go out where the auditor finds a fault")
    return Sign(name, None, "none goes out: AFTERHOURS_ALARM_MAIL is not set", is_done=False)


def _heartbeat(taken_at: datetime | None, now: datetime, *, beats: bool) -> Sign:
    name = "Heartbeat"
    if not beats:
        return Sign(name, None, "none is sent: AFTERHOURS_HEARTBEAT_URL is not set", is_done=False)
    if taken_at is None:
        return Sign(name, None, "not taken yet", is_done=False)
    if is_heartbeat_late(taken_at, now):
        return Sign(name, taken_at, "not taken since", MEANINGS[Fault.HEARTBEAT].mend)
    return Sign(name, taken_at, "taken by the check outside")


def _lists(desk: Desk, now: datetime, *, reads_lists: bool) -> Iterator[Sign]:
    if not reads_lists:
        mend = "Set AFTERHOURS_TWILIO_FROM: without it nothing makes up for a lost webhook."
        yield Sign("Lists of the phone system", None, "are not read", mend)
        return
    behind = behind_by(desk, now)
    if not behind:
        yield Sign("Lists of the phone system", None, "not read yet: the scheduler does when it starts", is_done=False)
    for name, by in behind.items():
        is_late = is_list_late(by, desk.terms)
        mend = "Look for lists_failed and found_and_not_taken in the scheduler's log." if is_late else ""
        words = f"not gone through for {exactly(by.total_seconds())}" if is_late else "gone through up to then"
        yield Sign(f"List of {name}", now - by, words, mend)


def _canary(desk: Desk, now: datetime) -> Iterator[Sign]:
    if desk.canary is None:
        yield Sign("Test call", None, "none is made: AFTERHOURS_CANARY_NUMBER is not set", is_done=False)
        return
    last = newest_over(desk)
    if last is None:
        yield Sign("Test call", None, "none was made yet", is_done=False)
    elif last.has_passed:
        is_old = is_test_call_old(last.progress.started_at, desk.terms, now)
        mend = "Look for canary in the scheduler's log, or run afterhours canary." if is_old else ""
        yield Sign("Test call", last.progress.started_at, "passed", mend)
    else:
        why = f", {last.why}" if last.why else ""
        mend = "Run afterhours doctor, mend what it says, then run afterhours canary."
        yield Sign("Test call", last.progress.started_at, f"failed: not {last.progress.missing}{why}", mend)


def _history(desk: Desk, seen: dict[str, datetime], now: datetime) -> Iterator[Sign]:
    yield _once_a_day("Head of the history", seen.get(audit.SIGN), now, "published in the log")
    last, running = audit.last_check(desk), audit.check_under_way(desk)
    going = f"; a check is under way, {running.checked:,} of {running.entries:,} entries" if running else ""
    if last is None:
        yield Sign("Check of the history", None, f"none has ended yet{going}", is_done=False)
    elif last.first_bad is not None:
        mend = "Keep a copy of the database as it is, then run afterhours audit verify."
        yield Sign("Check of the history", last.ended, f"entry {last.first_bad} does not fit: {last.reason}", mend)
    else:
        yield _once_a_day("Check of the history", last.ended, now, f"all {last.entries:,} entries fit{going}")


def _promises(desk: Desk, now: datetime) -> Iterator[Sign]:
    with desk.store.read() as session:
        late = [
            reference_of(case.id)
            for case in cases.live(session)
            if case.callback_made_at is None and case.callback_due is not None and case.callback_due <= now
        ]
    more = f" and {len(late) - _MOST_NAMED} more" if len(late) > _MOST_NAMED else ""
    if late:
        overdue = f"overdue: {', '.join(late[:_MOST_NAMED])}{more}"
        yield Sign("Promises", None, overdue, "Somebody has to call these callers now.")
    else:
        yield Sign("Promises", None, "none is overdue")


def _coverage(desk: Desk, now: datetime) -> Iterator[Sign]:
    with desk.store.read() as session:
        roster = desk.roster(session)
    name, terms = "On-call coverage", desk.terms
    for word in unknown_targets(terms, roster):
        yield Sign(name, None, f"the ladder names {word}, which is no rotation", f"Add a rotation {word} on On-call.")
    found = coverage.coverage_gaps(terms, roster, now)
    for gap in found[:MOST_GAPS]:
        span = f"{wall_clock(gap.starts, now, terms)} to {wall_clock(gap.ends, now, terms)}"
        yield Sign(name, None, f"nobody has {gap.rotation} from {span}", "Add an override on On-call.")
    if not found:
        yield Sign(name, None, "somebody has every rotation of the ladder in the coming two weeks")


def _phones(desk: Desk, now: datetime) -> Iterator[Sign]:
    found = in_trouble(desk, now)
    for name, trouble in found:
        yield Sign(f"Phone of {name}", None, trouble, "See People: call them, or let their alerts go elsewhere.")
    if not found:
        yield Sign("Phones", None, "nobody's fails")


def _once_a_day(name: str, at: datetime | None, now: datetime, words: str) -> Sign:
    if at is None:
        return Sign(name, None, "not yet: the scheduler does it once a day", is_done=False)
    is_late = is_once_a_day_late(at, now)
    late = f"{words}, but not for {exactly((now - at).total_seconds())}"
    mend = "It happens once a day: look for sweep_crashed in the scheduler's log." if is_late else ""
    return Sign(name, at, late if is_late else words, mend)


def _backup(desk: Desk, made: datetime | None, now: datetime, daily_at: str | None) -> Sign:
    name, failure = "Backup", backups.last_failure(desk)
    if failure is not None:
        mend = "Mend that, then run afterhours backup; see it in the history."
        return Sign(name, made, f"the newest could not be made: {failure.reason}", mend)
    if daily_at is None and made is None:
        return Sign(name, None, "none is made: AFTERHOURS_BACKUP_DIR is not set", is_done=False)
    if daily_at is None:
        return Sign(name, made, "made by hand; none is made by itself: AFTERHOURS_BACKUP_DIR is not set")
    if made is None:
        return Sign(name, None, f"not yet: the scheduler makes it daily at {daily_at}", is_done=False)
    if is_backup_old(made, now):
        mend = "Look for backup_crashed in the scheduler's log, or run afterhours backup."
        return Sign(name, made, f"made and read back, but not for {exactly((now - made).total_seconds())}", mend)
    if missing := backups.missing_in_last(desk):
        mend = "Run afterhours recording verify and afterhours audit verify."
        return Sign(name, made, f"made and read back, but {'; '.join(missing)}", mend)
    return Sign(name, made, "made and read back")


def _disk(room: Room) -> Sign:
    is_fine = disks.level_of(room) is Level.FINE
    return Sign(f"Disk of {room.holds}", None, room.words, "" if is_fine else disks.mend(room))


def _monthly_report(desk: Desk) -> Sign:
    told = [trouble_in_words(about, why, is_given_up=given_up) for about, why, given_up in letters.troubles(desk)]
    if told:
        words, mend = told[-1]
        return Sign("Monthly report", None, words, f"{mend[0].upper()}{mend[1:]}.".replace("`", ""))
    with desk.store.read() as session:
        at = newest_sent(session)
    if at is None:
        return Sign("Monthly report", None, "none was sent by e-mail yet", is_done=False)
    return Sign("Monthly report", at, "sent by e-mail")


def _outcomes(sent: dict[tuple[str, str, str | None, bool], int]) -> list[tuple[str, str, int]]:
    counts: dict[tuple[str, str], int] = {}
    for (channel, state, reason, _), count in sent.items():
        key = (_CHANNELS.get(channel, channel), state_in_words(state, channel, reason))
        counts[key] = counts.get(key, 0) + count
    return [(*key, count) for key, count in sorted(counts.items())]


def _facts(desk: Desk, roster: str) -> list[tuple[str, str]]:
    is_sqlite = desk.store.is_sqlite
    revision, wanted = schema.revision(desk.store) or "none", schema.newest()
    return [
        ("Database", f"{'SQLite' if is_sqlite else 'PostgreSQL'}, {schema.size(desk.store) / 1e6:,.1f} MB"),
        ("Schema", revision if revision == wanted else f"{revision}, but this program needs {wanted}"),
        ("afterhours", _version("afterhours")),
        ("Python", platform.python_version()),
        ("Time-zone data", str(zone_data.in_use(desk.terms.zone))),
        ("Policy", desk.terms.version),
        ("Roster", roster),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"
