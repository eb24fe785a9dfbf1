"""Where callbacks may be dialled to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from triage.policy.dialing import Dialled, Refusal, cap_reached, refusal_of
from triage.policy.terms import Terms


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("+16145550199", None),
        ("+14165550123", None),
        ("+18005551212", None),
        ("+19005551212", Refusal.NEVER),
        ("+19765551234", Refusal.NEVER),
        ("+16149765555", Refusal.NEVER),
        ("+18762101234", Refusal.COUNTRY),  # Jamaica
        ("+14412345678", Refusal.COUNTRY),  # Bermuda
        ("+12684601234", Refusal.COUNTRY),  # Antigua
        ("+17875551234", Refusal.COUNTRY),  # Puerto Rico
        ("+442079460958", Refusal.COUNTRY),
        ("+882164680000", Refusal.COUNTRY),  # satellite
        ("+15005550006", Refusal.KIND),  # a personal number
        ("+16145550", Refusal.NOT_A_NUMBER),
        ("+17105551234", Refusal.NOT_A_NUMBER),
        ("6145550199", Refusal.NOT_A_NUMBER),
        ("911", Refusal.NOT_A_NUMBER),
        ("anonymous", Refusal.NOT_A_NUMBER),
        ("", Refusal.NOT_A_NUMBER),
        (None, Refusal.NO_NUMBER),
    ],
)
def test_shipped_policy_calls_the_us_and_canada_and_nothing_that_costs_extra(
    number: str | None, refusal: Refusal | None, terms: Terms
) -> None:
    assert refusal_of(number, terms) == refusal


def test_owner_may_allow_another_country(contract: Callable[[str], Terms]) -> None:
    terms = contract('dialing.countries = ["US", "CA", "PR"]')

    assert refusal_of("+17875551234", terms) is None
    assert refusal_of("+18762101234", terms) is Refusal.COUNTRY


def test_owner_may_forbid_more(contract: Callable[[str], Terms]) -> None:
    terms = contract('dialing.never = ["+1614555"]\ndialing.never_exchanges = ["867"]')

    assert refusal_of("+16145550199", terms) is Refusal.NEVER
    assert refusal_of("+12128675309", terms) is Refusal.NEVER
    assert refusal_of("+442078675309", terms) is Refusal.COUNTRY


@pytest.mark.parametrize(
    ("to_number", "to_anybody", "refusal"),
    [
        (7, 119, None),
        (8, 119, Refusal.CAP_NUMBER),
        (7, 120, Refusal.CAP_NIGHT),
        (8, 120, Refusal.CAP_NUMBER),
    ],
)
def test_caps_end_the_calls_to_one_number_and_to_anybody(
    to_number: int, to_anybody: int, refusal: Refusal | None, terms: Terms
) -> None:
    assert cap_reached(Dialled(to_number, to_anybody), terms) is refusal
