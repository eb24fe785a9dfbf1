"""What the SLA report counted of a month, or of a day with many cases, so that it need not be counted again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class KeptMonth(Base):
    """The groups of the messages left in [starts_at, ends_at), see policy/sla_groups.py; `form` is its FORM.

    Triggers of the database remove the row in the transaction that changes, adds or removes a case of that time: so it
    is never older than its cases, whoever changes them.
    """

    __tablename__ = "kept_months"

    ends_at: Mapped[datetime] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    form: Mapped[int]
    counts: Mapped[dict[str, Any]]
    spans: Mapped[bytes]
