"""The dealers' ledger once more, slowly and plainly, from the contract alone: no rule of the product is used here.

Every granted minute is a token that knows when it begins and ends and what became of it. Every minute of work takes
the best token that is there. Whoever asks for a balance counts tokens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Purchase:
    id: int
    on: date
    kind: str
    amount: Decimal


@dataclass(frozen=True)
class Job:
    """A closed session. `may_take_credits` by kind, window and product; `rate` as it is billed."""

    id: int
    opened_at: datetime
    minutes: int
    rate: str = "standard"
    kind: str = "call"
    window: str = "support_hours"
    product: str = "ucp"


@dataclass(frozen=True)
class Asked:
    """A request to pay what was over in a quarter with hours of the next one (C7)."""

    quarter: str
    at: datetime
    most: int | None = None


@dataclass(frozen=True)
class Corrected:
    lot: str
    at: datetime
    minutes: int
    ends_at: datetime | None


@dataclass(frozen=True)
class Firm:
    joined_on: date | None = None
    has_account: bool = True
    purchases: tuple[Purchase, ...] = ()
    jobs: tuple[Job, ...] = ()
    asked: tuple[Asked, ...] = ()
    corrected: tuple[Corrected, ...] = ()


@dataclass
class Token:
    """One minute of a lot. `gone_at` and `why` once it was used, borrowed, returned, corrected."""

    lot: str
    kind: str
    begins_at: datetime
    ends_at: datetime | None
    gone_at: datetime | None = None
    why: str = ""
    job: int | None = None
    lot_began_at: datetime | None = None

    @property
    def lot_begins_at(self) -> datetime:
        return self.lot_began_at or self.begins_at

    def is_there(self, at: datetime) -> bool:
        is_over = self.ends_at is not None and self.ends_at <= at
        return self.begins_at <= at and not is_over and (self.gone_at is None or self.gone_at > at)


@dataclass
class OverMinute:
    """One minute that a quarter's work had too much. Paid with a borrowed minute or not."""

    quarter: str
    job: int
    at: datetime
    paid_at: datetime | None = None


@dataclass
class Told:
    """What the slow ledger found: tokens, minutes over, and the price of each session at once."""

    tokens: list[Token] = field(default_factory=list)
    over: list[OverMinute] = field(default_factory=list)
    price: dict[int, Decimal] = field(default_factory=dict)

    def left(self, at: datetime) -> dict[str, int]:
        """Minutes by lot at an instant; what is over below zero."""
        counted: Counter[str] = Counter(token.lot for token in self.tokens if token.is_there(at))
        for minute in self.over:
            if minute.at <= at and (minute.paid_at is None or minute.paid_at > at):
                counted[f"over:{minute.quarter}"] -= 1
        return {lot: minutes for lot, minutes in counted.items() if minutes}

    def drawn(self, job: int) -> dict[str, int]:
        """What a session took of each lot, and what of it was over."""
        taken = Counter(token.lot for token in self.tokens if token.job == job)
        taken.update(f"over:{minute.quarter}" for minute in self.over if minute.job == job)
        return dict(taken)

    def expired(self, at: datetime) -> dict[str, int]:
        """What ended unused by an instant, by lot."""
        return dict(
            Counter(
                token.lot
                for token in self.tokens
                if token.ends_at and token.ends_at <= at and (token.gone_at is None or token.gone_at >= token.ends_at)
            )
        )

    def overage(self, quarter: str) -> Decimal:
        """What is owed for a quarter's minutes over: 82.50 for each half hour begun (R6)."""
        minutes = sum(1 for minute in self.over if minute.quarter == quarter and minute.paid_at is None)
        amount = Decimal("0.00")
        while minutes > 0:
            amount += Decimal("82.50")
            minutes -= 30
        return amount


def tell(firm: Firm, now: datetime) -> Told:
    """What is so at an instant, by everything that was known of the time up to it."""
    told = Told()
    happenings = [
        *((at, 0, 0, each) for at, each in _granted(firm)),
        *((each.at, 1, 0, each) for each in firm.corrected),
        *((midnight(each.on), 2, each.id, each) for each in firm.purchases if each.amount < 0),
        *((max(each.at, quarter_begins(next_quarter(each.quarter))), 3, 0, each) for each in firm.asked),
        *((each.opened_at, 4, each.id, each) for each in firm.jobs),
    ]
    for at, _, _, each in sorted(happenings, key=lambda happening: happening[:3]):
        if at > now:
            continue
        if isinstance(each, Token):
            told.tokens.append(each)
        elif isinstance(each, Purchase):
            _give_back(told, each, at)
        elif isinstance(each, Corrected):
            _correct(told, each)
        elif isinstance(each, Asked):
            _borrow(told, each, at)
        elif isinstance(each, Job):
            _work(told, firm, each)
    return told


def _granted(firm: Firm) -> list[tuple[datetime, Token]]:
    tokens: list[Token] = []
    if firm.joined_on:  # C4, ends with the quarter
        begins = midnight(firm.joined_on)
        ends = quarter_begins(next_quarter(quarter_of_day(firm.joined_on)))
        tokens += [Token("new", "new_dealer", begins, ends) for _ in range(5 * 60)]
    for quarter in {quarter_of_day(each.on) for each in firm.purchases}:  # C1, C3
        spent = Decimal(0)
        for each in firm.purchases:
            if quarter_of_day(each.on) == quarter and each.kind in ("hardware", "licence"):
                spent += each.amount
        usable = next_quarter(quarter)
        begins, ends = quarter_begins(usable), quarter_begins(next_quarter(usable))
        while spent >= 1000:
            tokens += [Token(f"earned:{usable}", "earned", begins, ends) for _ in range(60)]
            spent -= 1000
    for each in firm.purchases:
        if each.amount <= 0:
            continue
        begins = midnight(each.on)
        if each.kind == "prepaid":  # C5, R3
            minutes = int(each.amount * 60 / 125)
            tokens += [Token(f"prepaid:{each.id}", "prepaid", begins, None) for _ in range(minutes)]
        if each.kind == "training":  # C4
            ends = midnight(each.on + timedelta(days=365))
            tokens += [Token(f"training:{each.id}", "training", begins, ends) for _ in range(15 * 60)]
    return [(token.begins_at, token) for token in tokens]


def _give_back(told: Told, returned: Purchase, at: datetime) -> None:
    """A return takes minutes back as far as they are left."""
    minutes = {"prepaid": int(-returned.amount * 60 / 125), "training": 15 * 60}.get(returned.kind, 0)
    for token in _oldest([token for token in told.tokens if token.kind == returned.kind], at)[:minutes]:
        token.gone_at, token.why = at, "returned"


def _correct(told: Told, corrected: Corrected) -> None:
    """A correction gives minutes to a lot, or takes them as far as they are left."""
    if corrected.minutes > 0:
        kind = corrected.lot.partition(":")[0]
        began = min((token.lot_begins_at for token in told.tokens if token.lot == corrected.lot), default=None)
        for _ in range(corrected.minutes):
            token = Token(corrected.lot, kind, corrected.at, corrected.ends_at, lot_began_at=began)
            told.tokens.append(token)
    taken = [token for token in told.tokens if token.lot == corrected.lot and token.is_there(corrected.at)]
    for token in taken[: max(-corrected.minutes, 0)]:
        token.gone_at, token.why = corrected.at, "corrected"


def _borrow(told: Told, asked: Asked, at: datetime) -> None:
    owed = [minute for minute in told.over if minute.quarter == asked.quarter and minute.paid_at is None]
    lot = f"earned:{next_quarter(asked.quarter)}"
    there = [token for token in told.tokens if token.lot == lot and token.is_there(at)]
    most = len(owed) if asked.most is None else asked.most
    for minute, token in list(zip(owed, there, strict=False))[:most]:
        minute.paid_at = at
        token.gone_at, token.why = at, "borrowed"


def _work(told: Told, firm: Firm, job: Job) -> None:
    if job.minutes == 0 or job.rate == "not_billed":
        return
    at, is_standard = job.opened_at, job.rate == "standard"
    to_do, paid = job.minutes, 0
    if is_standard:  # C5: never at the after-hours rate
        prepaid = [token for token in told.tokens if token.kind == "prepaid"]
        for token in _best(prepaid, at)[: _stepped(job.minutes, 15, 30)]:
            token.gone_at, token.why, token.job = at, "used", job.id
            to_do, paid = to_do - 1, paid + 1
    may_take_credits = (  # C2
        is_standard
        and job.kind in ("callback", "call", "email")
        and job.window in ("support_hours", "evening")
        and job.product not in ("server", "discontinued")
    )
    if may_take_credits:
        usable = [token for token in told.tokens if token.kind != "prepaid"]
        for token in _best(usable, at)[: max(to_do, 0)]:
            token.gone_at, token.why, token.job = at, "used", job.id
            to_do, paid = to_do - 1, paid + 1
        if not _must_prepay(firm, job):  # C6
            for _ in range(to_do):
                told.over.append(OverMinute(quarter_of_day(at.astimezone(NEW_YORK).date()), job.id, at))
            to_do = 0
    told.price[job.id] = Decimal("0.00")
    if to_do > 0 and is_standard:  # R2, less what was paid
        told.price[job.id] = (_stepped(job.minutes, 15, 30) - paid) * Decimal("165.00") / 60
    elif to_do > 0:  # R1
        told.price[job.id] = _stepped(job.minutes, 30, 60) * Decimal("247.50") / 60


def _must_prepay(firm: Firm, job: Job) -> bool:
    """E6: without an account, or with under $5,000 in the 365 days before."""
    today = job.opened_at.astimezone(NEW_YORK).date()
    year = [today - timedelta(days=ago) for ago in range(1, 366)]
    return not firm.has_account or sum(each.amount for each in firm.purchases if each.on in year) < 5000


def _best(tokens: list[Token], at: datetime) -> list[Token]:
    """Those that are there, in the order in which they are used: what ends soonest, then what is older."""

    def order(token: Token) -> tuple[datetime, datetime, int, str]:
        never = datetime.max.replace(tzinfo=UTC)
        return token.ends_at or never, token.lot_begins_at, len(token.lot), token.lot

    return sorted((token for token in tokens if token.is_there(at)), key=order)


def _oldest(tokens: list[Token], at: datetime) -> list[Token]:
    there = (token for token in tokens if token.is_there(at))
    return sorted(there, key=lambda token: (token.lot_begins_at, len(token.lot), token.lot))


def _stepped(minutes: int, step: int, least: int) -> int:
    billed = least
    while billed < minutes:
        billed += step
    return billed


def midnight(on: date) -> datetime:
    return datetime.combine(on, time.min, NEW_YORK).astimezone(UTC)


def quarter_of_day(on: date) -> str:
    return f"{on.year}-Q{1 + (on.month - 1) // 3}"


def next_quarter(quarter: str) -> str:
    year, number = map(int, quarter.split("-Q"))
    return f"{year}-Q{number + 1}" if number < 4 else f"{year + 1}-Q1"


def quarter_begins(quarter: str) -> datetime:
    year, number = map(int, quarter.split("-Q"))
    return midnight(date(year, 3 * number - 2, 1))
