"""Signing in by a sign-in provider: it says who somebody is, accounts and roles stay ours.

An account is found by its verified e-mail address the first time, and bound to that identity from then on.
"""

from __future__ import annotations

from datetime import datetime

from triage.errors import Busy, ProviderUnavailable, Refused
from triage.ports import Handshake, Identity, ProvesIdentity
from triage.services.desk import Desk
from triage.services.passwords import digest, new_token
from triage.services.sign_in import Browser, begin, begin_attempt
from triage.store import accounts
from triage.store.engine import Transaction
from triage.store.models import Account

_NOT_VOUCHED = "The sign-in provider does not vouch for your e-mail address: verify it there, or use your password."
_NO_ACCOUNT = (
    "You have no account here. Ask an administrator for one, for the e-mail address that you sign in with there."
)
_SOMEBODY_ELSES = (
    "The account of this e-mail address belongs to another identity at the sign-in provider."
    " Ask an administrator for a new link."
)


def sign_in_by(
    desk: Desk,
    provider: ProvesIdentity,
    handshake: Handshake,
    code: str,
    back_to: str,
    browser: Browser,
    *,
    trusts_second_factor: bool,
    code_at: datetime,
    now: datetime,
) -> str:
    """The token of a new sign-in. Raises Refused, TooManyAttempts, Busy and ProviderUnavailable, in words.

    An attempt counts for its network address; where the provider was in trouble it does not count. `code_at` is the
    world's clock, which the provider goes by.
    """
    attempt = begin_attempt(desk, digest(new_token()), browser.address, now)
    try:
        identity = provider.identify(handshake, code, back_to, code_at)
    except (Busy, ProviderUnavailable):
        with desk.store.write() as tx:
            accounts.forgive_attempt(tx.session, attempt)
        raise
    except Refused:
        refuse(desk, browser, None, now)
        raise
    with desk.store.write() as tx:
        account, why = _account_of(tx, identity)
        if why is None and account is not None:
            accounts.forgive_attempt(tx.session, attempt)
            _bind(tx, account, identity, now)
            is_seen = identity.has_second_factor or trusts_second_factor
            return begin(tx, account, browser, now, second_factor="provider" if is_seen else None)
    refuse(desk, browser, account.id if account else None, now)
    raise Refused(why or _NO_ACCOUNT)


def refuse(desk: Desk, browser: Browser, account_id: int | None, now: datetime) -> None:
    """Put on record that nobody was let in."""
    with desk.store.write() as tx:
        tx.record("sign_in_failed", at=now, actor="visitor", account=account_id, address=browser.address, by="provider")


def _account_of(tx: Transaction, identity: Identity) -> tuple[Account | None, str | None]:
    """Whose identity it is, and why it opens nothing."""
    bound = accounts.of_subject(tx.session, identity.issuer, identity.subject)
    if bound is not None:
        return bound, None if bound.disabled_at is None else _NO_ACCOUNT
    if identity.email is None:
        return None, _NOT_VOUCHED
    named = accounts.of_email(tx.session, identity.email)
    if named is None or named.disabled_at is not None:
        return named, _NO_ACCOUNT
    return named, _SOMEBODY_ELSES if named.oidc_subject is not None else None


def _bind(tx: Transaction, account: Account, identity: Identity, now: datetime) -> None:
    if account.oidc_subject is None:
        account.oidc_issuer, account.oidc_subject = identity.issuer, identity.subject
        tx.record("identity_bound", at=now, actor=f"account:{account.id}", account=account.id)
