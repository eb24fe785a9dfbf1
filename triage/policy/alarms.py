"""When administrators are told by e-mail of what the auditor found, and what such a letter says.

Once when a fault begins, again each hour while it lasts, and once when it is over. Where nobody was told yet because
the mail server failed, it is tried again soon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from triage.policy.faults import MEANINGS, NO_WRITING, OF_ROWS, Fault, Finding
from triage.policy.lengths import in_two_units
from triage.policy.monthly_report import Letter
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock

REMINDED_EVERY = timedelta(hours=1)
NEWS_EVERY = timedelta(minutes=10)
"""What has happened is told as it comes, but not more often than this."""

OVER_AFTER = timedelta(minutes=5)
"""Nobody has found it for so long: it is over. With several nodes, none of them has."""

LEASE = timedelta(minutes=2)
"""How long whoever tells may take; then it is told again, by whoever looks."""

_NOTED_EVERY = timedelta(minutes=1)
_NEWS_KEEPS_FOR = timedelta(days=1)
_LONGEST_WORDS = 1500
"""As much as six notices that did not arrive: what is cut off is the newest."""

Part = Literal["begun", "still", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One fault that was found, and what was told of it.

    `next_letter_at` is when it is to be told of next, None where there is nothing to add; `letters` counts how often
    that was begun. `ended_at` is when it was last found, once it is over.
    """

    fault: Fault
    words: str
    began_at: datetime
    seen_at: datetime
    next_letter_at: datetime | None
    told_at: datetime | None = None
    letters: int = 0
    ended_at: datetime | None = None

    @property
    def finding(self) -> Finding:
        return Finding(self.fault, self.words)

    @property
    def is_raised(self) -> bool:
        """Whether it lasted long enough to be told of."""
        return self.letters > 0 and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of one alarm now."""

    alarm: Alarm
    part: Part


def followed(
    known: Mapping[Fault, Alarm], found: Iterable[Finding], now: datetime
) -> tuple[dict[Fault, Alarm], list[Told]]:
    """The alarms after an audit that found this, and what is to be told. What is told is leased to whoever tells it.

    What only the rows show is left as it was where they could not be asked.
    """
    alarms: dict[Fault, Alarm] = {}
    to_tell: list[Told] = []
    findings = {finding.fault: finding for finding in found}
    for finding in findings.values():
        before = known.get(finding.fault)
        alarms[finding.fault] = _begun(finding, now) if before is None else _found_again(before, finding, now)
    unasked = OF_ROWS if NO_WRITING & findings.keys() else frozenset()
    for fault, alarm in known.items():
        if fault not in findings:
            after = alarm if fault in unasked else _not_found(alarm, now)
            alarms |= {fault: after} if after is not None else {}
    for fault, alarm in alarms.items():
        is_seen = fault in findings and not _knows_no_more(alarm, findings[fault])
        is_told_now = is_seen or alarm.ended_at is not None or MEANINGS[fault].is_news
        if is_told_now and alarm.next_letter_at is not None and alarm.next_letter_at <= now:
            alarms[fault] = replace(alarm, next_letter_at=now + LEASE, letters=alarm.letters + 1)
            to_tell.append(Told(alarms[fault], _part_of(alarm)))
    return alarms, to_tell


def settled(alarm: Alarm, now: datetime, *, went_out: bool) -> Alarm | None:
    """An alarm after it was told of, or could not be; None where nothing is left to be told."""
    if not went_out:
        return alarm
    if alarm.ended_at is not None:
        return None
    next_letter_at = None if MEANINGS[alarm.fault].is_news else now + REMINDED_EVERY
    return replace(alarm, told_at=now, next_letter_at=next_letter_at)


def letter(
    told: Sequence[Told], *, to: str, machine: str, system_page: str, domain: str, now: datetime, terms: Terms
) -> Letter:
    """One letter about everything that is to be told now."""
    order: tuple[Part, ...] = ("begun", "still", "over")
    every = sorted(told, key=lambda each: order.index(each.part))
    first, more = every[0], len(every) - 1
    subject = _PREFIX[first.part] + MEANINGS[first.alarm.fault].title + (f", and {more} more" if more else "")
    parts = [_part(each, now, terms) for each in every]
    lasting = [MEANINGS[each.alarm.fault] for each in every if each.part != "over"]
    lasting = [meaning for meaning in lasting if not meaning.is_news]
    again = "where a try fails again" if all(meaning.is_by_trial for meaning in lasting) else "each hour"
    end = [f"You get a reminder {again}, and a word when it is over."] if lasting else []
    end += [
        f"What else is wrong: {system_page}",
        f"afterhours on {machine} sent this at {wall_clock(now, now, terms)}.",
    ]
    about = f"{first.alarm.fault}-{first.alarm.began_at:%Y%m%dT%H%M%S}-{first.alarm.letters}"
    return Letter(
        to=to,
        subject=f"afterhours: {subject}",
        body="\n\n".join([*parts, "\n".join(end)]) + "\n",
        message_id=f"<alarm-{about}@{domain}>",
    )


_PREFIX: dict[Part, str] = {"begun": "", "still": "Still: ", "over": "Over: "}


def _part(told: Told, now: datetime, terms: Terms) -> str:
    alarm, meaning = told.alarm, MEANINGS[told.alarm.fault]
    began = wall_clock(alarm.began_at, now, terms)
    if told.part == "over":
        ended = alarm.ended_at or now
        span = in_two_units(ended - alarm.began_at)
        return (
            f"Over: {meaning.title}.\nIt lasted from {began} to {wall_clock(ended, now, terms)}, {span}. Nothing to do."
        )
    since = f"At {began}." if meaning.is_news else f"Since {began}, {in_two_units(now - alarm.began_at)}."
    return "\n".join(
        [
            f"{meaning.title}.",
            since,
            "",
            f"What was seen:{_lines(alarm.words)}",
            f"At stake: {meaning.stake}",
            f"To mend it: {meaning.mend}",
        ]
    )


def _lines(words: str) -> str:
    """Behind a colon: one line there, several below."""
    return f" {words}" if "\n" not in words else "\n" + "\n".join(f"- {line}" for line in words.splitlines())


def _part_of(alarm: Alarm) -> Part:
    if alarm.ended_at is not None:
        return "over"
    return "begun" if alarm.told_at is None or MEANINGS[alarm.fault].is_news else "still"


def _knows_no_more(alarm: Alarm, finding: Finding) -> bool:
    """Whether nothing was tried since it was told of last: it may be mended, and nobody is reminded."""
    return alarm.told_at is not None and finding.tried_at is not None and finding.tried_at <= alarm.told_at


def _begun(finding: Finding, now: datetime) -> Alarm:
    return Alarm(
        fault=finding.fault,
        words=finding.words[:_LONGEST_WORDS],
        began_at=now,
        seen_at=now,
        next_letter_at=now + finding.meaning.lasts,
    )


def _found_again(alarm: Alarm, finding: Finding, now: datetime) -> Alarm:
    words = finding.words[:_LONGEST_WORDS]
    if alarm.ended_at is not None:  # the word that it is over did not go out yet
        return replace(alarm, words=words, seen_at=now, ended_at=None)
    has_more = bool(set(words.splitlines()) - set(alarm.words.splitlines()))
    if finding.meaning.is_news and has_more and alarm.next_letter_at is None:
        at = max(now, alarm.told_at + NEWS_EVERY) if alarm.told_at else now
        return replace(alarm, words=words, seen_at=now, next_letter_at=at)
    if now - alarm.seen_at < _NOTED_EVERY:  # each audit would write otherwise
        return replace(alarm, words=words) if alarm.letters == 0 else alarm
    return replace(alarm, words=words, seen_at=now)


def _not_found(alarm: Alarm, now: datetime) -> Alarm | None:
    """None where there is nothing to be told of it any more."""
    if alarm.ended_at is not None or now - alarm.seen_at < OVER_AFTER:
        return alarm
    if MEANINGS[alarm.fault].is_news:
        is_untold = alarm.next_letter_at is not None and now - alarm.began_at < _NEWS_KEEPS_FOR
        return alarm if is_untold else None
    if alarm.letters == 0:
        return None
    return replace(alarm, ended_at=alarm.seen_at, next_letter_at=now)
