"""Billing lines, brought to what they should be. A line on an invoice stays: what differs is a line on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from triage.policy.day_pricing import Spent
from triage.policy.fields import WindowName
from triage.policy.session_price import BY_THE_DAY, Kind, PricedLine, Work
from triage.policy.terms import ProductLine
from triage.store import Session, sessions
from triage.store.engine import Transaction
from triage.store.models import BillableSession, BillingLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """What lines are of: a session, else a dealer's quarter. `billed_at` is the day they belong to."""

    session_id: int | None = None
    dealer_id: int | None = None
    quarter: str | None = None
    billed_at: datetime


def work_of(db: Session, session: BillableSession, *, is_billable: bool) -> Work:
    """A closed session as the rules see it."""
    kind = Kind(session.kind)
    spans: tuple[tuple[datetime, datetime], ...] = ()
    spent: tuple[Spent, ...] = ()
    if kind in BY_THE_DAY:
        spans = tuple((span.starts_at, span.ends_at) for span in sessions.spans_of(db, session.id))
        spent = tuple(Spent(each.words, each.amount, each.miles) for each in sessions.expenses_of(db, session.id))
    return Work(
        kind=kind,
        window=cast("WindowName", session.window),
        product=cast("ProductLine", session.product),
        rate=session.rate,
        is_billable=is_billable,
        minutes=session.minutes or 0,
        measured_s=session.measured_s,
        stated_minutes=session.stated_minutes,
        spans=spans,
        zone=session.zone,
        server=session.server,
        is_booked=session.is_booked,
        spent=spent,
    )


def total(lines: Sequence[BillingLine]) -> Decimal | None:
    """What lines come to; None where there are none."""
    return sum((line.amount for line in lines), Decimal("0.00")) if lines else None


def price(
    tx: Transaction,
    session: BillableSession,
    standing: Sequence[BillingLine],
    wanted: Sequence[PricedLine],
    now: datetime,
) -> None:
    """Bring the lines of a session to those that are wanted; the history says what it is billed now, and was before."""
    was = total(standing)
    whose = Whose(session_id=session.id, dealer_id=session.dealer_id, billed_at=session.closed_at or now)
    if not write(tx, whose, standing, wanted, now):
        return
    amount = total(sessions.lines_of(tx.session, session.id))
    told: dict[str, Any] = {
        "amount": str(amount) if amount is not None else None,
        "arithmetic": "; ".join(line.arithmetic for line in wanted),
        "clauses": list(dict.fromkeys(clause for line in wanted for clause in line.clauses)),
    }
    if was is None:
        tx.record("billed", at=now, actor="system", case_id=session.case_id, policy=session.policy, **told)
    else:
        told["before"] = str(was)
        tx.record("billed_anew", at=now, actor="system", case_id=session.case_id, policy=session.policy, **told)


def write(
    tx: Transaction, whose: Whose, standing: Sequence[BillingLine], wanted: Sequence[PricedLine], now: datetime
) -> bool:
    """Bring the lines that stand to those that are wanted, each by its rule. True where anything changed."""
    missing = []
    for rule in dict.fromkeys([line.rule for line in wanted] + [line.rule for line in standing]):
        lines = [line for line in standing if line.rule == rule]
        line = next((line for line in wanted if line.rule == rule), None)
        kept = [each for each in lines if each.invoice_id is not None]
        loose = [each for each in lines if each.invoice_id is None]
        if kept:
            line = _difference(kept, line)
        if len(loose) == (line is not None) and all(line is not None and _is_same(each, line, whose) for each in loose):
            continue
        for each in loose:
            tx.session.delete(each)
        if line is not None or loose:
            missing.append((line, len(kept)))
    tx.session.flush()  # the old lines go first: their places are taken again
    for line, revision in missing:
        if line is not None:
            tx.session.add(_row(whose, line, revision, now))
    tx.session.flush()
    return bool(missing)


def _difference(kept: Sequence[BillingLine], line: PricedLine | None) -> PricedLine | None:
    """What a line on top of invoiced ones has to say; None where they say all of it."""
    minutes = (line.minutes if line else 0) - sum(each.minutes for each in kept)
    billed = (line.billed_minutes if line else 0) - sum(each.billed_minutes for each in kept)
    days = (line.billed_days if line else 0) - sum(each.billed_days for each in kept)
    invoiced = sum((each.amount for each in kept), Decimal("0.00"))
    amount = (line.amount if line else Decimal("0.00")) - invoiced
    if not (minutes or billed or days or amount):
        return None
    now_right = line.arithmetic if line else "nothing is billed"
    return PricedLine(
        rule=kept[0].rule,
        rate=line.rate if line else kept[-1].rate,
        minutes=minutes,
        billed_minutes=billed,
        billed_days=days,
        amount=amount,
        is_taxable=kept[0].is_taxable,
        clauses=line.clauses if line else tuple(kept[-1].clauses),
        arithmetic=f"put right: {now_right}; less {invoiced:.2f} on an invoice = {amount:.2f}",
    )


def _is_same(row: BillingLine, line: PricedLine, whose: Whose) -> bool:
    figures = ("rate", "minutes", "billed_minutes", "billed_days", "amount", "is_taxable", "arithmetic")
    same = all(getattr(row, name) == getattr(line, name) for name in figures) and row.clauses == list(line.clauses)
    return same and row.dealer_id == whose.dealer_id


def _row(whose: Whose, line: PricedLine, revision: int, now: datetime) -> BillingLine:
    return BillingLine(
        session_id=whose.session_id,
        dealer_id=whose.dealer_id,
        quarter=whose.quarter,
        rule=line.rule,
        revision=revision,
        rate=line.rate,
        minutes=line.minutes,
        billed_minutes=line.billed_minutes,
        billed_days=line.billed_days,
        amount=line.amount,
        is_taxable=line.is_taxable,
        clauses=list(line.clauses),
        arithmetic=line.arithmetic,
        billed_at=now if revision else whose.billed_at,  # an invoiced month stays as it was billed
        created_at=now,
    )
