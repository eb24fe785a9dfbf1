"""Dealers, work and billing lines as rows, for tests of what becomes of lines once they are priced."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.world import World
from triage.store.engine import Transaction
from triage.store.models import BillableSession, BillingLine, Dealer

QUARTER_ENDS = datetime.fromisoformat("2099-01-01T05:00:00+00:00")


def add_dealer(tx: Transaction, code: str = "C100", **changes: Any) -> Dealer:
    """A dealer with an account, whose ledger has nothing to do for a long time."""
    values: dict[str, Any] = {"name": f"Dealer {code}", "has_account": True, "next_due_at": QUARTER_ENDS}
    dealer = Dealer(code=code, **{**values, **changes})
    tx.session.add(dealer)
    tx.session.flush()
    return dealer


def add_work(world: World, tx: Transaction, dealer: Dealer | None, amount: str, **changes: Any) -> BillingLine:
    """A call of an hour that began an hour before it was billed, with its line. `at` is when it was billed."""
    at: datetime = changes.pop("at", world.now)
    work = BillableSession(
        dealer_id=dealer.id if dealer else None,
        kind=changes.pop("kind", "call"),
        window="evening",
        product="unknown",
        policy=world.program.desk.terms.version,
        person_id="lee",
        rate=changes.get("rate", "standard"),
        opened_at=at - timedelta(hours=1),
        closed_at=at,
        minutes=60,
        stated_minutes=60,
    )
    tx.session.add(work)
    tx.session.flush()
    return add_line(tx, amount, at=at, session_id=work.id, dealer_id=work.dealer_id, **changes)


def add_line(tx: Transaction, amount: str, *, at: datetime, **changes: Any) -> BillingLine:
    values: dict[str, Any] = {
        "rule": "R2",
        "rate": "standard",
        "minutes": 60,
        "billed_minutes": 60,
        "is_taxable": True,
        "clauses": ["W2", "R2"],
        "arithmetic": f"60 min worked = {amount} (R2)",
        "created_at": at,
        "billed_at": at,
    }
    line = BillingLine(amount=Decimal(amount), **{**values, **changes})
    tx.session.add(line)
    tx.session.flush()
    return line
