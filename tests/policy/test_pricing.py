"""What a session costs, to the cent (R1 to R6), against a slow second implementation in whole cents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import Refused
from triage.policy.lengths import billed_minutes, exactly
from triage.policy.money_terms import HourlyRate, RateName
from triage.policy.pricing import Price, hourly_rate, parts_in_words, price_days, price_minutes
from triage.policy.terms import Terms

# From the contract, by hand: cents an hour, step and minimum in minutes.
CARDS = {
    "after_hours": (24750, 30, 60),
    "standard": (16500, 15, 30),
    "prepaid": (12500, 15, 30),
    "credit_overage": (16500, 30, 30),
}
RATES = st.sampled_from(sorted(CARDS))
MINUTES = st.integers(1, 5000)


def priced_slowly(rate: str, minutes: int) -> tuple[int, Decimal]:
    cents, step, billed = CARDS[rate]
    while billed < minutes:
        billed += step
    return billed, Decimal(cents * billed) / 60 / 100


def a_card(cents: int, step: int, minimum: int, per: int = 60) -> HourlyRate:
    return HourlyRate.model_construct(
        clause="R0",
        price=Decimal(cents) / 100,
        per=timedelta(minutes=per),
        step=timedelta(minutes=step),
        minimum=timedelta(minutes=minimum),
    )


def price_with(card: HourlyRate, minutes: int, terms: Terms) -> Price:
    rates = terms.rates.model_copy(update={"standard": card})
    return price_minutes("standard", minutes, terms.model_copy(update={"rates": rates}))


@pytest.mark.parametrize(
    ("rate", "minutes", "billed", "amount"),
    [
        ("after_hours", 1, 60, "247.50"),
        ("after_hours", 59, 60, "247.50"),
        ("after_hours", 60, 60, "247.50"),
        ("after_hours", 61, 90, "371.25"),
        ("after_hours", 90, 90, "371.25"),
        ("after_hours", 91, 120, "495.00"),
        ("after_hours", 1440, 1440, "5940.00"),
        ("standard", 1, 30, "82.50"),
        ("standard", 5, 30, "82.50"),
        ("standard", 30, 30, "82.50"),
        ("standard", 31, 45, "123.75"),
        ("standard", 45, 45, "123.75"),
        ("standard", 46, 60, "165.00"),
        ("standard", 61, 75, "206.25"),
        ("prepaid", 1, 30, "62.50"),
        ("prepaid", 31, 45, "93.75"),
        ("prepaid", 60, 60, "125.00"),
        ("credit_overage", 1, 30, "82.50"),
        ("credit_overage", 30, 30, "82.50"),
        ("credit_overage", 31, 60, "165.00"),
        ("credit_overage", 61, 90, "247.50"),
    ],
)
def test_session_costs_what_the_contract_says(rate: str, minutes: int, billed: int, amount: str, terms: Terms) -> None:
    price = price_minutes(rate, minutes, terms)

    assert (price.billed, price.unit, str(price.amount)) == (billed, "min", amount)
    assert price.rate == rate
    assert price.is_taxable


@pytest.mark.parametrize("rate", sorted(CARDS))
def test_every_minute_of_two_days_costs_the_same_counted_slowly(rate: str, terms: Terms) -> None:
    for minutes in range(1, 2 * 24 * 60):
        price = price_minutes(rate, minutes, terms)

        assert (price.billed, price.amount) == priced_slowly(rate, minutes)


def test_every_rate_of_the_contract_is_in_this_file() -> None:
    assert set(CARDS) == set(get_args(RateName))


@given(rate=RATES, shorter=MINUTES, more=st.integers(0, 500))
def test_longer_session_never_costs_less(rate: str, shorter: int, more: int, terms: Terms) -> None:
    assert price_minutes(rate, shorter + more, terms).amount >= price_minutes(rate, shorter, terms).amount


@given(rate=RATES, minutes=MINUTES)
def test_rounding_what_was_rounded_changes_nothing(rate: str, minutes: int, terms: Terms) -> None:
    once = price_minutes(rate, minutes, terms)

    again = price_minutes(rate, once.billed, terms)

    assert (again.billed, again.amount) == (once.billed, once.amount)


@given(cents=st.integers(0, 100_000), step=st.integers(1, 90), minimum=st.integers(1, 180), minutes=MINUTES)
def test_any_card_bills_whole_steps_and_less_than_one_step_too_much(
    cents: int, step: int, minimum: int, minutes: int, terms: Terms
) -> None:
    price = price_with(a_card(cents, step, minimum), minutes, terms)

    assert price.billed % step == 0
    assert max(minutes, minimum) <= price.billed < max(minutes, minimum) + step


@given(cents=st.integers(0, 100_000), per=st.integers(1, 120), step=st.integers(1, 90), minutes=MINUTES)
def test_amount_is_the_exact_share_of_the_price_to_the_nearest_cent(
    cents: int, per: int, step: int, minutes: int, terms: Terms
) -> None:
    price = price_with(a_card(cents, step, step, per), minutes, terms)

    exact = Fraction(cents * price.billed, per)

    assert abs(Fraction(price.amount) * 100 - exact) <= Fraction(1, 2)
    assert price.amount.as_tuple().exponent == -2


@given(rate=RATES, first=MINUTES, second=MINUTES)
def test_one_session_never_costs_more_than_its_two_halves(rate: str, first: int, second: int, terms: Terms) -> None:
    halves = price_minutes(rate, first, terms).amount + price_minutes(rate, second, terms).amount

    assert price_minutes(rate, first + second, terms).amount <= halves


def test_line_shows_its_arithmetic_and_its_clause(terms: Terms) -> None:
    hour = price_minutes("after_hours", 61, terms)
    half = price_minutes("credit_overage", 31, terms)

    assert hour.arithmetic == "61 min worked, at least 60, up to the next 30: 90 min x 247.50/h = 371.25 (R1)"
    assert half.arithmetic == "31 min worked, at least 30, up to the next 30: 60 min x 82.50/30 min = 165.00 (R6)"


@pytest.mark.parametrize(
    ("rate", "clause"), [("after_hours", "R1"), ("standard", "R2"), ("prepaid", "R3"), ("credit_overage", "R6")]
)
def test_rate_cites_its_clause(rate: str, clause: str, terms: Terms) -> None:
    assert price_minutes(rate, 10, terms).clause == hourly_rate(rate, terms).clause == clause


def test_session_of_no_minutes_is_not_billed(terms: Terms) -> None:
    price = price_minutes("after_hours", 0, terms)

    assert (price.billed, str(price.amount)) == (0, "0.00")
    assert price.arithmetic == "0 min worked, nothing billed"


@pytest.mark.parametrize(
    ("rate", "days", "billed", "amount", "clause"),
    [
        ("remote_day", 1, 1, "1775.00", "R4"),
        ("remote_day", 2, 2, "3550.00", "R4"),
        ("on_site_day", 1, 2, "3550.00", "R5"),
        ("on_site_day", 2, 2, "3550.00", "R5"),
        ("on_site_day", 3, 3, "5325.00", "R5"),
    ],
)
def test_day_costs_what_the_contract_says(
    rate: str, days: int, billed: int, amount: str, clause: str, terms: Terms
) -> None:
    price = price_days(rate, days, terms)

    assert (price.billed, price.unit, str(price.amount), price.clause) == (billed, "day", amount, clause)
    assert price.is_taxable


def test_day_line_says_where_the_minimum_was_billed(terms: Terms) -> None:
    short, long = (price_days("on_site_day", days, terms).arithmetic for days in (1, 3))

    assert short == "1 d worked, 2 d billed (at least 2) x 1775.00 = 3550.00 (R5)"
    assert long == "3 d worked, 3 d billed x 1775.00 = 5325.00 (R5)"


def test_amounts_carry_cents_where_the_owner_wrote_none(contract: Callable[[str], Terms]) -> None:
    terms = contract('day_rates.remote_day.price = "1800"\nrates.standard.price = "170"')

    assert str(price_days("remote_day", 1, terms).amount) == "1800.00"
    assert str(price_minutes("standard", 60, terms).amount) == "170.00"


@pytest.mark.parametrize("rate", ["remote_day", "on_site_day", "gold", "", "model_fields", "__class__"])
def test_rate_that_is_not_billed_by_time_is_refused_with_those_that_are(rate: str, terms: Terms) -> None:
    with pytest.raises(Refused, match="not billed by time; these are: after_hours, standard, prepaid, credit_overage"):
        price_minutes(rate, 30, terms)


@pytest.mark.parametrize("rate", ["after_hours", "standard", "gold", ""])
def test_rate_that_is_not_billed_by_the_day_is_refused_with_those_that_are(rate: str, terms: Terms) -> None:
    with pytest.raises(Refused, match="not billed by the day; these are: remote_day, on_site_day"):
        price_days(rate, 1, terms)


def test_negative_minutes_are_refused(terms: Terms) -> None:
    with pytest.raises(Refused, match="negative"):
        price_minutes("standard", -1, terms)


@pytest.mark.parametrize("days", [0, -1])
def test_less_than_one_day_is_refused(days: int, terms: Terms) -> None:
    with pytest.raises(Refused, match="from one day on"):
        price_days("remote_day", days, terms)


def test_length_of_several_parts_is_added_up_in_sight() -> None:
    assert parts_in_words(4, 30) == "4 s measured + 30 min stated = 30 min 04 s, each minute begun counts: "
    assert parts_in_words(723, None) == "12 min 03 s measured, each minute begun counts: "
    assert parts_in_words(0, 30) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (14_399, "239 min 59 s"), (14_400, "4 h 00 min 00 s")],
)
def test_length_is_said_to_the_second(seconds: float, words: str) -> None:
    assert exactly(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 0), (0.5, 1), (1, 1), (59, 1), (60, 1), (60.5, 2), (61, 2), (3600, 60), (3600.000001, 61)],
)
def test_minute_that_was_begun_counts(seconds: float, minutes: int) -> None:
    assert billed_minutes(timedelta(seconds=seconds)) == minutes
