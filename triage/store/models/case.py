"""A caller's problem, its recordings, and the instants at which something is due for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base

FIRST_REFERENCE = 1001
"""References have four digits or more, so that minutes in a text are never taken for one."""


class Case(Base):
    """One caller's problem, from the first voicemail to the close. `version` makes every change a compare-and-set."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(20))
    window: Mapped[str] = mapped_column(String(20))
    support_day: Mapped[bool]
    product: Mapped[str] = mapped_column(String(20))
    is_emergency: Mapped[bool]
    attested: Mapped[bool | None]
    flags: Mapped[list[str]]
    clauses: Mapped[list[str]]
    rate: Mapped[str] = mapped_column(String(20))
    is_billable: Mapped[bool]
    caller: Mapped[str | None] = mapped_column(String(20))
    caller_place: Mapped[str | None] = mapped_column(String(80))
    callback_number: Mapped[str | None] = mapped_column(String(20))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealers.id"), index=True)
    dealer_technician_id: Mapped[int | None] = mapped_column(ForeignKey("dealer_technicians.id"))
    language: Mapped[str] = mapped_column(String(2), default="en")
    policy: Mapped[str] = mapped_column(ForeignKey("policy_versions.version"))

    answered_at: Mapped[datetime]
    left_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    callback_due: Mapped[datetime | None]
    at_risk_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]

    owner: Mapped[str | None] = mapped_column(String(40))
    acknowledged_at: Mapped[datetime | None]
    hold_until: Mapped[datetime | None]
    callback_made_at: Mapped[datetime | None]
    callback_basis: Mapped[str | None] = mapped_column(String(20))
    closed_at: Mapped[datetime | None]

    ladder_base_at: Mapped[datetime]
    ladder_step: Mapped[int]
    ladder_round: Mapped[int]
    ladder_passed: Mapped[list[str]]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
    __table_args__ = (
        Index("ix_cases_left_at", "left_at"),
        Index("ix_cases_caller_callback_made_at", "caller", "callback_made_at"),
        Index("ix_cases_callback_number", "callback_number", sqlite_where=text("callback_number IS NOT NULL")),
        Index("ix_cases_closed_at", "closed_at", sqlite_where=text("closed_at IS NOT NULL")),
        Index("ix_cases_policy", "policy"),
        Index(
            "ix_cases_due_open",
            "callback_due",
            sqlite_where=text("state != 'closed'"),
        ),
        {"sqlite_autoincrement": True},
    )

    @property
    def reference(self) -> str:
        return reference_of(self.id)

    @property
    def number_to_call(self) -> str | None:
        """What the caller keyed, else the number that the network showed; never anything else."""
        return self.callback_number or self.caller


def reference_of(case_id: int) -> str:
    """The number that people say and text for a case."""
    return str(FIRST_REFERENCE - 1 + case_id)


def id_of(reference: str) -> int | None:
    """The id behind a reference; None where it cannot be one."""
    number = reference.strip().lstrip("#")
    if not number.isdecimal() or len(number) > 9 or int(number) < FIRST_REFERENCE:
        return None
    return int(number) - FIRST_REFERENCE + 1


class Voicemail(Base):
    """One recording of a caller, or a recording that the phone system could not make.

    `is_confirmed` is False while only the end of the call told of it: its length and times are not final then.
    """

    __tablename__ = "voicemails"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    recording_sid: Mapped[str] = mapped_column(String(34), unique=True)
    call_sid: Mapped[str] = mapped_column(String(34), index=True)
    status: Mapped[str] = mapped_column(String(20))
    is_confirmed: Mapped[bool] = mapped_column(default=True)
    duration_s: Mapped[int | None]
    error_code: Mapped[int | None]
    left_at: Mapped[datetime]
    received_at: Mapped[datetime]
    transcript: Mapped[str | None]


class Timer(Base):
    """Something is due for a case at an instant. The row goes when it is done, or moves to its next instant."""

    __tablename__ = "timers"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("case_id", "kind"),)
