"""The second factor: a code of six digits from an app (TOTP, RFC 6238), or one of ten recovery codes.

`code_at` is the world's time, which authenticator apps go by; `now` the program's, which may be ahead in a demo.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp

from triage.errors import Refused
from triage.policy.access import ENDED_BY_HAND, Stage, steps_that_count
from triage.services import passwords
from triage.services.desk import Desk
from triage.services.passwords import digest
from triage.services.sign_in import SignedIn, begin_attempt, complete
from triage.store import accounts
from triage.store.engine import Transaction
from triage.store.models import Account, SignIn

ISSUER = "afterhours"
RECOVERY_CODES = 10
_WRONG = "That code does not count. Wait for the next one in your app, or take a recovery code."
_WRONG_AT_SET_UP = "That code does not count. Wait for the next one in your app; is the phone's clock right?"


def pass_second_factor(desk: Desk, who: SignedIn, code: str, *, address: str, code_at: datetime, now: datetime) -> str:
    """The new token of the sign-in that is complete now. Raises Refused and TooManyAttempts.

    Wrong codes count apart from wrong passwords: who has proven the password is not stopped by whoever guesses it.
    """
    tried = digest(f"{who.actor} gives a code")
    begin_attempt(desk, tried, address, now)
    token = passwords.new_token()
    with desk.store.write() as tx:
        account, row = _still_open(tx, who)
        by = _means(tx, account, code, code_at)
        if by is None:
            tx.record(
                "sign_in_failed", at=now, actor=who.actor, account=account.id, address=address, by="second factor"
            )
        else:
            row.second_factor_at, row.token_hash = now, digest(token)
            accounts.forgive_attempts_of(tx.session, tried)
            complete(tx, account, address, by, now)
    if by is None:
        raise Refused(_WRONG)
    return token


@dataclass(frozen=True, slots=True)
class Candidate:
    """A new secret for people to type in, and the address that holds it for an app to read."""

    secret: str
    uri: str

    @property
    def grouped(self) -> str:
        """The secret in groups of four."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


def candidate(desk: Desk, who: SignedIn) -> Candidate:
    """What an authenticator app needs; the same for this browser until it is proven."""
    with desk.store.read() as session:
        secret = accounts.sign_in(session, who.sign_in_id).totp_candidate
    if secret is None:
        secret = pyotp.random_base32()
        with desk.store.write() as tx:
            row = accounts.sign_in(tx.session, who.sign_in_id)
            secret = row.totp_candidate = row.totp_candidate or secret
    return Candidate(secret, pyotp.TOTP(secret).provisioning_uri(name=who.email, issuer_name=ISSUER))


def set_up(
    desk: Desk, who: SignedIn, code: str, *, address: str, code_at: datetime, now: datetime
) -> tuple[str, list[str]]:
    """Prove the secret that was shown by its first code: it replaces any other, and so do new recovery codes.

    The sign-in's new token, and the codes, which nobody can show again. Other sign-ins end. Raises Refused and
    TooManyAttempts. Who replaces a second factor has given the old one, and the password again (`accounts.confirm`).
    """
    if who.stage is Stage.SECOND_FACTOR:
        raise Refused("Give the code of your present second factor first.")
    attempt = begin_attempt(desk, digest(f"{who.actor} sets up"), address, now)
    token, codes = passwords.new_token(), [passwords.new_recovery_code() for _ in range(RECOVERY_CODES)]
    with desk.store.write() as tx:
        account, row = _still_open(tx, who)
        secret = row.totp_candidate
        step = _step(secret, code, code_at, None) if secret else None
        if step is not None:
            account.totp_secret, account.totp_step = secret, step
            row.totp_candidate, row.second_factor_at, row.token_hash = None, now, digest(token)
            accounts.set_recovery_codes(tx.session, account.id, [digest(_bare(code)) for code in codes])
            accounts.forgive_attempt(tx.session, attempt)
            accounts.end_sign_ins(tx.session, account.id, now, but=row.id)
            tx.record("second_factor_set_up", at=now, actor=who.actor, account=account.id, recovery_codes=len(codes))
    if step is None:
        raise Refused(_WRONG_AT_SET_UP)
    return token, codes


def recovery_codes_left(desk: Desk, who: SignedIn) -> int:
    with desk.store.read() as session:
        return accounts.recovery_codes_left(session, who.account_id)


def _still_open(tx: Transaction, who: SignedIn) -> tuple[Account, SignIn]:
    """Whoever asks, as they are now. Raises Refused where somebody ended that since they were looked at."""
    account, row = accounts.by_id(tx.session, who.account_id), accounts.sign_in(tx.session, who.sign_in_id)
    if row.ended_at is not None or account.disabled_at is not None:
        raise Refused(ENDED_BY_HAND)
    return account, row


def _means(tx: Transaction, account: Account, code: str, code_at: datetime) -> str | None:
    """By what a code proves who somebody is; it is used up. None where it proves nothing."""
    if account.totp_secret is None:
        return None
    step = _step(account.totp_secret, code, code_at, account.totp_step)
    if step is not None:
        account.totp_step = step
        return "app"
    return "recovery code" if accounts.use_recovery_code(tx.session, account.id, digest(_bare(code))) else None


def _step(secret: str, code: str, at: datetime, last: int | None) -> int | None:
    """The half minute whose code this is."""
    totp, digits = pyotp.TOTP(secret), "".join(code.split())
    if not digits.isascii():
        return None
    found = [step for step in steps_that_count(at, last) if hmac.compare_digest(totp.generate_otp(step), digits)]
    return found[0] if found else None


def _bare(code: str) -> str:
    """A recovery code as it was meant, however it was typed."""
    return "".join(char for char in code.upper() if char.isalnum())
