"""All dealers, and what some of them have left: for lists, in a few statements however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from triage.policy import ledger as rules
from triage.policy.hours import local
from triage.policy.ledger import Bought
from triage.policy.money_terms import PurchaseKind
from triage.policy.quarters import quarter_of
from triage.services.desk import Desk
from triage.services.ledger import Standing
from triage.store import Session, cases, dealers
from triage.store import ledger as rows
from triage.store.models import Dealer

_AT_ONCE = 500
"""Dealers in one statement: a database takes a limited number of values."""


@dataclass(frozen=True, slots=True)
class DealerName:
    """A dealer to find and to count. `left_on` is the day it left."""

    id: int
    code: str
    name: str
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerLine:
    """A dealer as lists show it. `left_on` is the day it left; `technicians` are those that have not."""

    code: str
    name: str
    email: str | None
    joined_on: date | None
    has_account: bool
    left_on: date | None
    technicians: int
    sites: int
    standing: Standing
    open_cases: int


def find_dealers(desk: Desk, sought: str = "") -> list[DealerName]:
    """The dealers whose name or code has the words in it, by name, those that left too."""
    words = sought.casefold().split()
    with desk.store.read() as session:
        return [
            DealerName(*row)
            for row in dealers.names(session)
            if all(word in f"{row.code} {row.name}".casefold() for word in words)
        ]


def list_dealers(desk: Desk, found: Sequence[DealerName], now: datetime) -> list[DealerLine]:
    """Some dealers with what each has left, in their order. It takes the longer the more there are: give it a page."""
    ids = [each.id for each in found]
    with desk.store.read() as session:
        waiting = cases.live_of_each_dealer(session)
        return [
            line
            for first in range(0, len(ids), _AT_ONCE)
            for line in _lines(session, desk, ids[first : first + _AT_ONCE], waiting, now)
        ]


def _lines(
    session: Session, desk: Desk, ids: Sequence[int], waiting: dict[int, int], now: datetime
) -> Iterator[DealerLine]:
    found = dealers.by_ids(session, ids)
    standings = _standings(session, desk, found, now)
    technicians, sites = dealers.technicians_of_each(session, ids), dealers.sites_of_each(session, ids)
    for each in found:
        yield DealerLine(
            code=each.code,
            name=each.name,
            email=each.email,
            joined_on=each.joined_on,
            has_account=each.has_account,
            left_on=each.left_on,
            technicians=technicians.get(each.id, 0),
            sites=sites.get(each.id, 0),
            standing=standings[each.id],
            open_cases=waiting.get(each.id, 0),
        )


def _standings(session: Session, desk: Desk, found: Sequence[Dealer], now: datetime) -> dict[int, Standing]:
    """What each has left, as services/ledger.standing says it of one."""
    terms, ids = desk.terms, [dealer.id for dealer in found]
    today, over = local(now, terms).date(), rules.over_lot(quarter_of(now, terms))
    left: dict[int, dict[str, int]] = defaultdict(dict)
    for dealer_id, lot, minutes in rows.balances_of_each(session, ids, now, over):
        left[dealer_id][lot] = minutes
    bought: dict[int, list[Bought]] = defaultdict(list)
    for row in rows.purchases_of_each(session, ids, today - terms.prepay.previous_year, today):
        bought[row.dealer_id].append(Bought(row.id, row.bought_on, cast("PurchaseKind", row.kind), row.amount))
    return {
        dealer.id: Standing(
            sum(minutes for lot, minutes in left[dealer.id].items() if rules.is_prepaid(lot)),
            sum(
                minutes
                for lot, minutes in left[dealer.id].items()
                if not rules.is_prepaid(lot) and not rules.is_over(lot)
            ),
            -left[dealer.id].get(over, 0),
            rules.must_prepay(bought[dealer.id], today, terms, has_account=dealer.has_account),
        )
        for dealer in found
    }
