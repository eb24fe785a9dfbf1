"""Who may do what in the console: roles, permissions, how long a sign-in lasts, how attempts are slowed down."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network, ip_address
from string import ascii_lowercase, ascii_uppercase

from triage.policy.lengths import in_two_units


class Role(StrEnum):
    TECHNICIAN = "technician"
    MANAGER = "manager"
    AUDITOR = "auditor"  # reads all, changes nothing
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a page or a button needs. Each route of the console names one."""

    OWN_ACCOUNT = "own account"
    OWN_NUMBER = "own number"  # where one's own alerts go
    READ_CASES = "read cases"
    WORK_CASES = "work on cases"  # take, hand over, call, note, attempt, close
    CORRECT_CASES = "correct cases"  # re-rate, reopen; put typed work right, type that of others
    RECORD_WORK = "record work"  # one's own, as it was typed
    READ_REPORTS = "read reports"
    READ_ON_CALL = "read on-call"
    READ_NUMBERS = "read numbers"  # of others, whole
    CHANGE_ON_CALL = "change on-call"
    READ_POLICY = "read policy"
    READ_HISTORY = "read history"
    READ_SYSTEM = "read system"
    READ_ACCOUNTS = "read accounts"
    CHANGE_ACCOUNTS = "change accounts"
    READ_DEALERS = "read dealers"  # who may call, what they have left
    CHANGE_DEALERS = "change dealers"
    CHANGE_LEDGER = "change ledger"  # corrections, borrowing, quarter's end
    INVOICE = "invoice"  # make invoices, hand them to accounting


_EVERYBODY = {
    Permission.OWN_ACCOUNT,
    Permission.READ_CASES,
    Permission.READ_ON_CALL,
    Permission.READ_POLICY,
    Permission.READ_DEALERS,
}
_READS_ALL = _EVERYBODY | {permission for permission in Permission if permission.value.startswith("read ")}

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.TECHNICIAN: frozenset(_EVERYBODY | {Permission.WORK_CASES, Permission.RECORD_WORK, Permission.OWN_NUMBER}),
    Role.MANAGER: frozenset(
        _READS_ALL - {Permission.READ_ACCOUNTS}
        | {Permission.WORK_CASES, Permission.CORRECT_CASES, Permission.CHANGE_ON_CALL, Permission.OWN_NUMBER}
        | {Permission.RECORD_WORK, Permission.CHANGE_DEALERS, Permission.CHANGE_LEDGER, Permission.INVOICE}
    ),
    Role.AUDITOR: frozenset(_READS_ALL),
    Role.ADMINISTRATOR: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in GRANTS[role]


class Stage(StrEnum):
    """How far somebody who gave the right password has come."""

    SECOND_FACTOR = "second factor"  # the code is still to be given
    SET_UP = "set up"  # there is no second factor yet
    COMPLETE = "complete"


def stage_of(*, has_second_factor: bool, has_passed: bool) -> Stage:
    """Nobody is in without a second factor. `has_passed` also where whoever vouches for them has seen one of theirs."""
    if has_passed:
        return Stage.COMPLETE
    return Stage.SECOND_FACTOR if has_second_factor else Stage.SET_UP


_SECOND_FACTORS = frozenset({"mfa", "2fa", "otp", "hwk", "sc", "phr", "phrh"})
"""Of RFC 8176 what takes more than a password, and OpenID's words for sign-ins that cannot be phished."""


def shows_second_factor(amr: object, acr: object) -> bool:
    """Whether a provider says of a sign-in, in its claims `amr` and `acr`, that it took a second factor.

    An `acr` that is an address says it with its last part: others name hosts, or what was not done.
    """
    methods = [each.casefold() for each in amr if isinstance(each, str)] if isinstance(amr, list) else []
    classes = [re.split(r"[/:#]", acr.casefold())[-1]] if isinstance(acr, str) else []
    return not _SECOND_FACTORS.isdisjoint([*methods, *classes])


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A sign-in ends `idle` after it was last used, and `absolute` after it began."""

    idle: timedelta
    absolute: timedelta


_OF_OFFICES = Lifetime(idle=timedelta(hours=12), absolute=timedelta(days=7))
LIFETIMES: Mapping[Role, Lifetime] = {
    Role.TECHNICIAN: Lifetime(idle=timedelta(days=7), absolute=timedelta(days=30)),  # nobody types well at three
    Role.MANAGER: _OF_OFFICES,
    Role.AUDITOR: _OF_OFFICES,
    Role.ADMINISTRATOR: _OF_OFFICES,
}
HALFWAY = timedelta(minutes=10)
"""How long the password alone counts for those who have a second factor to give or to set up."""

INVITATION_LASTS = timedelta(hours=72)


def sign_in_ends_at(role: Role, stage: Stage, *, begun_at: datetime, seen_at: datetime) -> datetime:
    """The first instant at which a sign-in counts no more."""
    if stage is not Stage.COMPLETE:
        return begun_at + HALFWAY
    lifetime = LIFETIMES[role]
    return min(seen_at + lifetime.idle, begun_at + lifetime.absolute)


ENDED_BY_HAND = (
    "You were signed out: from another browser, or because the password, the second factor or the account was changed."
)


def why_over(role: Role, stage: Stage, *, begun_at: datetime, seen_at: datetime, now: datetime) -> str | None:
    """Why a sign-in that nobody ended counts no more, as a sentence; None where it still counts."""
    if now < sign_in_ends_at(role, stage, begun_at=begun_at, seen_at=seen_at):
        return None
    if stage is not Stage.COMPLETE:
        return f"You were signed out: the second factor did not come within {in_two_units(HALFWAY)}."
    lifetime = LIFETIMES[role]
    if begun_at + lifetime.absolute < seen_at + lifetime.idle:
        return f"You were signed out: a sign-in lasts {in_two_units(lifetime.absolute)}."
    return f"You were signed out after {in_two_units(lifetime.idle)} without use."


@dataclass(frozen=True, slots=True)
class Limit:
    """No more than `most` failed attempts within `span`."""

    most: int
    span: timedelta


PER_ACCOUNT = (Limit(5, timedelta(minutes=15)), Limit(20, timedelta(days=1)))
"""Twenty codes a day: who has the password guesses one of three codes in a million with 1 chance in 16,000."""

PER_ADDRESS = (Limit(20, timedelta(minutes=15)), Limit(100, timedelta(days=1)))
"""An office shares one address."""

_OF_ONE_SITE = 64
"""Bits of an IPv6 address that one customer of a network shares; the others they choose freely."""


def network_of(address: str) -> str:
    """By what attempts from an address are counted: the address, of IPv6 the network that one site has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address) or found.is_loopback:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), _OF_ONE_SITE), strict=False))


ATTEMPTS_KEPT = max(limit.span for limit in (*PER_ACCOUNT, *PER_ADDRESS))


def wait_until(failed_at: Sequence[datetime], limits: Sequence[Limit], now: datetime) -> datetime | None:
    """When the next attempt is allowed, given the instants of failed ones in any order; None where it is now."""
    newest_first = sorted(failed_at, reverse=True)
    frees = [newest_first[limit.most - 1] + limit.span for limit in limits if len(newest_first) >= limit.most]
    return max((at for at in frees if at > now), default=None)


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_EMAIL = 254
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def read_email(text: str) -> str | None:
    """An e-mail address in the one form that is kept and compared; None where it is none.

    Before the @ only ASCII is taken, and only its letters are made small: a letter of elsewhere that folds to one of
    ours, such as the Kelvin sign, would make somebody else's address the same as this one.
    """
    folded = text.strip().translate(_SMALL)
    is_one = _EMAIL.fullmatch(folded) and len(folded) <= _LONGEST_EMAIL and folded.isprintable()
    return folded if is_one and folded.partition("@")[0].isascii() else None


CODE_SECONDS = 30


def steps_that_count(at: datetime, last: int | None) -> list[int]:
    """The numbers of the half minutes whose codes are taken at an instant: this one, the one before and the one after.

    `last` is the newest whose code was used; it and those before it count no more (RFC 6238, 5.2).
    """
    step = int(at.timestamp()) // CODE_SECONDS
    return [number for number in (step - 1, step, step + 1) if last is None or number > last]
