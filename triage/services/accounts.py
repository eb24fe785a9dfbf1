"""Accounts of the console: inviting people, their roles, their passwords, and the end of it.

`actor` is who does it: `account:<id>`, or `command line:<user>`. E-mail addresses stand in no log and in no history.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.errors import NotFound, Refused
from triage.policy.access import INVITATION_LASTS, Role, read_email
from triage.policy.new_passwords import fault_of_password
from triage.services import passwords
from triage.services.desk import Desk
from triage.services.passwords import digest
from triage.services.sign_in import Browser, SignedIn, begin, begin_attempt, is_password
from triage.store import Session, accounts
from triage.store.engine import Transaction
from triage.store.models import Account

_LONGEST_NAME = 80
_NO_SUCH_LINK = "This link was used already, or is too old. Ask an administrator for a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What opens an account, once: nobody can show `path` again. It goes under the public address."""

    account_id: int
    email: str
    path: str
    expires_at: datetime


def invite(
    desk: Desk, email: str, *, name: str, role: Role, person_id: str | None = None, actor: str, now: datetime
) -> Invited:
    """A new account and its link. Raises Refused with what to mend."""
    folded, name = read_email(email), " ".join(name.split())
    if folded is None:
        raise Refused(f"{email!r} is no e-mail address: write it like dana@example.com, before the @ in letters a to z")
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
        raise Refused(f"the name is empty, too long or not printable: write up to {_LONGEST_NAME} characters")
    with desk.store.write() as tx:
        if accounts.of_email(tx.session, folded) is not None:
            raise Refused(f"{folded} has an account: make a new link for it instead")
        _check_person(desk, tx.session, person_id)
        account = Account(email=folded, name=name, role=role.value, person_id=person_id, created_at=now)
        tx.session.add(account)
        tx.session.flush()
        return _link(tx, account, actor, now)


def invite_again(
    desk: Desk, account_id: int, *, keeps_second_factor: bool = False, actor: str, now: datetime
) -> Invited:
    """A new link for an account: who opens it chooses a new password. The second factor is asked for as before where
    the link keeps it, else set up anew.

    Until then the old ones count. A disabled account is open again once its link is used. Raises Refused where there is
    no second factor to keep.
    """
    with desk.store.write() as tx:
        account = accounts.by_id(tx.session, account_id)
        if keeps_second_factor and account.totp_secret is None:
            raise Refused("There is no second factor to keep: make a link that sets up a new one.")
        return _link(tx, account, actor, now, keeps_second_factor=keeps_second_factor)


def invited_name(desk: Desk, token: str, now: datetime) -> tuple[str, str]:
    """Whose link it is: name and e-mail. Raises NotFound where it opens nothing."""
    with desk.store.read() as session:
        found = accounts.invited_by(session, digest(token), now)
        if found is None:
            raise NotFound(_NO_SUCH_LINK)
        return found[0].name, found[0].email


def accept(desk: Desk, token: str, password: str, browser: Browser, now: datetime) -> str:
    """Choose a password by an invitation: the token of a first sign-in. All others end; so does the second factor,
    unless the link keeps it.

    Raises NotFound where the link opens nothing, and Refused where the password will not do.
    """
    name, email = invited_name(desk, token, now)
    _check_password(password, email, name)
    password_hash = passwords.hash_password(password)
    with desk.store.write() as tx:
        found = accounts.invited_by(tx.session, digest(token), now)
        if found is None:
            raise NotFound(_NO_SUCH_LINK)
        account, link = found
        _forget_secrets(tx, account, now, keeps_second_factor=link.keeps_second_factor)
        account.password_hash, account.disabled_at = password_hash, None
        tx.record("invitation_accepted", at=now, actor=f"account:{account.id}", account=account.id)
        return begin(tx, account, browser, now)


def change_password(desk: Desk, who: SignedIn, old: str, new: str, *, address: str, now: datetime) -> None:
    """Ends every other sign-in. Raises Refused where the old one is wrong or the new one will not do."""
    _check_password(new, who.email, who.name)
    confirm(desk, who, old, address=address, now=now)
    password_hash = passwords.hash_password(new)
    with desk.store.write() as tx:
        accounts.by_id(tx.session, who.account_id).password_hash = password_hash
        accounts.end_sign_ins(tx.session, who.account_id, now, but=who.sign_in_id)
        tx.record("password_changed", at=now, actor=who.actor, account=who.account_id)


def has_password(desk: Desk, who: SignedIn) -> bool:
    """Not everybody has one: some come by the sign-in provider alone."""
    with desk.store.read() as session:
        return accounts.by_id(session, who.account_id).password_hash is not None


def confirm(desk: Desk, who: SignedIn, password: str, *, address: str, now: datetime) -> None:
    """Whoever is signed in gives the password once more. Raises Refused and TooManyAttempts.

    Wrong ones count apart from those at signing in: an outsider who fails there stops nobody here.
    """
    with desk.store.read() as session:
        known = accounts.by_id(session, who.account_id).password_hash
    if known is None:
        raise Refused("Your account has no password. Ask an administrator for a link to choose one.")
    tried = digest(f"{who.actor} confirms")
    attempt = begin_attempt(desk, tried, address, now)
    is_right = is_password(desk, attempt, known, password)
    with desk.store.write() as tx:
        if is_right:
            accounts.forgive_attempts_of(tx.session, tried)
        else:
            tx.record("sign_in_failed", at=now, actor=who.actor, account=who.account_id, address=address, by="password")
    if not is_right:
        raise Refused("The present password is wrong.")


def change_role(desk: Desk, account_id: int, role: Role, *, actor: str, now: datetime) -> None:
    """Counts from the next page that they open. Raises Refused for one's own role: somebody has to be left."""
    with desk.store.write() as tx:
        account = accounts.by_id(tx.session, account_id)
        _not_oneself(account, actor)
        if account.role != role:
            tx.record("role_changed", at=now, actor=actor, account=account.id, before=account.role, after=role.value)
            account.role = role.value


def link_to_person(desk: Desk, account_id: int, person_id: str | None, *, actor: str, now: datetime) -> None:
    """Say who an account is in the roster; None: nobody. Raises Refused where the roster has no such person."""
    with desk.store.write() as tx:
        account = accounts.by_id(tx.session, account_id)
        _not_oneself(account, actor)
        _check_person(desk, tx.session, person_id)
        if account.person_id != person_id:
            _name_person(tx, account, person_id, actor, now)


def unlink_person(tx: Transaction, person_id: str, *, actor: str, now: datetime) -> None:
    """Whoever leaves the roster is nobody there any more: no account goes on acting in their name."""
    for account in accounts.of_person(tx.session, person_id):
        _name_person(tx, account, None, actor, now)


def disable(desk: Desk, account_id: int, *, actor: str, now: datetime) -> None:
    """Nobody signs in to it any more, and whoever is in is out. A new link opens it again."""
    with desk.store.write() as tx:
        account = accounts.by_id(tx.session, account_id)
        _not_oneself(account, actor)
        if account.disabled_at is None:
            _forget_secrets(tx, account, now)
            account.disabled_at = now
            tx.record("account_disabled", at=now, actor=actor, account=account.id)


def account_of(desk: Desk, email: str) -> int:
    """The id of an account. Raises NotFound."""
    with desk.store.read() as session:
        found = accounts.of_email(session, read_email(email) or "")
        if found is None:
            raise NotFound(f"there is no account {email}; `afterhours account list` shows them")
        return found.id


def list_accounts(desk: Desk, now: datetime) -> list[dict[str, Any]]:
    """Every account by name, as records for people and programs; field names are promised in the README."""
    with desk.store.read() as session:
        return [
            {
                "id": account.id,
                "email": account.email,
                "name": account.name,
                "role": account.role,
                "person": account.person_id,
                "state": _state(account, invitation.expires_at if invitation else None, now),
                "second_factor": account.totp_secret is not None,
                "seen_at": seen_at,
            }
            for account, invitation, seen_at in accounts.every(session)
        ]


def show_account(desk: Desk, account_id: int, now: datetime) -> dict[str, Any]:
    """One of these records. Raises NotFound."""
    found = next((record for record in list_accounts(desk, now) if record["id"] == account_id), None)
    if found is None:
        raise NotFound(f"There is no account {account_id}.")
    return found


def has_administrator(desk: Desk) -> bool:
    """Whether somebody can sign in who may do everything."""
    with desk.store.read() as session:
        every = [account for account, *_ in accounts.every(session)]
    return any(each.role == Role.ADMINISTRATOR and each.password_hash and not each.disabled_at for each in every)


def people(desk: Desk) -> list[tuple[str, str]]:
    """Whom the roster has: id and name."""
    with desk.store.read() as session:
        return [(person.id, person.name) for person in desk.roster(session).people]


def form_key(desk: Desk) -> str:
    """The key that signs the console's forms; made when it is needed first."""
    with desk.store.read() as session:
        key = accounts.form_key(session)
    if key is None:
        with desk.store.write() as tx:
            key = accounts.form_key(tx.session)
            if key is None:
                key = secrets.token_hex(32)
                accounts.set_form_key(tx.session, key)
    return key


def _link(
    tx: Transaction, account: Account, actor: str, now: datetime, *, keeps_second_factor: bool = False
) -> Invited:
    token, expires_at = passwords.new_token(), now + INVITATION_LASTS
    accounts.set_invitation(
        tx.session,
        account.id,
        digest(token),
        invited_at=now,
        expires_at=expires_at,
        keeps_second_factor=keeps_second_factor,
    )
    tx.record(
        "account_invited",
        at=now,
        actor=actor,
        account=account.id,
        role=account.role,
        expires_at=expires_at,
        keeps_second_factor=keeps_second_factor,
    )
    return Invited(account_id=account.id, email=account.email, path=f"/invitation/{token}", expires_at=expires_at)


def _name_person(tx: Transaction, account: Account, person_id: str | None, actor: str, now: datetime) -> None:
    tx.record("account_linked", at=now, actor=actor, account=account.id, before=account.person_id, after=person_id)
    account.person_id = person_id


def _forget_secrets(tx: Transaction, account: Account, now: datetime, *, keeps_second_factor: bool = False) -> None:
    """Nothing that opened the account so far opens it any more, but for a second factor that is kept."""
    account.password_hash = account.oidc_issuer = account.oidc_subject = None
    if not keeps_second_factor:
        account.totp_secret = account.totp_step = None
        accounts.set_recovery_codes(tx.session, account.id, [])
    accounts.end_invitation(tx.session, account.id)
    accounts.end_sign_ins(tx.session, account.id, now)


def _check_person(desk: Desk, session: Session, person_id: str | None) -> None:
    roster = desk.roster(session)
    if person_id is not None and roster.person(person_id) is None:
        known = ", ".join(person.id for person in roster.people) or "nobody"
        raise Refused(f"the roster has no person {person_id}; it has {known}")


def _check_password(password: str, email: str, name: str) -> None:
    if (fault := fault_of_password(password, email, name, passwords.is_common)) is not None:
        raise Refused(fault)


def _not_oneself(account: Account, actor: str) -> None:
    if actor == f"account:{account.id}":
        raise Refused("That is your own account: ask another administrator.")


def _state(account: Account, invited_until: datetime | None, now: datetime) -> str:
    if invited_until is not None and invited_until > now:
        return "invited"
    if account.disabled_at is not None:
        return "disabled"
    is_in_use = account.password_hash is not None or account.oidc_subject is not None
    return "active" if is_in_use else "invitation expired"
