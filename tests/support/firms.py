"""Random dealers for hypothesis: years of purchases, work and corrections, often at the edges of days and quarters."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st

from tests.policy.slow_ledger import NEW_YORK, Asked, Corrected, Firm, Job, Purchase, midnight, quarter_begins

FIRST, LAST = date(2025, 11, 1), date(2027, 4, 10)
_EDGES = [
    date(2025, 11, 2),  # clocks go back
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 3, 8),  # clocks go forward
    date(2026, 3, 31),
    date(2026, 4, 1),
    date(2026, 6, 30),
    date(2026, 7, 1),
    date(2026, 9, 30),
    date(2026, 10, 1),
    date(2026, 11, 1),  # clocks go back
    date(2026, 12, 31),
    date(2027, 1, 1),
]
QUARTERS = [f"{year}-Q{number}" for year in (2025, 2026, 2027) for number in (1, 2, 3, 4)]

days = st.dates(FIRST, LAST) | st.sampled_from(_EDGES)
_clocks = st.sampled_from([time(0, 0), time(0, 1), time(1, 30), time(1, 30, fold=1), time(3, 0), time(23, 59, 59)])


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """By the wall clock in New York, often about midnight or where the clocks change; in UTC."""
    clock = draw(st.times().map(lambda at: at.replace(microsecond=0)) | _clocks)
    return datetime.combine(draw(days), clock, NEW_YORK).astimezone(UTC)


_amounts = {
    "hardware": st.sampled_from(["999.99", "1000.00", "1750.50", "2500.00", "5000.00", "-1000.00", "-2000.01"]),
    "licence": st.sampled_from(["400.00", "1200.00", "-300.00"]),
    "prepaid": st.sampled_from(["31.25", "62.50", "125.00", "200.00", "333.33", "-62.50", "-250.00"]),
    "training": st.sampled_from(["500.00", "-500.00"]),
    "other": st.sampled_from(["4000.00", "-100.00"]),
}


@st.composite
def purchases(draw: st.DrawFn, number: int = 0) -> Purchase:
    kind = draw(st.sampled_from(["hardware", "hardware", "licence", "prepaid", "prepaid", "training", "other"]))
    return Purchase(number, draw(days), kind, Decimal(draw(_amounts[kind])))


@st.composite
def jobs(draw: st.DrawFn, number: int = 0) -> Job:
    minutes = draw(st.sampled_from([0, 1, 15, 29, 30, 31, 46, 90]) | st.integers(1, 400))
    return Job(
        number,
        draw(instants()),
        minutes,
        rate=draw(st.sampled_from(["standard", "standard", "standard", "standard", "after_hours", "not_billed"])),
        kind=draw(st.sampled_from(["call", "email", "callback", "installation"])),
        window=draw(st.sampled_from(["support_hours", "evening", "support_hours", "overnight"])),
        product=draw(st.sampled_from(["ucp", "emg", "ucp", "server", "discontinued"])),
    )


@st.composite
def corrections(draw: st.DrawFn, number: int, lots: list[tuple[str, datetime, datetime | None]]) -> Corrected:
    """Of a lot of its own, or of one that may be there then."""
    at = draw(instants())
    lot, begins_at, ends_at = draw(st.sampled_from([(f"corrected:{number}", at, None), *lots]))
    if at < begins_at or (ends_at is not None and ends_at <= at):
        lot, ends_at = f"corrected:{number}", at + timedelta(days=draw(st.integers(1, 200)))
    least = 1 if lot.startswith("corrected") else -200
    return Corrected(lot, at, draw(st.integers(least, 200).filter(bool)), ends_at)


@st.composite
def firms(draw: st.DrawFn) -> Firm:
    bought = tuple(draw(purchases(number)) for number in range(1, draw(st.integers(0, 12)) + 1))
    earned = [(f"earned:{one}", quarter_begins(one), quarter_begins(after)) for one, after in pairwise(QUARTERS)]
    prepaid: list[tuple[str, datetime, datetime | None]] = [
        (f"prepaid:{each.id}", midnight(each.on), None) for each in bought if each.kind == "prepaid" and each.amount > 0
    ]
    return Firm(
        joined_on=draw(st.none() | days),
        has_account=draw(st.sampled_from([True, True, False])),
        purchases=bought,
        jobs=tuple(draw(jobs(number)) for number in range(1, draw(st.integers(0, 14)) + 1)),
        asked=tuple(
            Asked(quarter, draw(instants()), draw(st.none() | st.integers(1, 300)))
            for quarter in draw(st.sets(st.sampled_from(QUARTERS[3:8]), max_size=2))
        ),
        corrected=tuple(draw(corrections(n, [*earned[4:], *prepaid])) for n in range(draw(st.integers(0, 3)))),
    )
