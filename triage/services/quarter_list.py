"""A quarter of every dealer on one sheet: what close_quarter says of each, in a few statements for all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from triage.policy.ledger import over_lot
from triage.policy.quarters import ends_at, starts_at
from triage.services.desk import Desk
from triage.store import dealers, invoices
from triage.store import ledger as rows


@dataclass(slots=True, kw_only=True)
class QuarterLine:
    """A dealer's quarter in minutes. `over_minutes` are not paid for by `borrowed_minutes` of the next one (C7);
    `amount` is billed for them, on `invoices`."""

    code: str
    name: str
    earned_minutes: int = 0
    used_minutes: int = 0
    expired_minutes: int = 0
    over_minutes: int = 0
    borrowed_minutes: int = 0
    amount: Decimal = Decimal("0.00")
    invoices: list[str] = field(default_factory=list)
    has_moved: bool = False


def quarter_of_each(desk: Desk, quarter: str) -> list[QuarterLine]:
    """Every dealer by name, those without an entry too."""
    starts, ends = starts_at(quarter, desk.terms), ends_at(quarter, desk.terms)
    with desk.store.read() as session:
        found = {dealer.id: QuarterLine(code=dealer.code, name=dealer.name) for dealer in dealers.every(session)}
        moved: dict[int, dict[str, int]] = defaultdict(dict)
        for dealer_id, kind, minutes in rows.sums_of_quarter(session, starts, ends):
            moved[dealer_id][kind] = minutes
        for dealer_id, kinds in moved.items():
            line = found[dealer_id]
            line.earned_minutes, line.has_moved = kinds.get("earned", 0), True
            line.used_minutes, line.expired_minutes = -kinds.get("used", 0), -kinds.get("expired", 0)
        for dealer_id, kind, minutes in rows.sums_of_lot(session, over_lot(quarter)):
            found[dealer_id].over_minutes -= minutes
            found[dealer_id].borrowed_minutes += minutes if kind == "borrowed" else 0
            found[dealer_id].has_moved = True
        lines = rows.lines_of_quarters(session, quarter)
        numbers = invoices.numbers_of(session, [each.invoice_id for each in lines if each.invoice_id])
        for each in lines:
            line = found[each.dealer_id or 0]
            line.amount, line.has_moved = line.amount + each.amount, True
            number = numbers.get(each.invoice_id or 0)
            line.invoices += [number] if number and number not in line.invoices else []
        return list(found.values())
