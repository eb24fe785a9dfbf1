"""What a dealer's ledger says to people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from triage.policy.ledger import Bought, bought_in_year_before, must_prepay
from triage.policy.terms import Terms

ENTRY_WORDS = {
    "earned": "earned",
    "new_dealer": "for joining",
    "training": "for a training",
    "prepaid": "prepaid",
    "borrowed": "borrowed",
    "used": "used",
    "over": "over",
    "expired": "ended unused",
    "returned": "given back",
    "corrected": "put right",
    "uncorrected": "was not there to be put right",
}
"""Kinds of entries."""


def why_prepay(bought: Iterable[Bought], on: date, terms: Terms, *, has_account: bool) -> str | None:
    """Why a dealer has to prepay on a day (E6); None where it need not."""
    bought = list(bought)
    if not must_prepay(bought, on, terms, has_account=has_account):
        return None
    if not has_account:
        return "It has no account."
    since, least = on - terms.prepay.previous_year, terms.prepay.purchases_below
    recent = bought_in_year_before(bought, on, terms)
    return f"It bought for ${recent:,.2f} since {since}, which is under ${least:,.2f}."
