"""What comes in: calls, texts, and what has to be looked up about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class Call(Base):
    """A call to our number, as far as its steps told us. `callback_number` is what the caller keyed, if anything, and
    `dealer_technician_id` whose PIN they keyed.

    `spoken_s` is how long they spoke at the most, where silence may be all of the message; else None.
    """

    __tablename__ = "calls"

    sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    from_number: Mapped[str | None] = mapped_column(String(20))
    from_place: Mapped[str | None] = mapped_column(String(80))
    answered_at: Mapped[datetime | None]
    recording_ended_at: Mapped[datetime | None]
    is_emergency: Mapped[bool] = mapped_column(default=False)
    attested: Mapped[bool | None]
    product: Mapped[str] = mapped_column(String(20), default="unknown")
    language: Mapped[str] = mapped_column(String(2), default="en")
    callback_number: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str | None] = mapped_column(String(30))
    status_sequence: Mapped[int | None]
    spoken_s: Mapped[int | None]
    dealer_technician_id: Mapped[int | None] = mapped_column(ForeignKey("dealer_technicians.id"))


class PinTry(Base):
    """A wrong PIN, keyed in a call at its question, asked `repeats` times before. The PIN itself is not kept.

    `caller` is the number that is counted for; empty for all that are withheld.
    """

    __tablename__ = "pin_tries"

    call_sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    repeats: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    caller: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_pin_tries_caller_at", "caller", "at"),)


class InboundText(Base):
    """An SMS to our number, kept whoever sent it."""

    __tablename__ = "inbound_texts"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_sid: Mapped[str] = mapped_column(String(34), unique=True)
    from_number: Mapped[str] = mapped_column(String(40))
    sender: Mapped[str] = mapped_column(String(60))  # person:<id>, caller or stranger
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    body: Mapped[str]
    received_at: Mapped[datetime]
    reply: Mapped[str | None]


class LookUp(Base):
    """A case came without its call: the phone system has to be asked who called and when. Gone when answered."""

    __tablename__ = "look_ups"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    call_sid: Mapped[str] = mapped_column(String(34))
    recording_sid: Mapped[str] = mapped_column(String(34))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime] = mapped_column(index=True)
