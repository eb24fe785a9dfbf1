"""Signing in to the console with a password and a second factor, and out again.

Every attempt is a row before its password is looked at, so that many at once get no more tries than one after the
other; what succeeds is forgiven. The answer is the same whether there is such an account or not.
"""

from __future__ import annotations

import ipaddress
import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.errors import Busy, NotFound, Refused, StoreUnavailable, TooManyAttempts
from triage.policy.access import (
    ATTEMPTS_KEPT,
    ENDED_BY_HAND,
    PER_ACCOUNT,
    PER_ADDRESS,
    Permission,
    Role,
    Stage,
    may,
    network_of,
    read_email,
    sign_in_ends_at,
    stage_of,
    wait_until,
    why_over,
)
from triage.services import passwords
from triage.services.desk import Desk
from triage.services.passwords import digest
from triage.store import accounts
from triage.store.engine import Transaction
from triage.store.models import Account, SignIn

_SEEN_EVERY = timedelta(minutes=1)
_SIGN_INS_KEPT = timedelta(days=90)
_WRONG = "E-mail or password is wrong. Check both, then try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who asks, and how far they have come. `person_id` is theirs in the roster."""

    sign_in_id: int
    account_id: int
    email: str
    name: str
    role: Role
    person_id: str | None
    stage: Stage
    has_second_factor: bool

    @property
    def actor(self) -> str:
        """As the history names them."""
        return f"account:{self.account_id}"

    def has(self, permission: Permission) -> bool:
        """Whether their role may, however far they have come."""
        return may(self.role, permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Where a request comes from: the address of the network, and in words what shows the pages."""

    address: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSignIn:
    """One of somebody's own sign-ins, as they see it."""

    number: int
    begun_at: datetime
    seen_at: datetime
    address: str
    browser: str
    is_this: bool


def sign_in(desk: Desk, email: str, password: str, browser: Browser, now: datetime) -> str:
    """The token of a new sign-in. Raises Refused, TooManyAttempts and Busy with words for whoever typed."""
    folded = read_email(email) or ""  # what is no address belongs to nobody
    attempt = begin_attempt(desk, digest(folded), browser.address, now)
    with desk.store.read() as session:
        found = accounts.of_email(session, folded)
        known = found.password_hash if found is not None and found.disabled_at is None else None
    is_right = is_password(desk, attempt, known, password)
    fresh = passwords.hash_password(password) if is_right and known and passwords.is_outdated(known) else known
    with desk.store.write() as tx:
        account = accounts.of_email(tx.session, folded)
        if not is_right or account is None or account.password_hash != known:
            whose = account.id if account is not None else None
            tx.record("sign_in_failed", at=now, actor="visitor", account=whose, address=browser.address, by="password")
            token = None
        else:
            account.password_hash = fresh
            accounts.forgive_attempt(tx.session, attempt)
            token = begin(tx, account, browser, now)
    if token is None:
        raise Refused(_WRONG)
    return token


def begin(
    tx: Transaction, account: Account, browser: Browser, now: datetime, *, second_factor: str | None = None
) -> str:
    """A sign-in of somebody who has proven who they are, but for the second factor; its token.

    `second_factor` says who has seen one already.
    """
    accounts.forget_sign_ins(tx.session, begun_before=now - _SIGN_INS_KEPT)
    token = passwords.new_token()
    row = SignIn(
        account_id=account.id,
        token_hash=digest(token),
        begun_at=now,
        seen_at=now,
        address=browser.address[:45],
        browser=browser.name[:60],
        second_factor_at=now if second_factor else None,
    )
    tx.session.add(row)
    if _who(row, account).stage is not Stage.SECOND_FACTOR:
        complete(tx, account, browser.address, second_factor or "none", now)
    return token


def complete(tx: Transaction, account: Account, address: str, second_factor: str, now: datetime) -> None:
    """Somebody is in: what they mistyped before counts no more."""
    accounts.forgive_attempts_of(tx.session, digest(account.email))
    tx.record("signed_in", at=now, actor=f"account:{account.id}", address=address, second_factor=second_factor)


def who_is(desk: Desk, token: str, now: datetime) -> SignedIn | None:
    """Whom a cookie's token stands for; None where it stands for nobody any more."""
    with desk.store.read() as session:
        found = accounts.sign_in_of(session, digest(token))
        if found is None or found[0].ended_at is not None or found[1].disabled_at is not None:
            return None
        row, who = found[0], _who(*found)
        if now >= sign_in_ends_at(who.role, who.stage, begun_at=row.begun_at, seen_at=row.seen_at):
            return None
        was_seen_at = row.seen_at
    if now - was_seen_at >= _SEEN_EVERY:
        with suppress(StoreUnavailable), desk.store.write() as tx:  # who may read does so on a full disk too
            accounts.see(tx.session, who.sign_in_id, now)
    return who


def why_ended(desk: Desk, token: str, now: datetime) -> str | None:
    """Why a cookie's token stands for nobody any more, as a sentence; None where nobody knows, or it still does."""
    with desk.store.read() as session:
        found = accounts.sign_in_of(session, digest(token))
        if found is None:
            return None
        row, who = found[0], _who(*found)
        if row.ended_at is not None or found[1].disabled_at is not None:
            return ENDED_BY_HAND
        return why_over(who.role, who.stage, begun_at=row.begun_at, seen_at=row.seen_at, now=now)


def sign_out(desk: Desk, who: SignedIn, now: datetime) -> None:
    with desk.store.write() as tx:
        row = accounts.sign_in(tx.session, who.sign_in_id)
        row.ended_at, row.totp_candidate = now, None
        tx.record("signed_out", at=now, actor=who.actor)


def open_sign_ins(desk: Desk, who: SignedIn, now: datetime) -> list[OpenSignIn]:
    """Where this account is signed in, the one used last first."""
    with desk.store.read() as session:
        account = accounts.by_id(session, who.account_id)
        return [
            OpenSignIn(
                number=row.id,
                begun_at=row.begun_at,
                seen_at=row.seen_at,
                address=row.address,
                browser=row.browser,
                is_this=row.id == who.sign_in_id,
            )
            for row in accounts.sign_ins_of(session, who.account_id)
            if now < sign_in_ends_at(who.role, _who(row, account).stage, begun_at=row.begun_at, seen_at=row.seen_at)
        ]


def end_others(desk: Desk, who: SignedIn, now: datetime) -> int:
    """End every sign-in of this account but this one; how many there were."""
    with desk.store.write() as tx:
        ended = accounts.end_sign_ins(tx.session, who.account_id, now, but=who.sign_in_id)
        tx.record("sign_ins_ended", at=now, actor=who.actor, account=who.account_id, count=ended)
    return ended


def end_one(desk: Desk, who: SignedIn, number: int, now: datetime) -> None:
    """End one of one's own sign-ins. Raises NotFound where it is none of them."""
    with desk.store.write() as tx:
        row = next((row for row in accounts.sign_ins_of(tx.session, who.account_id) if row.id == number), None)
        if row is None:
            raise NotFound("that sign-in has ended already")
        row.ended_at, row.totp_candidate = now, None
        tx.record("sign_ins_ended", at=now, actor=who.actor, account=who.account_id, count=1)


def begin_attempt(desk: Desk, email_hash: str, address: str, now: datetime) -> int:
    """Put an attempt on record before it is looked at; its id. Raises TooManyAttempts.

    It counts for a hash, of an e-mail address or of what else is tried and by whom, and for a network address.
    """
    since, network = now - ATTEMPTS_KEPT, network_of(address)
    with desk.store.write() as tx:
        accounts.forget_attempts(tx.session, until=since)
        waits = [wait_until(accounts.failures_of(tx.session, email_hash, since), PER_ACCOUNT, now)]
        if not is_loopback(network):
            waits.append(wait_until(accounts.failures_from(tx.session, network, since), PER_ADDRESS, now))
        until = max((at for at in waits if at is not None), default=None)
        attempt = accounts.add_attempt(tx.session, email_hash, network[:45], now) if until is None else None
    if until is not None or attempt is None:
        minutes = math.ceil((until - now) / timedelta(minutes=1)) if until else 1
        raise TooManyAttempts(f"Too many wrong attempts. Try again in {_minutes(minutes)}.")
    return attempt


def is_password(desk: Desk, attempt: int, password_hash: str | None, password: str) -> bool:
    """Whether it is the one. Raises Busy; then it was not looked at, and is no failed attempt."""
    try:
        return passwords.fits(password_hash, password)
    except Busy:
        with desk.store.write() as tx:
            accounts.forgive_attempt(tx.session, attempt)
        raise


def is_loopback(address: str) -> bool:
    """Of this machine: its own users, or a proxy whose word on addresses is not asked for. Then only accounts count."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _who(row: SignIn, account: Account) -> SignedIn:
    has_second_factor = account.totp_secret is not None
    role = Role(account.role)
    return SignedIn(
        sign_in_id=row.id,
        account_id=account.id,
        email=account.email,
        name=account.name,
        role=role,
        person_id=account.person_id,
        stage=stage_of(has_second_factor=has_second_factor, has_passed=row.second_factor_at is not None),
        has_second_factor=has_second_factor,
    )


def _minutes(count: int) -> str:
    if count > 120:
        return f"{math.ceil(count / 60)} hours"
    return f"{count} minutes" if count > 1 else "a minute"
