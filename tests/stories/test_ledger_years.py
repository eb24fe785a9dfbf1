"""Facts that reach the database in any order: entries, balances and lines come out as the slow ledger has them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from config.settings import SHIPPED_POLICY
from tests.policy import slow_ledger as slow
from tests.policy.slow_ledger import Asked, Corrected, Firm, midnight
from tests.support.databases import store_at
from tests.support.dealers import BEFORE_ALL
from tests.support.firms import FIRST, days, jobs, purchases
from triage.errors import Refused
from triage.policy.terms import read_terms
from triage.services import billing, ledger, ledger_changes
from triage.services.desk import Desk, load_contract
from triage.services.statements import statement_of
from triage.store import Session
from triage.store.models import BillableSession, BillingLine, Dealer, Invoice, InvoiceRun, LedgerEntry, Purchase

END = midnight(date(2027, 4, 20)) + timedelta(hours=12)
SLOW_MACHINES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
_NUMBERS = count(1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    store = store_at(database_url)
    shipped = SHIPPED_POLICY.read_text()
    made = Desk(store, read_terms("", name="none", shipped=shipped), shipped)
    load_contract(made, BEFORE_ALL)
    yield made
    store.close()


@dataclass
class Books:
    """One dealer in the database, and the same facts as the slow ledger has them. `now` only goes on."""

    desk: Desk
    firm: Firm
    id: int = 0
    code: str = ""
    now: datetime = field(default_factory=lambda: midnight(FIRST))
    written: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.code = f"D{next(_NUMBERS)}"
        with self.desk.store.write() as tx:
            firm = self.firm
            dealer = Dealer(code=self.code, name=self.code, joined_on=firm.joined_on, has_account=firm.has_account)
            tx.session.add(dealer)
            tx.session.flush()
            ledger.settle(tx, self.desk, dealer.id, BEFORE_ALL, self.now)
            self.id = dealer.id

    def buy(self, fact: slow.Purchase) -> None:
        self.wait_for(midnight(fact.on))
        with self.desk.store.write() as tx:
            row = Purchase(
                dealer_id=self.id,
                bought_on=fact.on,
                kind=fact.kind,
                amount=fact.amount,
                reference=f"PO-{next(_NUMBERS)}",
                created_at=self.now,
            )
            tx.session.add(row)
            tx.session.flush()
            ledger.settle(tx, self.desk, self.id, midnight(fact.on), self.now)
            self.firm = replace(self.firm, purchases=(*self.firm.purchases, replace(fact, id=row.id)))

    def work(self, fact: slow.Job) -> None:
        self.wait_for(fact.opened_at + timedelta(minutes=fact.minutes))
        with self.desk.store.write() as tx:
            row = BillableSession(
                dealer_id=self.id,
                kind=fact.kind,
                window=fact.window,
                product=fact.product,
                policy=self.desk.terms.version,
                person_id="lee",
                rate=fact.rate,
                opened_at=fact.opened_at,
                closed_at=self.now,
                minutes=fact.minutes,
                stated_minutes=fact.minutes,
            )
            tx.session.add(row)
            billing.bill(tx, self.desk, row, self.now, is_billable=True)
            self.firm = replace(self.firm, jobs=(*self.firm.jobs, replace(fact, id=row.id)))

    def correct_work(self, pick: int, minutes: int) -> None:
        if not self.firm.jobs:
            return
        job = self.firm.jobs[pick % len(self.firm.jobs)]
        with self.desk.store.write() as tx:
            row = tx.session.get_one(BillableSession, job.id)
            row.minutes = row.stated_minutes = minutes
            billing.bill(tx, self.desk, row, self.now, is_billable=True)
        self.firm = replace(
            self.firm, jobs=tuple(replace(each, minutes=minutes) if each is job else each for each in self.firm.jobs)
        )

    def withdraw(self, pick: int) -> None:
        if not self.firm.jobs:
            return
        job = self.firm.jobs[pick % len(self.firm.jobs)]
        with self.desk.store.write() as tx:
            row = tx.session.get_one(BillableSession, job.id)
            row.withdrawn_at = self.now
            billing.take_back(tx, self.desk, row, self.now)
        self.firm = replace(self.firm, jobs=tuple(each for each in self.firm.jobs if each is not job))

    def correct(self, pick: int, minutes: int) -> None:
        left = [lot for lot in sorted(self.left()) if not lot.startswith("over:")]
        lot = ([None, *left])[pick % (len(left) + 1)]
        try:
            name = ledger_changes.correct(
                self.desk, self.code, minutes, "counted again", lot=lot, actor="account:1", now=self.now
            )
        except Refused:
            return
        with self.desk.store.read() as session:
            ends_at = next(entry.ends_at for entry in self.entries(session) if entry.lot == name)
        fact = Corrected(name, self.now, minutes, ends_at)
        self.firm = replace(self.firm, corrected=(*self.firm.corrected, fact))

    def borrow(self, quarter: str, most: int | None) -> None:
        try:
            ledger_changes.borrow(self.desk, self.code, quarter, most=most, actor="account:1", now=self.now)
        except Refused:
            return
        self.firm = replace(self.firm, asked=(*self.firm.asked, Asked(quarter, self.now, most)))

    def invoice(self) -> None:
        with self.desk.store.write() as tx:
            run = InvoiceRun(through_on=self.now.date(), made_at=self.now, made_by="account:1")
            tx.session.add(run)
            tx.session.flush()
            number, day = f"N-{next(_NUMBERS)}", self.now.date()
            invoice = Invoice(
                number=number, run_id=run.id, dealer_id=self.id, code=self.code, name=self.code,
                issued_on=day, due_on=day, total=Decimal(0),
            )  # fmt: skip
            tx.session.add(invoice)
            tx.session.flush()
            for line in self.lines(tx.session):
                line.invoice_id = line.invoice_id or invoice.id

    def wait_for(self, at: datetime) -> None:
        """Facts are known once they happened. Time goes on to there, and a sweep settles on the way."""
        self.now = max(self.now, at)

    def wait(self, span: timedelta) -> None:
        self.now += span
        self.sweep()

    def sweep(self) -> None:
        while ledger.settle_due(self.desk, self.now):
            pass

    def entries(self, session: Session) -> list[LedgerEntry]:
        return list(session.scalars(select(LedgerEntry).where(LedgerEntry.dealer_id == self.id)))

    def lines(self, session: Session) -> list[BillingLine]:
        return list(session.scalars(select(BillingLine).where(BillingLine.dealer_id == self.id)))

    def left(self, at: datetime | None = None) -> dict[str, int]:
        counted: Counter[str] = Counter()
        with self.desk.store.read() as session:
            for entry in self.entries(session):
                if at is None or entry.at <= at:
                    counted[entry.lot] += entry.minutes
        return {lot: minutes for lot, minutes in counted.items() if minutes}

    def check(self, earlier: datetime) -> None:
        """Everything that the slow ledger says is so; what was written before is written still."""
        self.sweep()
        told = slow.tell(self.firm, self.now)
        assert self.left() == told.left(self.now)
        assert self.left(min(earlier, self.now)) == told.left(min(earlier, self.now))
        with self.desk.store.read() as session:
            written = {
                entry.id: tuple(getattr(entry, column.key) for column in LedgerEntry.__table__.columns)
                for entry in self.entries(session)
            }
            of_sessions: dict[int | None, Decimal] = defaultdict(Decimal)
            of_quarters: dict[str, Decimal] = defaultdict(Decimal)
            for line in self.lines(session):
                if line.quarter:
                    of_quarters[line.quarter] += line.amount
                else:
                    of_sessions[line.session_id] += line.amount
        assert {number: written[number] for number in self.written} == self.written
        self.written = written
        prices = {job: price for job, price in told.price.items() if price}
        assert {job: amount for job, amount in of_sessions.items() if amount} == prices
        for quarter in {minute.quarter for minute in told.over} | set(of_quarters):
            has_ended = slow.quarter_begins(slow.next_quarter(quarter)) <= self.now
            assert of_quarters[quarter] == (told.overage(quarter) if has_ended else 0)

    def end(self) -> None:
        """At the end a run over everything adds nothing, and every quarter's account comes out even."""
        self.now = END
        self.check(END)
        with self.desk.store.write() as tx:
            before = len(tx.entries)
            ledger.settle(tx, self.desk, self.id, BEFORE_ALL, self.now)
            assert tx.entries[before:] == []
        self.check(END)
        closing: dict[str, int] = {}
        for quarter in [f"{year}-Q{number}" for year in (2025, 2026) for number in (1, 2, 3, 4)]:
            found = statement_of(self.desk, self.code, quarter, self.now)
            assert found.opening == closing
            closing = dict(found.closing)
        with self.desk.store.write() as tx:
            tx.session.get_one(Dealer, self.id).next_due_at = None


happenings = st.one_of(
    st.builds(lambda fact: ("buy", fact), purchases()),
    st.builds(lambda fact: ("buy", fact), purchases()),
    st.builds(lambda fact: ("work", fact), jobs()),
    st.builds(lambda fact: ("work", fact), jobs()),
    st.builds(lambda *given: ("correct_work", *given), st.integers(0, 50), st.integers(0, 300)),
    st.builds(lambda pick: ("withdraw", pick), st.integers(0, 50)),
    st.builds(lambda *given: ("correct", *given), st.integers(0, 50), st.integers(-120, 200).filter(bool)),
    st.builds(
        lambda *given: ("borrow", *given),
        st.sampled_from(["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]),
        st.none() | st.integers(1, 200),
    ),
    st.just(("invoice",)),
    st.builds(lambda hours: ("wait", timedelta(hours=hours)), st.integers(1, 1500)),
)


def _goes_through(desk: Desk, firm: Firm, happened: list[tuple[Any, ...]], earlier: datetime) -> None:
    books = Books(desk, firm)
    for name, *given_ in happened:
        getattr(books, name)(*given_)
        if books.now >= END:
            break
        books.check(earlier)
    books.end()


_FIRMS = st.builds(Firm, joined_on=st.none() | days, has_account=st.sampled_from([True, True, False]))


@given(firm=_FIRMS, happened=st.lists(happenings, max_size=14), on=days)
@settings(SLOW_MACHINES, max_examples=6)
def test_facts_in_any_order_end_in_what_the_slow_ledger_says(
    desk: Desk, firm: Firm, happened: list[tuple[Any, ...]], on: date
) -> None:
    _goes_through(desk, firm, happened, midnight(on))


@pytest.mark.thorough
@given(firm=_FIRMS, happened=st.lists(happenings, max_size=40), on=days)
@settings(SLOW_MACHINES, max_examples=80)
def test_many_facts_in_any_order_end_in_what_the_slow_ledger_says(
    desk: Desk, firm: Firm, happened: list[tuple[Any, ...]], on: date
) -> None:
    _goes_through(desk, firm, happened, midnight(on))
