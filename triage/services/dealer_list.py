"""All dealers, each with what it has left: for lists, in a few statements however many there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from triage.policy import ledger as rules
from triage.policy.hours import local
from triage.policy.ledger import Bought
from triage.policy.quarters import quarter_of
from triage.policy.terms import PurchaseKind
from triage.services.desk import Desk
from triage.services.ledger import Standing
from triage.store import Session, cases, dealers
from triage.store import ledger as rows


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


def list_dealers(desk: Desk, now: datetime, sought: str = "") -> list[DealerLine]:
    """The dealers whose name or code has the words in it, by name, those that left too."""
    words = sought.casefold().split()
    with desk.store.read() as session:
        standings, waiting = _standings(session, desk, now), cases.live_of_each_dealer(session)
        technicians = Counter(each.dealer_id for each in dealers.every_technician(session) if each.left_on is None)
        sites = Counter(each.dealer_id for each in dealers.every_site(session))
        return [
            DealerLine(
                code=each.code,
                name=each.name,
                email=each.email,
                joined_on=each.joined_on,
                has_account=each.has_account,
                left_on=each.left_on,
                technicians=technicians[each.id],
                sites=sites[each.id],
                standing=standings[each.id],
                open_cases=waiting.get(each.id, 0),
            )
            for each in dealers.every(session)
            if all(word in f"{each.code} {each.name}".casefold() for word in words)
        ]


def _standings(session: Session, desk: Desk, now: datetime) -> dict[int, Standing]:
    """What every dealer has left, as services/ledger.standing says it of one."""
    terms = desk.terms
    today, over = local(now, terms).date(), f"{rules.OVER}:{quarter_of(now, terms)}"
    left: dict[int, dict[str, int]] = defaultdict(dict)
    for dealer_id, lot, minutes in rows.balances_of_each(session, now, over):
        left[dealer_id][lot] = minutes
    bought: dict[int, list[Bought]] = defaultdict(list)
    for row in rows.purchases_between(session, today - terms.prepay.previous_year, today):
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
        for dealer in dealers.every(session)
    }
