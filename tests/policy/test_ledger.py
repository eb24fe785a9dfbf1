"""The ledger against a slow second implementation: every minute and every cent, of random years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import example, given, settings

from tests.policy import slow_ledger as slow
from tests.policy.slow_ledger import Asked, Corrected, Firm, Job, Purchase, midnight
from tests.support.dealers import BEFORE_ALL, eastern
from tests.support.firms import firms, instants
from triage.policy import ledger as rules
from triage.policy.fields import WindowName
from triage.policy.ledger import Borrow, Bought, Correction, Facts, Lot, Movement, Reckoned, Use, must_prepay, reckon
from triage.policy.money_terms import PurchaseKind
from triage.policy.quarters import ends_at, quarter_of
from triage.policy.session_price import Kind, Work, draws_credits, lines_for, overage_line, prepaid_minutes_for
from triage.policy.terms import ProductLine, Terms

END = eastern("2027-04-15", "12:00")


def _work(job: Job) -> Work:
    return Work(
        kind=Kind(job.kind),
        window=cast("WindowName", job.window),
        product=cast("ProductLine", job.product),
        rate=job.rate,
        is_billable=True,
        minutes=job.minutes,
    )


def _bought(firm: Firm) -> list[Bought]:
    return [Bought(each.id, each.on, cast("PurchaseKind", each.kind), each.amount) for each in firm.purchases]


def _facts(firm: Firm, terms: Terms, since: datetime = BEFORE_ALL, lots: Sequence[Lot] = ()) -> Facts:
    def use(job: Job) -> Use:
        work, on = _work(job), job.opened_at.astimezone(slow.NEW_YORK).date()
        return Use(
            job.id,
            job.opened_at,
            quarter_of(job.opened_at, terms),
            job.minutes if work.is_priced else 0,
            prepaid_minutes_for(work, terms),
            draws_credits(work, terms),
            not must_prepay(_bought(firm), on, terms, has_account=firm.has_account),
        )

    return Facts(
        since=since,
        lots=lots,
        grants=rules.grants_of(firm.joined_on, _bought(firm), terms),
        uses=[use(job) for job in firm.jobs],
        borrows=[Borrow(each.quarter, max(each.at, ends_at(each.quarter, terms)), each.most) for each in firm.asked],
        corrections=[Correction(each.lot, each.at, each.minutes, each.ends_at) for each in firm.corrected],
    )


def _left(firm: Firm, movements: Sequence[Movement], at: datetime, *, is_before: bool = False) -> Counter[str]:
    left: Counter[str] = Counter()
    entries: list[Movement | Corrected] = [*movements, *firm.corrected]
    for each in entries:
        if each.at < at or (each.at == at and not is_before):
            left[each.lot] += each.minutes
    return left


def _whole(left: Counter[str]) -> dict[str, int]:
    return {lot: minutes for lot, minutes in left.items() if minutes}


def _says_the_same(firm: Firm, reckoned: Reckoned, terms: Terms, told: slow.Told, at: datetime) -> None:
    assert _whole(_left(firm, reckoned.movements, at)) == told.left(at)
    assert _whole(_left(firm, reckoned.movements, END)) == told.left(END)
    assert {lot.name: lot.left for lot in reckoned.lots.values() if lot.left} == told.left(END)
    expired: Counter[str] = Counter()
    for movement in reckoned.movements:
        if movement.kind == "expired":
            expired[movement.lot] -= movement.minutes
    assert _whole(expired) == told.expired(END)
    for job in firm.jobs:
        drawn: Counter[str] = Counter()
        for movement in reckoned.movements:
            if movement.session_id == job.id:
                drawn[movement.lot] -= movement.minutes
        assert _whole(drawn) == told.drawn(job.id)
        lines = lines_for(_work(job), reckoned.coverage[job.id], terms)
        assert (lines[0].amount if lines else None) == told.price.get(job.id)
    for quarter in {f"{year}-Q{number}" for year in (2025, 2026, 2027) for number in (1, 2, 3, 4)}:
        lines = overage_line(quarter, rules.over_of(reckoned.lots, quarter), terms)
        assert sum((line.amount for line in lines), Decimal(0)) == told.overage(quarter)


def _agree(firm: Firm, at: datetime, terms: Terms) -> None:
    reckoned = reckon(_facts(firm, terms), END)
    _says_the_same(firm, reckoned, terms, slow.tell(firm, END), at)
    assert all(minutes >= 0 or lot.startswith("over:") for lot, minutes in _left(firm, reckoned.movements, at).items())


ACME = Firm(  # one of each: a prepaid lot used up, a credit drawn, minutes over, a loan
    purchases=(
        Purchase(1, date(2026, 2, 10), "hardware", Decimal("5000.00")),
        Purchase(2, date(2026, 2, 11), "prepaid", Decimal("125.00")),
    ),
    jobs=(Job(1, eastern("2026-02-20"), 46), Job(2, eastern("2026-03-20"), 200), Job(3, eastern("2026-04-02"), 31)),
    asked=(Asked("2026-Q1", eastern("2026-04-02", "09:00")),),
)


def test_the_slow_ledger_itself_finds_what_a_person_reckons() -> None:
    told = slow.tell(ACME, END)

    assert told.drawn(1) == {"prepaid:2": 60}
    assert told.drawn(2) == {"over:2026-Q1": 200}
    assert told.left(eastern("2026-04-02", "09:00")) == {"earned:2026-Q2": 100}
    assert told.drawn(3) == {"earned:2026-Q2": 31}
    assert told.overage("2026-Q1") == 0
    assert told.expired(END) == {"earned:2026-Q2": 69}
    assert told.price == {1: Decimal("0.00"), 2: Decimal("0.00"), 3: Decimal("0.00")}


@given(firm=firms(), at=instants())
@example(firm=ACME, at=midnight(date(2026, 4, 1)))
@settings(max_examples=60)
def test_random_years_come_out_to_the_minute_and_the_cent(firm: Firm, at: datetime, terms: Terms) -> None:
    _agree(firm, at, terms)


@pytest.mark.thorough
@given(firm=firms(), at=instants())
@settings(max_examples=400)
def test_many_random_years_come_out_to_the_minute_and_the_cent(firm: Firm, at: datetime, terms: Terms) -> None:
    _agree(firm, at, terms)


@pytest.mark.thorough
@given(firm=firms(), since=instants())
@settings(max_examples=60)
def test_who_reckons_from_any_instant_on_finds_what_the_whole_history_says(
    firm: Firm, since: datetime, terms: Terms
) -> None:
    whole = reckon(_facts(firm, terms), END)
    before = [movement for movement in whole.movements if movement.at < since]
    known: list[Movement | Corrected] = [*before, *(each for each in firm.corrected if each.at < since)]
    left = _left(firm, whole.movements, since, is_before=True)
    began = {lot: min(each.at for each in known if each.lot == lot) for lot in left}
    ends = {each.lot: each.ends_at for each in known}
    lots = [Lot(lot, minutes, began[lot], ends[lot]) for lot, minutes in left.items()]

    onwards = reckon(_facts(firm, terms, since, lots), END)

    assert onwards.movements == [movement for movement in whole.movements if movement.at >= since]
    assert onwards.coverage == {job.id: whole.coverage[job.id] for job in firm.jobs if job.opened_at >= since}


def test_a_correction_takes_no_more_than_a_late_session_left(terms: Terms) -> None:
    bought = (Purchase(1, date(2026, 5, 1), "prepaid", Decimal("125.00")),)
    corrected = (Corrected("prepaid:1", eastern("2026-05-10"), -50, None),)

    firm = Firm(purchases=bought, corrected=corrected, jobs=(Job(1, eastern("2026-05-09"), 30),))
    reckoned = reckon(_facts(firm, terms), END)

    assert [(each.kind, each.minutes) for each in reckoned.movements] == [
        ("prepaid", 60),
        ("used", -30),
        ("uncorrected", 20),
    ]
    assert reckoned.lots["prepaid:1"].left == 0


def test_what_was_bought_on_the_day_itself_is_not_of_the_year_before(terms: Terms) -> None:
    """E6 Reading: the 365 days before the session's day."""
    day = date(2026, 6, 15)
    for on, must in [(date(2026, 6, 15), True), (date(2026, 6, 14), False), (date(2025, 6, 15), False)]:
        bought = [Bought(1, on, "hardware", Decimal("5000.00"))]
        assert must_prepay(bought, day, terms, has_account=True) is must
    assert must_prepay([Bought(1, date(2025, 6, 14), "hardware", Decimal("5000.00"))], day, terms, has_account=True)
