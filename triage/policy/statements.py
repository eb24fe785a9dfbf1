"""A dealer's quarter as one sheet: what there was, what came and went, what is left. Every figure is a sum of entries.

What ends with a quarter is part of it, although the entry stands at the first instant after it: what is opened with is
what the quarter before left behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from triage.policy.ledger import is_over, over_lot
from triage.policy.session_price import lot_in_words

MOVEMENT_WORDS = {
    "earned": "Earned by purchases of the quarter before (C1)",
    "new_dealer": "For a new dealer (C4)",
    "training": "For training (C4)",
    "prepaid": "Prepaid hours bought (C5)",
    "returned": "Given back",
    "corrected": "Put right by hand",
    "used": "Used",
    "borrowed": "Lent to the quarter before (C7)",
    "expired": "Expired (C3, C4)",
}
"""The kinds of movements, in the order of a statement."""

USED_WORDS = {
    "prepaid": "prepaid hours",
    "earned": "the quarter's credits",
    "training": "training credits",
    "new": "the new dealer's credits",
    "corrected": "credits put right by hand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a statement needs of an entry of the ledger."""

    at: datetime
    lot: str
    kind: str
    minutes: int
    session_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A session of the quarter. `paid` is by lot, in minutes; `amount` is billed at once, None where nothing ever was.

    `case` is the reference of its case, None for work that somebody typed.
    """

    session: int
    case: str | None
    at: datetime
    kind: str
    technician: str
    minutes: int
    paid: Mapping[str, int]
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverLine:
    """A billing line of what was over in the quarter (C6, R6); `invoice` is the number of the one it stands on."""

    minutes: int
    billed_minutes: int
    amount: Decimal
    arithmetic: str
    clauses: tuple[str, ...]
    invoice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`opening` and `closing` are by lot, without what is over; `movements` by kind, `used` by the kind of lot.

    `over_minutes` is what is over and not paid for; `over_paid_minutes` what the next quarter's hours paid (C7). Of a
    quarter that has not ended, `is_final` is False, and `closing` is what is left at this moment.
    """

    code: str
    name: str
    quarter: str
    starts_at: datetime
    ends_at: datetime
    as_of: datetime
    is_final: bool
    opening: Mapping[str, int]
    movements: Mapping[str, int]
    used: Mapping[str, int]
    closing: Mapping[str, int]
    over_minutes: int
    over_paid_minutes: int
    over_lines: Sequence[OverLine]
    sessions: Sequence[Worked]

    def moved(self, kind: str) -> int:
        return self.movements.get(kind, 0)

    @property
    def over_amount(self) -> Decimal:
        return sum((line.amount for line in self.over_lines), Decimal("0.00"))

    @property
    def amount(self) -> Decimal:
        """What the sessions were billed at once."""
        return sum((each.amount or Decimal(0) for each in self.sessions), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Balance:
    """The account of a quarter, see Statement."""

    opening: Mapping[str, int]
    movements: Mapping[str, int]
    used: Mapping[str, int]
    closing: Mapping[str, int]


def is_of_quarter(at: datetime, kind: str, ends_at: datetime) -> bool:
    """Whether an entry belongs to the quarter before an instant, or to the next: what expires then is of the former."""
    return at < ends_at or (at == ends_at and kind == "expired")


def balance(
    before: Mapping[str, int], entries: Iterable[Entry], starts_at: datetime, closing: Mapping[str, int]
) -> Balance:
    """The account by the sums before a quarter, its entries up to and with its end, and the sums then.

    Of the entries at the end only those count that expire. Raises ValueError where it does not come out even.
    """
    opening = Counter({lot: minutes for lot, minutes in before.items() if not is_over(lot)})
    movements: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for entry in entries:
        if is_over(entry.lot):
            continue
        if entry.kind == "expired" and entry.at == starts_at:
            opening[entry.lot] += entry.minutes
            continue
        kind = "corrected" if entry.kind == "uncorrected" else entry.kind
        movements[kind] += entry.minutes
        if kind == "used":
            used[entry.lot.partition(":")[0]] += entry.minutes
    left = {lot: minutes for lot, minutes in closing.items() if minutes and not is_over(lot)}
    listed = sum(movements[kind] for kind in MOVEMENT_WORDS)
    if sum(opening.values()) + listed != sum(left.values()):
        raise ValueError(f"{sum(opening.values())} + {listed} min is not {sum(left.values())} min")
    return Balance(_whole(opening), _whole(movements), _whole(used), left)


def over_of_quarter(entries: Iterable[Entry], quarter: str) -> tuple[int, int]:
    """The minutes that are over and not paid for, and those that borrowed hours paid, by the entries of its lot."""
    found = [entry for entry in entries if entry.lot == over_lot(quarter)]
    paid = sum(entry.minutes for entry in found if entry.kind == "borrowed")
    return -sum(entry.minutes for entry in found), paid


def paid_in_words(paid: Mapping[str, int]) -> str:
    """What paid for a session: `60 min from prepaid hours, 15 min over`; empty where nothing of the ledger did."""
    return ", ".join(
        f"{minutes} min over" if is_over(lot) else f"{minutes} min from {lot_in_words(lot)}"
        for lot, minutes in paid.items()
    )


def account_lines(statement: Statement) -> Iterator[tuple[str, int]]:
    """The account line by line: from what it opened with to what it closed with, in minutes."""
    yield "At the beginning", sum(statement.opening.values())
    for kind, words in MOVEMENT_WORDS.items():
        if kind == "used":
            for lot, named in USED_WORDS.items():
                if minutes := statement.used.get(lot):
                    yield f"Used of {named}", minutes
        elif minutes := statement.moved(kind):
            yield words, minutes
    yield "At the end" if statement.is_final else "At this moment", sum(statement.closing.values())


def _whole(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: minutes for name, minutes in sorted(counted.items()) if minutes}
