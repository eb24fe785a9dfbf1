"""Thirteen weeks on one database: month ends, invoices, a quarter's end, kept months, and what is kept only so long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.simulation.dealers import buy
from tests.simulation.house import Broken
from tests.simulation.week import FIRST, NIGHTS, Week
from tests.support.databases import MEMORY
from triage.owner_files import shipped_policy
from triage.services import invoices, ledger_changes, quarter_list
from triage.services.sla_report import Question, sla_report
from triage.store.models import BillingLine, Case, Dealer, Invoice, KeptMonth, Timer, Voicemail
from triage.store.models.recording import RecordingCopy

WEEKS = 13
BEGINS = timedelta(weeks=3)
"""After the quarter of the calendar: so its end lies in the middle, with three ends of months."""
KEEP_FOR = timedelta(days=30)
_THIN, _TROUBLED = 0.7, 0.4
"""Fewer calls and fewer nights of trouble than in a week by itself: what counts here is that time goes by."""


class Quarter(Week):
    """`number` counts quarters from 2027 on. Each week draws its own kinds of trouble."""

    troubled, thinner = _TROUBLED, _THIN
    nights = WEEKS * NIGHTS

    def __init__(self, seed: int, number: int, template: Path, folder: Path) -> None:
        policy = folder / "policy.toml"
        policy.write_text(shipped_policy().replace('keep_for = "730d"', f'keep_for = "{KEEP_FOR.days}d"'))
        super().__init__(seed, number, template, folder, policy)
        self._purse = Random(self.chance.getrandbits(64))
        self._orders = 0

    @staticmethod
    def first_of(number: int) -> date:
        return FIRST + BEGINS + timedelta(weeks=WEEKS * number)

    def _plan_day(self, day: date) -> None:
        """The office, on the day after a night: dealers buy; on the second of a month the one before is invoiced."""
        super()._plan_day(day)
        after = day + timedelta(days=1)
        if self._purse.random() < 0.08:
            self._plan(self._at(after, 10, 30), partial(self._buy, after))
        if after.day == 2:
            self._plan(self._at(after, 11), partial(self._end_month, after - timedelta(days=2)))

    def _buy(self, day: date) -> None:
        self._orders += 1
        buy(self.house, day, f"Q-{self._orders}", self._purse)
        self.house.settle()

    def _end_month(self, last: date) -> None:
        desk, now = self.house.program.desk, self.house.program.now()
        quarter = f"{last.year}-Q{(last.month + 2) // 3}"
        if last.month % 3 == 0:
            ledger_changes.close_quarter(desk, quarter, actor="account:1", now=now)
            self._list_is_right(quarter)
            self.tally.seen.note("quarter closed")
        if invoices.make_invoices(desk, last, now, actor="account:1"):
            self.tally.seen.note("month invoiced")
        self.house.settle()

    def look(self) -> None:
        """At each noon, beside what every week looks at."""
        super().look()
        with self.house.store.read() as session:
            self.invoices_hold(session)
            self.recordings_go_in_time(session)
            self.nothing_is_left_behind(session)
        if self.house.now.day == 3:
            self.months_are_counted_right()

    def invoices_hold(self, session: Session) -> None:
        """I8: each invoice comes to its lines, and numbers have no gap."""
        sums: dict[int | None, Decimal] = dict(
            session.execute(
                select(BillingLine.invoice_id, func.sum(BillingLine.amount)).group_by(BillingLine.invoice_id)
            ).all()
        )
        last = Counter[int]()
        for invoice in session.scalars(select(Invoice).order_by(Invoice.id)):
            last[invoice.issued_on.year] += 1
            if sums.get(invoice.id) != invoice.total:
                raise Broken(f"I8: invoice {invoice.number} says {invoice.total}, its lines {sums.get(invoice.id)}")
            if invoice.number != f"{invoice.issued_on.year}-{last[invoice.issued_on.year]:04}":
                raise Broken(f"I8: the {last[invoice.issued_on.year]}th invoice of its year is {invoice.number}")

    def recordings_go_in_time(self, session: Session) -> None:
        """What was kept long enough is gone, file and all; nothing goes before."""
        now, folder = self.house.now, self.house.program.recordings.path
        rows = session.execute(
            select(RecordingCopy, Voicemail.left_at).join(Voicemail, RecordingCopy.voicemail_id == Voicemail.id)
        )
        removed = 0
        for copy, left_at in rows:
            is_there = copy.file_name is not None and (folder / copy.file_name).exists()
            age = now - left_at
            if is_there and age > KEEP_FOR + timedelta(days=3):
                raise Broken(f"retention: the recording of {left_at} is still there")
            if copy.removed_at is not None:
                removed += 1
                if age < KEEP_FOR - timedelta(days=2):
                    raise Broken(f"retention: the recording of {left_at} was removed at {copy.removed_at}")
        self.tally.seen["recording removed in its time"] = removed

    def nothing_is_left_behind(self, session: Session) -> None:
        """Growth: what waits for something belongs to a case that does."""
        states = Counter(session.scalars(select(Case.state).join(Timer, Timer.case_id == Case.id)))
        if states["closed"]:
            raise Broken(f"growth: {states['closed']} timers of closed cases")

    def months_are_counted_right(self) -> None:
        """The SLA report's months, kept or not, are what the cases say."""
        desk, now = self.house.program.desk, self.house.program.now()
        day = self.first.replace(day=1)
        while (following := (day + timedelta(days=32)).replace(day=1)) <= now.date():
            told = sla_report(desk, Question(first=day, last=following - timedelta(days=1)), now)["totals"]
            with self.house.store.read() as session:
                starts, ends = self._at(day, 0), self._at(following, 0)
                if session.scalar(select(func.count()).where(KeptMonth.starts_at == starts)):
                    self.tally.seen.note("month kept")
                counted = Counter(
                    _outcome(case, now)
                    for case in session.scalars(select(Case).where(Case.left_at >= starts, Case.left_at < ends))
                )
            for name in ("met", "breached", "unpromised"):
                if told[name] != counted[name]:
                    raise Broken(f"report: {day:%B} has {counted[name]} {name}, the report says {told[name]}")
            day = following

    def _list_is_right(self, quarter: str) -> None:
        with self.house.store.read() as session:
            billed: dict[str, Decimal] = dict(
                session.execute(
                    select(Dealer.code, func.sum(BillingLine.amount))
                    .join(Dealer, BillingLine.dealer_id == Dealer.id)
                    .where(BillingLine.quarter == quarter)
                    .group_by(Dealer.code)
                ).all()
            )
        for line in quarter_list.quarter_of_each(self.house.program.desk, quarter):
            if line.amount != billed.get(line.code, Decimal(0)):
                raise Broken(f"I8: the list of {quarter} has {line.amount} for {line.code}, not {billed}")


def _outcome(case: Case, now: datetime) -> str:
    if case.callback_due is None:
        return "unpromised"
    made = case.callback_made_at
    if made is None and case.breached_at is None and now < case.callback_due:
        return "open"
    return "met" if made is not None and made <= case.callback_due and case.breached_at is None else "breached"


@contextmanager
def quarter(seed: int, number: int, template: Path) -> Iterator[Quarter]:
    """A quarter in a folder of its own."""
    with TemporaryDirectory(prefix="afterhours-simulated-", dir=MEMORY) as folder:
        made = Quarter(seed, number, template, Path(folder))
        try:
            yield made
        finally:
            made.house.close()
