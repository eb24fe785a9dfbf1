"""What a dealer's site may expect of support."""

from __future__ import annotations

from datetime import date

import pytest

from triage.owner_files import shipped_policy
from triage.policy.dealers import is_certified, is_discontinued, product_named, site_notes
from triage.policy.terms import read_terms

TERMS = read_terms(shipped_policy(), name="policy.toml", shipped="")
TODAY = date(2026, 11, 20)


def notes(**given: object) -> dict[str, str]:
    facts = {"product": "ucp", "software": None, "licence_until": date(2027, 1, 1), "trunk": None}
    return dict(site_notes(**(facts | given), on=TODAY, terms=TERMS))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trunk", ["nexVortex", "NEXVORTEX", "Spectrum", "time warner  cable", "Time Warner Cable / Spectrum"]
)
def test_a_certified_trunk_needs_no_words(trunk: str) -> None:
    assert is_certified(trunk, TERMS)
    assert "E4" not in notes(trunk=trunk)


@pytest.mark.parametrize("trunk", ["Acme SIP", "nexVortex 2", "/", "Spectrum / Acme"])
def test_any_other_trunk_is_best_effort_and_may_take_three_hours(trunk: str) -> None:
    assert f"The trunks of {trunk} are not certified: best effort, 3h or more may be spent." == notes(trunk=trunk)["E4"]


def test_a_trunk_that_nobody_wrote_down_says_nothing() -> None:
    assert "E4" not in notes(trunk=None)


def test_tier_three_needs_a_licence_that_is_not_over() -> None:
    assert notes(licence_until=None)["E5"] == "No maintenance licence is known: tier three is not possible."
    over = notes(licence_until=date(2026, 11, 19))["E5"]
    assert over == "The maintenance licence ended on 2026-11-19: tier three is not possible."
    assert notes(licence_until=TODAY)["E5"] == (
        "Licence until 2026-11-20: tier three is possible on the latest release "
        "(Ericsson-LG, +14804242041, 09:00 to 17:00 in Phoenix)."
    )


@pytest.mark.parametrize(
    ("product", "software"),
    [("CyTrack", None), ("discontinued", None), ("emg", "2.9.9"), ("ucp", "3.0.7"), ("ucp", "3"), ("ucp", "3.0")],
)
def test_a_discontinued_system_is_told(product: str, software: str | None) -> None:
    assert is_discontinued(product, software, TERMS)
    assert notes(product=product, software=software)["E3"] == "The product is discontinued: no support."


@pytest.mark.parametrize(
    ("product", "software"),
    [("ucp", "3.0.8"), ("emg", "3.0.8.0"), ("emg", "3.0.10"), ("ucp", None), ("server", "1.0"), (None, "1.0")],
)
def test_any_other_system_is_supported(product: str | None, software: str | None) -> None:
    assert not is_discontinued(product, software, TERMS)
    assert "E3" not in notes(product=product, software=software)


def test_products_are_known_by_line_or_by_the_name_of_a_discontinued_one() -> None:
    assert [product_named(written, TERMS) for written in ("UCP", "server", "cytrack", "ipldk-60", "Asterisk")] == [
        "ucp",
        "server",
        "CyTrack",
        "ipLDK-60",
        None,
    ]
