"""What goes out: the demand on one person, the SMS and calls that carry it, and what the provider reports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.store.base import Base
from triage.store.models.case import Case


class Alert(Base):
    """The demand that one person act on a case, made once at one instant, whatever the reasons.

    `round` and `step` say which rung of the ladder, or the how-manieth alert of another reason. A ladder that is
    climbed afresh comes by its rungs again.
    """

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    step: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("case_id", "person_id", "created_at"),)


class Delivery(Base):
    """One SMS or call. The row is there before the call to the provider is made.

    `person_id` is None where it goes to nobody on the roster: to a caller, to a dealer about a booking, or to our
    canary's own number.
    `next_attempt_at` is when a sender should look at it again; None once nothing more is to be done. A call that is on
    its way has one only where it need not ring on.
    `ask_at` is when the phone system is asked what became of it, should no report of its end have come by then.
    `claim` is the fence: whoever writes a result must still hold it. `pressed` are the keys of an alert call.
    `good_until` is when it is of no use any more, if it was not sent by then.
    `body` of an alert is written when it is sent, so that it says how much time is left then. `bundled_in` is the
    summary that was sent in its place. `is_answer` where a caller asked for it, and was not answered at once.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    body: Mapped[str]
    state: Mapped[str] = mapped_column(String(20))
    is_held: Mapped[bool]
    is_answer: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    provider_sid: Mapped[str | None] = mapped_column(String(34), unique=True)
    error_code: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(120))
    repeat_of: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    bundled_in: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    pressed: Mapped[str | None] = mapped_column(String(10))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    good_until: Mapped[datetime | None]

    alert: Mapped[Alert | None] = relationship(viewonly=True)
    case: Mapped[Case | None] = relationship(viewonly=True)

    __table_args__ = (
        Index("ix_deliveries_next_attempt_at", "next_attempt_at"),
        Index("ix_deliveries_ask_at", "ask_at", sqlite_where=text("ask_at IS NOT NULL")),
        Index("ix_deliveries_created_at", "created_at"),
        Index("ix_deliveries_channel_state", "channel", "state"),
        Index("ix_deliveries_phone_channel_created_at", "phone", "channel", "created_at"),
    )


class Report(Base):
    """What the provider said of a delivery, once for each status. It may come before we know the delivery's id."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_sid: Mapped[str] = mapped_column(String(34))
    status: Mapped[str] = mapped_column(String(30))
    error_code: Mapped[int | None]
    received_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("provider_sid", "status"),)


class BlockedPhone(Base):
    """A phone that a channel cannot reach, such as SMS after STOP."""

    __tablename__ = "blocked_phones"

    phone: Mapped[str] = mapped_column(String(20), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    reason: Mapped[str] = mapped_column(String(120))
    since: Mapped[datetime]
