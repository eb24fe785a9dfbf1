"""The monthly report by e-mail: when it falls due, what it says, and when a letter that failed is tried again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from triage.policy.hours import instant, is_support_day, local
from triage.policy.report_words import FIGURE_WORDS, figure_in_words
from triage.policy.sla_paper import verdict
from triage.policy.terms import Terms

Record = Mapping[str, Any]

KIND = "monthly report"
LEASE = timedelta(minutes=5)
"""How long a sender may take over one letter: writing it, connecting, handing it over."""

_AT = time(9, 0)
_PLANNED_FOR = timedelta(days=7)
"""Who was down on that day plans it later; who begins to send mail at the end of a month does not."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
_GIVEN_UP_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An e-mail to one address. A letter that is sent again keeps its `message_id`, so that programs know it."""

    to: str
    subject: str
    body: str
    message_id: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()  # name, media type, content


def month_due(now: datetime, terms: Terms) -> date | None:
    """The first day of the month whose report falls due by now: the month before, on the first support day at nine."""
    today = local(now, terms).date()
    begins = today.replace(day=1)
    days = (begins + timedelta(days=ahead) for ahead in range(31))
    day = next((day for day in days if is_support_day(day, terms)), None)
    if day is None:
        return None
    due_at = instant(day, _AT, terms)
    return (begins - timedelta(days=1)).replace(day=1) if due_at <= now < due_at + _PLANNED_FOR else None


def read_month(text: str) -> date | None:
    """The first day of a month written like 2026-10; None where it is none."""
    found = re.fullmatch(r"(20\d\d|19[7-9]\d)-(0[1-9]|1[0-2])", text)
    return date(int(found[1]), int(found[2]), 1) if found else None


def write_month(month: date) -> str:
    return f"{month:%Y-%m}"


def last_day_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def subject(report: Record) -> str:
    share = report["totals"]["met_share"]
    said = figure_in_words("met_share", share) if share is not None else "nothing decided"
    return f"Promises kept in {report['from']:%B %Y}: {said}"


def body(report: Record, public_url: str) -> str:
    totals = report["totals"]
    figures = [f"{words}: {figure_in_words(name, totals[name])}" for name, words in FIGURE_WORDS.items()]
    address = f"{public_url}/reports/sla?first={report['from']}&last={report['to']}"
    return "\n".join(
        [
            verdict(totals),
            "",
            *figures,
            "",
            "The report with each broken promise is attached. With the way to every case it is at",
            address,
            "",
            "afterhours sends this to every manager once a month.",
            "",
        ]
    )


def trouble_in_words(about: str, reason: str, *, is_given_up: bool) -> tuple[str, str]:
    """What is wrong with a letter about a month that did not go out, and how to mend it."""
    told = f"the report of {about} {'was given up' if is_given_up else 'could not be sent yet'}: {reason}"
    return told, f"mend it, then run `afterhours report mail --month {about}`"


def next_attempt(attempts: int, *, planned_at: datetime, is_permanent: bool, now: datetime) -> datetime | None:
    """When a letter is tried again: after 1, 2, 4 ... min, at most 6 h; None where it is given up, after a week."""
    if is_permanent or now - planned_at >= _GIVEN_UP_AFTER:
        return None
    return now + min(_FIRST_PAUSE * (1 << min(attempts - 1, 10)), _LONGEST_PAUSE)
