"""What may be recorded as work that no telephone measured, and at which rate it is (E3, E7, R4, R5, R7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from triage.errors import Refused
from triage.policy.day_pricing import Spans, length
from triage.policy.fields import WindowName
from triage.policy.hours import window_at, window_terms
from triage.policy.lengths import exactly
from triage.policy.session_price import BY_THE_DAY, NOT_BILLED, Kind
from triage.policy.terms import Product, ProductLine, Terms

KIND_WORDS: dict[Kind, str] = {
    Kind.CALLBACK: "Callback",
    Kind.CALL: "Call",
    Kind.EMAIL: "E-mail",
    Kind.INSTALLATION: "Installation support",
    Kind.SERVER_INSTALLATION: "Server installation, own hardware",
    Kind.REMOTE_DAY: "Remote days",
    Kind.ON_SITE_DAY: "On-site days",
}
TYPED = tuple(kind for kind in Kind if kind is not Kind.CALLBACK)
"""Kinds that somebody types. A callback is recorded when its case is closed."""

MOST_SPANS = 31
LONGEST_DAY = timedelta(hours=24)
FURTHEST_BACK = timedelta(days=730)
MOST_EXPENSES = 20
LONGEST_WORDS = 120
LONGEST_NOTE = 500
MOST_MONEY = Decimal("99999.99")
MOST_MILES = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExpense:
    """What a visit cost: an amount, or `miles` at the policy's rate."""

    words: str
    amount: Decimal | None = None
    miles: int | None = None


def in_order(spans: Spans) -> tuple[tuple[datetime, datetime], ...]:
    """Spans in UTC, the earliest first."""
    return tuple(sorted((start.astimezone(UTC), end.astimezone(UTC)) for start, end in spans))


def check_spans(spans: Spans, kind: Kind, now: datetime, terms: Terms, *, is_sure: bool) -> None:
    """Raises Refused where nobody can have worked so. `is_sure` where a long span is meant.

    `spans` are in order. How long one may be without it is the policy's `callback.longest_stated`; a day has 24 hours.
    """
    if not spans:
        raise Refused("Say when the work began and ended.")
    if len(spans) > MOST_SPANS:
        raise Refused(f"Write at most {MOST_SPANS} spans; record the rest as work of its own.")
    for start, end in spans:
        if end <= start:
            raise Refused("Each span ends after it begins. Past midnight, give the next day.")
        if end - start > LONGEST_DAY:
            raise Refused("A span is 24 hours at most: write one for each day.")
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise Refused("Two of these spans overlap: the same time counts once.")
    if spans[-1][1] > now:
        raise Refused("That lies ahead: record work once it is done.")
    if now - spans[0][0] > FURTHEST_BACK:
        raise Refused("That is over two years ago: check the year.")
    longest = terms.callback.longest_stated
    if kind not in BY_THE_DAY and length(spans) > longest and not is_sure:
        told = f"That is {exactly(length(spans).total_seconds())}, more than {exactly(longest.total_seconds())}"
        raise Refused(f"{told}. Where it is right, say that you are sure.")


def check_kind(kind: Kind, server: str | None, terms: Terms) -> None:
    """Raises Refused for what is not typed, or where it does not fit which server is installed (R7)."""
    if kind not in TYPED:
        raise Refused("A callback is recorded when its case is closed.")
    rule = terms.server_installation
    known = (*rule.by_the_hour, *rule.by_the_day)
    if kind is Kind.SERVER_INSTALLATION and server not in known:
        raise Refused(f"Say which server was installed: {', '.join(known)} (R7).")
    if kind is not Kind.SERVER_INSTALLATION and server is not None:
        raise Refused("A server is named for the installation of a server only (R7).")


def check_expenses(spent: tuple[NewExpense, ...], kind: Kind, terms: Terms) -> None:
    """Raises Refused for what is not passed on, or no amount."""
    cards = {Kind.REMOTE_DAY: terms.day_rates.remote_day, Kind.ON_SITE_DAY: terms.day_rates.on_site_day}
    if spent and not (kind in cards and cards[kind].expenses):
        raise Refused("Expenses are passed on for work on site only (R5).")
    if len(spent) > MOST_EXPENSES:
        raise Refused(f"Write at most {MOST_EXPENSES} expenses; add some up.")
    for each in spent:
        _check_expense(each)


def rate_of(kind: Kind, began_at: datetime, server: str | None, terms: Terms, *, is_booked: bool) -> str:
    """The rate of work by when it began. What was booked outside support hours is after hours (E7)."""
    if kind in {Kind.REMOTE_DAY, Kind.ON_SITE_DAY}:
        return kind.value
    if kind is Kind.SERVER_INSTALLATION:
        return "standard" if server in terms.server_installation.by_the_hour else Kind.REMOTE_DAY.value
    window = window_at(began_at, terms)
    if is_booked and window != "support_hours":
        return terms.bookings.outside
    return window_terms(window, terms).rate


def notes_on(
    kind: Kind, product: ProductLine, window: WindowName, rate: str, terms: Terms
) -> Iterator[tuple[str, str]]:
    """What whoever records or reads work has to know of it, each with its rule."""
    if rate == NOT_BILLED:
        yield "E3", "No support is owed for this product: the work is kept, and not billed."
    elif _product(product, terms).after_hours == "defer" and window != "support_hours" and kind not in BY_THE_DAY:
        yield "E3", "No support is owed for such a product at that hour: what was worked is billed all the same."


def _check_expense(each: NewExpense) -> None:
    if not each.words.strip() or len(each.words) > LONGEST_WORDS:
        raise Refused(f"Say what each expense was for, in {LONGEST_WORDS} characters at most.")
    if (each.amount is None) == (each.miles is None):
        raise Refused(f"{each.words}: write an amount, or miles.")
    if each.miles is not None and not 0 < each.miles <= MOST_MILES:
        raise Refused(f"{each.words}: write 1 to {MOST_MILES} miles.")
    if each.amount is not None and not (
        each.amount.is_finite() and 0 < each.amount <= MOST_MONEY and each.amount == round(each.amount, 2)
    ):
        raise Refused(f"{each.words}: write dollars and cents, like 412.50, up to {MOST_MONEY}.")


def _product(line: ProductLine, terms: Terms) -> Product:
    found: Product = getattr(terms.products, line)
    return found
