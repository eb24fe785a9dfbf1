"""People who sign in to the console. No token, code or password is kept, only hashes of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Account(Base):
    """Somebody who may sign in. `email` is case-folded; `person_id` is theirs in the roster, where they have one.

    `password_hash` is None until the invitation is accepted. `totp_step` is the last half minute whose code was used,
    so that each code counts once. `oidc_issuer` and `oidc_subject` are who they are at the sign-in provider, from the
    first time on. A disabled account keeps none of these.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[str | None] = mapped_column(String(40))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_step: Mapped[int | None]
    oidc_issuer: Mapped[str | None] = mapped_column(String(300))
    oidc_subject: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "oidc_issuer", "oidc_subject", unique=True),)


class Invitation(Base):
    """The one link by which an account gets its password; gone once it was used, or another was made.

    Where it `keeps_second_factor`, who opens it still has to give that.
    """

    __tablename__ = "invitations"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    keeps_second_factor: Mapped[bool] = mapped_column(default=False)


class RecoveryCode(Base):
    """A code that stands in for the second factor once; gone when it was used."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))


class SignIn(Base):
    """One browser's session, from the right password to its end.

    `totp_candidate` is a new second factor that was shown to this browser and not yet proven by a code.
    """

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    begun_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    totp_candidate: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(60))


class SignInAttempt(Base):
    """An attempt that failed, or whose end is not known yet. `email_hash` also counts those for no account of ours."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    email_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))

    __table_args__ = (Index(None, "email_hash", "at"), Index(None, "address", "at"))


class FormKey(Base):
    """The key that signs the forms of the console, in one row: all web processes share it."""

    __tablename__ = "form_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(64))
