"""What a dealer's minutes are: which lots it was granted, what each session draws from which, what is over (C1 to C7).

All of it follows from facts in the order of time: a fact at an instant changes nothing before it. So whoever learns of
one late reckons anew from that instant on, and from the balances that the lots had then.

Lots have names: `prepaid:17` and `training:18` by the purchase, `earned:2026-Q2` by the quarter it is for, `new`, and
`corrected:…`. `over:2026-Q1` is what was used beyond all lots in a quarter, counted below zero until C7 pays for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from triage.policy.hours import instant
from triage.policy.money_terms import PurchaseKind
from triage.policy.quarters import ends_at, quarter_after, quarter_on, starts_at
from triage.policy.terms import Terms

OVER = "over"
NEW_DEALER = "new"


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase. `amount` is below zero for a return."""

    id: int
    on: date
    kind: PurchaseKind
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Grant:
    """Minutes that a lot begins with, usable in [begins_at, ends_at); for good where `ends_at` is None."""

    lot: str
    kind: str
    minutes: int
    begins_at: datetime
    ends_at: datetime | None
    clause: str
    words: str


@dataclass(frozen=True, slots=True)
class Return:
    """What was bought is given back: minutes go from the lots that begin with `prefix`, as far as they are left."""

    prefix: str
    minutes: int
    at: datetime
    clause: str
    words: str


@dataclass(frozen=True, slots=True)
class Use:
    """What a session asks of the lots, by the contract that it keeps. `prepaid_minutes` is what prepaid hours would pay
    for all of it, as R3 bills it; 0 where they do not pay for such work. `draws_credits` where credits pay for it (C2).
    `may_be_over` where the rest is billed with its `quarter` (C6), and not at once."""

    session_id: int
    at: datetime
    quarter: str
    minutes: int
    prepaid_minutes: int
    draws_credits: bool
    may_be_over: bool
    prepaid_first: bool = True


@dataclass(frozen=True, slots=True)
class Borrow:
    """The wish to pay what was over in a quarter with hours of the next one, from `at` on (C7)."""

    quarter: str
    at: datetime
    most: int | None


@dataclass(frozen=True, slots=True)
class Correction:
    """Minutes that somebody put right, with a reason, of a lot that is there or of its own.

    What it takes was there when it was made. Where a fact that comes late has used that up before, it takes less."""

    lot: str
    at: datetime
    minutes: int
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the ledger as it should be. `session_id` where a session draws."""

    lot: str
    kind: str
    minutes: int
    at: datetime
    ends_at: datetime | None
    clause: str
    words: str
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What pays for a session: minutes of lots, prepaid and credits; those that are over are billed with the quarter
    (C6), and `unpaid` minutes of work at once."""

    prepaid: int = 0
    credits: tuple[tuple[str, int], ...] = ()
    over: int = 0
    unpaid: int = 0

    @property
    def credit_minutes(self) -> int:
        return sum(minutes for _, minutes in self.credits)


@dataclass(slots=True)
class Lot:
    """A lot while time goes on: what is left of it."""

    name: str
    left: int
    begins_at: datetime
    ends_at: datetime | None

    def is_open(self, at: datetime) -> bool:
        return self.left > 0 and self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known from `since` on, and `lots`: those that were there before, with what was left of them then."""

    since: datetime
    lots: Sequence[Lot] = ()
    grants: Sequence[Grant | Return] = ()
    uses: Sequence[Use] = ()
    borrows: Sequence[Borrow] = ()
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The entries that the facts call for, what pays for each session, and what is left of each lot.

    `next_at` is when something begins or ends by itself next; None where nothing known does."""

    movements: Sequence[Movement]
    coverage: Mapping[int, Coverage]
    lots: Mapping[str, Lot]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Expiry:
    lot: str
    at: datetime


def grants_of(joined_on: date | None, bought: Sequence[Bought], terms: Terms) -> list[Grant | Return]:
    """Everything that a dealer was or will be granted, or gave back, by what is known (C1, C3, C4, C5)."""
    found: list[Grant | Return] = []
    if joined_on is not None:
        begins, minutes = _midnight(joined_on, terms), _minutes(terms.credits.new_dealer)
        ends = ends_at(quarter_on(joined_on), terms) if terms.credits.new_dealer_ends == "quarter" else None
        found.append(Grant(NEW_DEALER, "new_dealer", minutes, begins, ends, "C4", f"dealer since {joined_on}"))
    for each in bought:
        found += _granted_for(each, terms)
    earning = [each for each in bought if each.kind in terms.credits.purchases]
    for quarter in sorted({quarter_on(each.on) for each in earning}):
        amount = sum((each.amount for each in earning if quarter_on(each.on) == quarter), Decimal(0))
        hours = int(amount // terms.credits.purchases_per_hour) if amount > 0 else 0
        following = quarter_after(quarter)
        ends = None if terms.credits.roll_over else ends_at(following, terms)
        words = f"{amount:,.2f} bought in {quarter}: {hours} h"
        found.append(Grant(f"earned:{following}", "earned", hours * 60, starts_at(following, terms), ends, "C1", words))
    return [each for each in found if each.minutes]


def must_prepay(bought: Iterable[Bought], on: date, terms: Terms, *, has_account: bool) -> bool:
    """Whether a dealer has to prepay on a day: no account, or too little bought in the year before that day (E6)."""
    return not has_account or bought_in_year_before(bought, on, terms) < terms.prepay.purchases_below


def bought_in_year_before(bought: Iterable[Bought], on: date, terms: Terms) -> Decimal:
    """What was bought in the year that ends with the day before `on`, of every kind (E6 Reading)."""
    since = on - terms.prepay.previous_year
    return sum((each.amount for each in bought if since <= each.on < on), Decimal(0))


def reckon(facts: Facts, now: datetime) -> Reckoned:
    """What the ledger should hold for the time [since, now]."""
    lots = {lot.name: Lot(lot.name, lot.left, lot.begins_at, lot.ends_at) for lot in facts.lots}
    movements: list[Movement] = []
    coverage: dict[int, Coverage] = {}
    events = _in_order(facts)
    for event in events:
        if _at(event) > now:
            break
        match event:
            case Grant():
                lot = lots.setdefault(event.lot, Lot(event.lot, 0, event.begins_at, event.ends_at))
                lot.left, lot.ends_at = lot.left + event.minutes, event.ends_at  # it had another one if it moved
                movements.append(_movement(lot, event.kind, event.minutes, event.begins_at, event.clause, event.words))
            case Correction():
                lot = lots.setdefault(event.lot, Lot(event.lot, 0, event.at, event.ends_at))
                movements += _correct(lot, event)
            case Return():
                movements += _give_back(lots, event)
            case Borrow():
                movements += _borrow(lots, event)
            case Use():
                drawn, coverage[event.session_id] = _draw(lots, event)
                movements += drawn
            case _Expiry():
                movements += _expire(lots, event)
    return Reckoned(movements, coverage, lots, next((_at(event) for event in events if _at(event) > now), None))


def over_lot(quarter: str) -> str:
    """The lot of what is over in a quarter."""
    return f"{OVER}:{quarter}"


def over_of(lots: Mapping[str, Lot], quarter: str) -> int:
    """The minutes that are over in a quarter and that nothing paid for yet."""
    lot = lots.get(over_lot(quarter))
    return -lot.left if lot else 0


def is_prepaid(lot: str) -> bool:
    return lot.startswith("prepaid:")


def is_over(lot: str) -> bool:
    return lot.startswith(f"{OVER}:")


Event = Grant | Correction | Return | Borrow | Use | _Expiry

_ORDER: tuple[type, ...] = (_Expiry, Grant, Correction, Return, Borrow, Use)
"""What comes first at one instant: a lot ends before the next one begins, and both before anybody draws."""


def _in_order(facts: Facts) -> list[Event]:
    given: list[Event] = [*facts.grants, *facts.corrections, *facts.borrows, *facts.uses]
    ends = {lot.name: lot.ends_at for lot in facts.lots}
    ends |= {each.lot: each.ends_at for each in given if isinstance(each, Grant | Correction)}
    given += [_Expiry(lot, at) for lot, at in ends.items() if at is not None]
    return sorted((each for each in given if facts.since <= _at(each)), key=_place)


def _at(event: Event) -> datetime:
    return event.begins_at if isinstance(event, Grant) else event.at


def _place(event: Event) -> tuple[datetime, int, int, str]:
    """Where an event stands in time; what stands there together, by number and name."""
    number = event.session_id if isinstance(event, Use) else 0
    name = event.lot if isinstance(event, Grant | Correction | _Expiry) else ""
    return _at(event), _ORDER.index(type(event)), number, name


def _granted_for(each: Bought, terms: Terms) -> Iterator[Grant | Return]:
    """What one purchase is worth by itself: prepaid hours (C5), a training (C4)."""
    begins = _midnight(each.on, terms)
    if each.kind == "prepaid":
        rate = terms.rates.prepaid
        minutes = int(abs(each.amount) * _minutes(rate.per) // rate.price)
        words = f"{abs(each.amount):,.2f} at {rate.price:.2f} for {_minutes(rate.per)} min ({rate.clause})"
        if each.amount < 0:
            yield Return("prepaid:", minutes, begins, "C5", f"given back: {words}")
        else:
            yield Grant(f"prepaid:{each.id}", "prepaid", minutes, begins, None, "C5", words)
    if each.kind == "training":
        minutes, days = _minutes(terms.credits.training), terms.credits.training_valid_days
        if each.amount < 0:
            yield Return("training:", minutes, begins, "C4", "a training given back")
        else:
            ends = _midnight(each.on + timedelta(days=days), terms)
            words = f"training on {each.on}, good for {days} days"
            yield Grant(f"training:{each.id}", "training", minutes, begins, ends, "C4", words)


def _draw(lots: dict[str, Lot], use: Use) -> tuple[list[Movement], Coverage]:
    """What a session draws from each lot in turn; what is left of it then may be over (C6)."""
    movements: list[Movement] = []
    left, unpaid = use.minutes, use.prepaid_minutes  # of the work; of what prepaid hours would be billed for it (R3)
    prepaid, from_credits = 0, list[tuple[str, int]]()
    for lot in _that_pay(lots, use):
        wanted = left if not is_prepaid(lot.name) else unpaid if left or prepaid else 0
        taken = min(lot.left, wanted)
        if not taken:
            continue
        lot.left, left, unpaid = lot.left - taken, max(left - taken, 0), unpaid - taken
        if is_prepaid(lot.name):
            prepaid += taken
        else:
            from_credits.append((lot.name, taken))
        clause = "C5" if is_prepaid(lot.name) else "C2"
        movements.append(_movement(lot, "used", -taken, use.at, clause, f"{use.minutes} min of work", use.session_id))
    over = left if use.draws_credits and use.may_be_over else 0
    if over:
        lot = _over(lots, use.quarter, use.at)
        lot.left -= over
        words = f"{use.minutes} min of work, {over} min over all credits"
        movements.append(_movement(lot, "over", -over, use.at, "C6", words, use.session_id))
    return movements, Coverage(prepaid, tuple(from_credits), over, left - over)


def _that_pay(lots: Mapping[str, Lot], use: Use) -> list[Lot]:
    """The lots that pay for a session, in the order of their use: prepaid (C5), then what ends soonest."""
    found = [lot for lot in lots.values() if lot.is_open(use.at) and (is_prepaid(lot.name) or use.draws_credits)]

    def order(lot: Lot) -> tuple[bool, bool, datetime, datetime, int, str]:
        is_later = is_prepaid(lot.name) != use.prepaid_first
        never = lot.ends_at is None
        return is_later, never, lot.ends_at or lot.begins_at, lot.begins_at, len(lot.name), lot.name

    return sorted(found, key=order)


def _give_back(lots: Mapping[str, Lot], event: Return) -> Iterator[Movement]:
    wanted = event.minutes
    for lot in sorted(lots.values(), key=lambda lot: (lot.begins_at, len(lot.name), lot.name)):
        if lot.name.startswith(event.prefix) and lot.is_open(event.at) and wanted:
            taken = min(lot.left, wanted)
            lot.left, wanted = lot.left - taken, wanted - taken
            yield _movement(lot, "returned", -taken, event.at, event.clause, event.words)


def _correct(lot: Lot, event: Correction) -> Iterator[Movement]:
    """What was put right stands in the ledger already; here only what it could not take, see Correction."""
    had, lot.left = lot.left, max(lot.left + event.minutes, 0)
    if missing := lot.left - had - event.minutes:
        yield _movement(lot, "uncorrected", missing, event.at, "", f"a correction found only {had} min left")


def _borrow(lots: dict[str, Lot], event: Borrow) -> Iterator[Movement]:
    """As much as is over, as the next quarter's lot still has, and as was asked for (C7)."""
    source, over = lots.get(f"earned:{quarter_after(event.quarter)}"), over_of(lots, event.quarter)
    if source is None or not source.is_open(event.at) or not over:
        return
    minutes = min(over, source.left, event.most if event.most is not None else over)
    paid = _over(lots, event.quarter, event.at)
    source.left, paid.left = source.left - minutes, paid.left + minutes
    yield _movement(source, "borrowed", -minutes, event.at, "C7", f"for what was over in {event.quarter}")
    yield _movement(paid, "borrowed", minutes, event.at, "C7", f"from {source.name.removeprefix('earned:')}")


def _expire(lots: Mapping[str, Lot], event: _Expiry) -> Iterator[Movement]:
    lot = lots.get(event.lot)
    if lot is not None and lot.left and lot.ends_at == event.at:
        left, lot.left = lot.left, 0
        yield _movement(lot, "expired", -left, event.at, "C3", f"{left} min were left")


def _over(lots: dict[str, Lot], quarter: str, at: datetime) -> Lot:
    return lots.setdefault(over_lot(quarter), Lot(over_lot(quarter), 0, at, None))


def _movement(
    lot: Lot, kind: str, minutes: int, at: datetime, clause: str, words: str, session_id: int | None = None
) -> Movement:
    return Movement(lot.name, kind, minutes, at, lot.ends_at, clause, words, session_id)


def _midnight(on: date, terms: Terms) -> datetime:
    return instant(on, time.min, terms)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
