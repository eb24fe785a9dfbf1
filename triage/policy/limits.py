"""From when on something is late, for everybody who looks: /readyz, the auditor, `doctor` and the page System."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from triage.policy.terms import Terms

SWEEP_MAY_TAKE = timedelta(seconds=30)
WORK_MAY_WAIT = timedelta(seconds=60)
"""A timer, text or call that is due."""

SENDER_MAY_TAKE = timedelta(seconds=60)
"""Until a thread that sends takes an errand which does nothing."""

ERRAND_MAY_TAKE = timedelta(minutes=10)
"""The longest errand is the copy of a long recording over a slow network."""

WRITE_MAY_TAKE = timedelta(seconds=60)
"""A write of ours that does not wait for the database: the longest, an import of 5,000 rows, takes some seconds."""

LETTERS_MAY_TAKE = timedelta(minutes=10)
"""The letters of one audit: a mail server has half a minute for each of its answers."""

ANSWER_MAY_TAKE = timedelta(seconds=15)
"""The answers of the database to an audit."""

CLOCK_MAY_STEP = timedelta(minutes=1)
"""Between two audits, against the time that has really passed: more than any correction of a clock that runs."""

CLOCK_IS_AWAITED_FOR = timedelta(minutes=10)
"""At a start, where the clock is behind what is on record. Then the record is taken to be what was wrong."""

NOTICE_MAY_TAKE = timedelta(minutes=5)
"""A text to administrators, until it goes by e-mail."""

HEARTBEAT_MAY_FAIL = timedelta(minutes=5)

ONCE_A_DAY_WITHIN = timedelta(hours=36)
"""What happens once a day by the contract's clock, however late in the first day and early in the second."""

CERTIFICATE_LASTS, CERTIFICATE_LASTS_SHARE = timedelta(days=14), 0.2
"""What is left of a certificate when it should have been renewed, and as a share of its life: the lesser of both."""

BALANCE_LOW = Decimal(10)
"""Of Twilio's account, in its currency: a bad night's texts and calls cost about two. Auto-recharge begins at ten."""

MOST_GAPS = 5
"""Of how many gaps in the roster a list of faults tells."""

_MIB = 1024 * 1024
DISK_LOW_SHARE, DISK_LOW_BYTES = 0.20, 1024 * _MIB
DISK_FULL_SHARE, DISK_FULL_BYTES = 0.05, 256 * _MIB
DISK_SPENT_SHARE, DISK_SPENT_BYTES = 0.01, 16 * _MIB
"""From when on a disk has little room, is as good as full, and takes hardly another write: the lesser of both."""

BALLAST_SHARE, BALLAST_BYTES = 0.03, 64 * _MIB
"""What is laid by beside a SQLite file: tens of thousands of writes, which is more than a night."""


def is_list_late(behind_by: timedelta, terms: Terms) -> bool:
    """Whether a list of the phone system was not gone through for too long."""
    return behind_by > 3 * terms.reconciler.every


def is_once_a_day_late(at: datetime, now: datetime) -> bool:
    """Whether what happens once a day should have happened again."""
    return now - at > ONCE_A_DAY_WITHIN


def is_certificate_ending(begins: datetime, ends: datetime, now: datetime) -> bool:
    """Whether a certificate should have been renewed: some live for ninety days, some for six."""
    return ends - now < min(CERTIFICATE_LASTS, (ends - begins) * CERTIFICATE_LASTS_SHARE)


def is_heartbeat_late(taken_at: datetime, now: datetime) -> bool:
    """Whether the check outside should have heard from us again."""
    return now - taken_at > HEARTBEAT_MAY_FAIL


def is_backup_old(made: datetime, now: datetime) -> bool:
    """Whether a backup should have been followed by another."""
    return is_once_a_day_late(made, now)


def is_test_call_old(started_at: datetime, terms: Terms, now: datetime) -> bool:
    """Whether the newest test call should have been followed by another; never where none is made by itself."""
    return bool(terms.canary.at) and is_once_a_day_late(started_at, now)
