"""Rows for tests of the store, with defaults for whatever a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from triage.store.engine import Transaction
from triage.store.models import Case, PolicyVersion

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def add_case(tx: Transaction, **changes: Any) -> Case:
    """An open case of a Friday night, under a contract that nobody reads."""
    if tx.session.get(PolicyVersion, "v1") is None:
        tx.session.add(PolicyVersion(version="v1", content="{}", first_used_at=NOW))
        tx.session.flush()
    values: dict[str, Any] = {
        "state": "open",
        "window": "overnight",
        "support_day": True,
        "product": "unknown",
        "is_emergency": False,
        "attested": None,
        "flags": [],
        "clauses": ["W3"],
        "rate": "after_hours",
        "is_billable": True,
        "caller": "+16145550199",
        "policy": "v1",
        "answered_at": NOW,
        "left_at": NOW,
        "opened_at": NOW,
        "callback_due": NOW + timedelta(hours=2),
        "ladder_base_at": NOW,
        "ladder_step": 0,
        "ladder_round": 1,
        "ladder_passed": [],
    }
    case = Case(**{**values, **changes})
    tx.session.add(case)
    tx.session.flush()
    return case
