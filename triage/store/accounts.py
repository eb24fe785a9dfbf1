"""Accounts of the console, their invitations, recovery codes, sign-ins and failed attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from triage.errors import NotFound
from triage.store.models import Account, FormKey, Invitation, RecoveryCode, SignIn, SignInAttempt

_KEY_ID = 1
_LARGEST_ID = 2**31 - 1


def of_email(session: Session, email: str) -> Account | None:
    """`email` is case-folded."""
    return session.scalars(select(Account).where(Account.email == email)).first()


def of_subject(session: Session, issuer: str, subject: str) -> Account | None:
    """Whose account this identity at a sign-in provider is bound to."""
    return session.scalars(
        select(Account).where(Account.oidc_issuer == issuer, Account.oidc_subject == subject)
    ).first()


def by_id(session: Session, account_id: int) -> Account:
    """Raises NotFound."""
    found = session.get(Account, account_id) if account_id <= _LARGEST_ID else None
    if found is None:
        raise NotFound(f"there is no account {account_id}; `afterhours account list` shows them")
    return found


def of_person(session: Session, person_id: str) -> Sequence[Account]:
    """Whose accounts name a person of the roster."""
    return session.scalars(select(Account).where(Account.person_id == person_id).order_by(Account.id)).all()


def people_named(session: Session) -> set[str]:
    """The id of everybody whom an account names, on the roster or not."""
    return set(session.scalars(select(Account.person_id).where(Account.person_id.is_not(None)).distinct()))


def names(session: Session) -> dict[str, str]:
    """What people with accounts are called, by how the history names them."""
    return {f"account:{number}": name for number, name in session.execute(select(Account.id, Account.name))}


def every(session: Session) -> Sequence[tuple[Account, Invitation | None, datetime | None]]:
    """All accounts by name, with the open invitation and when somebody was last seen using it."""
    seen = select(SignIn.account_id, func.max(SignIn.seen_at).label("at")).group_by(SignIn.account_id).subquery()
    rows = session.execute(
        select(Account, Invitation, seen.c.at)
        .outerjoin(Invitation, Invitation.account_id == Account.id)
        .outerjoin(seen, seen.c.account_id == Account.id)
        .order_by(Account.name, Account.id)
    )
    return [(account, invitation, at) for account, invitation, at in rows]


def set_invitation(
    session: Session,
    account_id: int,
    token_hash: str,
    *,
    invited_at: datetime,
    expires_at: datetime,
    keeps_second_factor: bool,
) -> None:
    """The account's only invitation from now on."""
    end_invitation(session, account_id)
    session.add(
        Invitation(
            account_id=account_id,
            token_hash=token_hash,
            invited_at=invited_at,
            expires_at=expires_at,
            keeps_second_factor=keeps_second_factor,
        )
    )


def end_invitation(session: Session, account_id: int) -> None:
    session.execute(delete(Invitation).where(Invitation.account_id == account_id))


def invited_by(session: Session, token_hash: str, now: datetime) -> tuple[Account, Invitation] | None:
    """The account that a link opens at this instant, and the link."""
    row = session.execute(
        select(Account, Invitation)
        .join(Invitation, Invitation.account_id == Account.id)
        .where(Invitation.token_hash == token_hash, Invitation.expires_at > now)
    ).first()
    return (row[0], row[1]) if row else None


def set_recovery_codes(session: Session, account_id: int, hashes: Sequence[str]) -> None:
    """The account's only codes from now on; none where none are given."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.add_all(RecoveryCode(account_id=account_id, code_hash=code_hash) for code_hash in hashes)


def use_recovery_code(session: Session, account_id: int, code_hash: str) -> bool:
    """Take a code away; False where the account has no such code."""
    found = session.scalars(
        select(RecoveryCode).where(RecoveryCode.account_id == account_id, RecoveryCode.code_hash == code_hash)
    ).first()
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True


def recovery_codes_left(session: Session, account_id: int) -> int:
    return session.scalar(select(func.count(RecoveryCode.id)).where(RecoveryCode.account_id == account_id)) or 0


def sign_in_of(session: Session, token_hash: str) -> tuple[SignIn, Account] | None:
    """The sign-in that a cookie names, whether it counts still or not, and whose it is."""
    row = session.execute(
        select(SignIn, Account).join(Account, SignIn.account_id == Account.id).where(SignIn.token_hash == token_hash)
    ).first()
    return (row[0], row[1]) if row else None


def sign_in(session: Session, sign_in_id: int) -> SignIn:
    return session.get_one(SignIn, sign_in_id)


def sign_ins_of(session: Session, account_id: int) -> Sequence[SignIn]:
    """Those that nobody ended, the one used last first; some may have run out."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    ).all()


def end_sign_ins(session: Session, account_id: int, now: datetime, *, but: int | None = None) -> int:
    """End every sign-in of an account, one excepted where named; how many there were."""
    rows = [row for row in sign_ins_of(session, account_id) if row.id != but]
    for row in rows:
        row.ended_at = now
        row.totp_candidate = None
    return len(rows)


def failures_of(session: Session, email_hash: str, since: datetime) -> Sequence[datetime]:
    return session.scalars(
        select(SignInAttempt.at).where(SignInAttempt.email_hash == email_hash, SignInAttempt.at > since)
    ).all()


def failures_from(session: Session, address: str, since: datetime) -> Sequence[datetime]:
    return session.scalars(
        select(SignInAttempt.at).where(SignInAttempt.address == address, SignInAttempt.at > since)
    ).all()


def add_attempt(session: Session, email_hash: str, address: str, now: datetime) -> int:
    """It counts as failed until it is forgiven; its id."""
    attempt = SignInAttempt(at=now, email_hash=email_hash, address=address)
    session.add(attempt)
    session.flush()
    return attempt.id


def forgive_attempt(session: Session, attempt_id: int) -> None:
    """It succeeded."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt_id))


def forgive_attempts_of(session: Session, email_hash: str) -> None:
    session.execute(delete(SignInAttempt).where(SignInAttempt.email_hash == email_hash))


def forget_attempts(session: Session, *, until: datetime) -> None:
    """Those that count no more; the history keeps them."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= until))


def forget_sign_ins(session: Session, *, begun_before: datetime) -> None:
    """Those of long ago; the history keeps them."""
    session.execute(delete(SignIn).where(SignIn.begun_at < begun_before))


def see(session: Session, sign_in_id: int, now: datetime) -> None:
    session.execute(update(SignIn).where(SignIn.id == sign_in_id, SignIn.seen_at < now).values(seen_at=now))


def form_key(session: Session) -> str | None:
    return session.scalar(select(FormKey.key).where(FormKey.id == _KEY_ID))


def set_form_key(session: Session, key: str) -> None:
    session.add(FormKey(id=_KEY_ID, key=key))
