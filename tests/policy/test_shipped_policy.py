"""The shipped file says what the contract says: every figure of it, written down a second time from the rules."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from config.settings import SHIPPED_POLICY
from triage.policy.terms import Terms

TEXT = SHIPPED_POLICY.read_text()
CONTENT = tomllib.loads(TEXT)

FIGURES: dict[str, Any] = {
    # T1 to T3
    "zone": "America/New_York",
    "hours.days": ["mon", "tue", "wed", "thu", "fri"],
    "hours.opens": "08:00",
    "hours.closes": "17:00",
    "hours.closures": [],
    "hours.observed": [],
    # W1 to W4
    "windows.support_hours.clause": "W1",
    "windows.support_hours.callback_within": "2h",
    "windows.support_hours.rate": "standard",
    "windows.support_hours.onsite_required": False,
    "windows.evening.clause": "W2",
    "windows.evening.starts": "17:00",
    "windows.evening.ends": "20:00",
    "windows.evening.callback_within": "2h",
    "windows.evening.rate": "standard",
    "windows.evening.onsite_required": False,
    "windows.overnight.clause": "W3",
    "windows.overnight.starts": "20:00",
    "windows.overnight.ends": "08:00",
    "windows.overnight.callback_within": "2h",
    "windows.overnight.rate": "after_hours",
    "windows.overnight.onsite_required": True,
    "windows.other.clause": "W4",
    "windows.other.callback_within": "2h",
    "windows.other.rate": "after_hours",
    "windows.other.onsite_required": True,
    # E2 to E6
    "emergency.more_than_percent": 75,
    "products.emg.after_hours": "page",
    "products.ucp.after_hours": "page",
    "products.application.after_hours": "page",
    "products.server.after_hours": "defer",
    "products.server.due_after_opening": "2h",
    "products.discontinued.after_hours": "list",
    "products.discontinued.supported": False,
    "products.discontinued.software_below": "3.0.8",
    "products.discontinued.names": [
        *("CyTrack", "LIK", "MG", "ipLDK-60", "Pathfinder Digital", "Pathfinder IP", "Telenium", "UMS I", "CCS")
    ],
    "products.unknown.after_hours": "page",
    "trunks.certified": ["nexVortex", "Time Warner Cable / Spectrum", "Ironton Global", "Windstream"],
    "trunks.best_effort_warning": "3h",
    "tier_three.name": "Ericsson-LG",
    "tier_three.phone": "+14804242041",
    "tier_three.zone": "America/Phoenix",
    "tier_three.opens": "09:00",
    "tier_three.closes": "17:00",
    "prepay.purchases_below": "5000.00",
    "prepay.previous_year": "365d",
    # R1 to R7
    "rates.after_hours.clause": "R1",
    "rates.after_hours.price": "247.50",
    "rates.after_hours.per": "1h",
    "rates.after_hours.step": "30m",
    "rates.after_hours.minimum": "60m",
    "rates.standard.clause": "R2",
    "rates.standard.price": "165.00",
    "rates.standard.per": "1h",
    "rates.standard.step": "15m",
    "rates.standard.minimum": "30m",
    "rates.prepaid.clause": "R3",
    "rates.prepaid.price": "125.00",
    "rates.prepaid.per": "1h",
    "rates.prepaid.step": "15m",
    "rates.prepaid.minimum": "30m",
    "rates.credit_overage.clause": "R6",
    "rates.credit_overage.price": "82.50",
    "rates.credit_overage.per": "30m",
    "rates.credit_overage.step": "30m",
    "rates.credit_overage.minimum": "30m",
    "day_rates.remote_day.clause": "R4",
    "day_rates.remote_day.price": "1775.00",
    "day_rates.remote_day.minimum_days": 1,
    "day_rates.remote_day.starts": "08:00",
    "day_rates.remote_day.ends": "17:00",
    "day_rates.remote_day.outside": "after_hours",
    "day_rates.remote_day.expenses": False,
    "day_rates.on_site_day.clause": "R5",
    "day_rates.on_site_day.price": "1775.00",
    "day_rates.on_site_day.minimum_days": 2,
    "day_rates.on_site_day.starts": "08:00",
    "day_rates.on_site_day.ends": "17:00",
    "day_rates.on_site_day.outside": "after_hours",
    "day_rates.on_site_day.expenses": True,
    "day_rates.on_site_day.mileage": "0.70",
    "server_installation.by_the_hour": ["IPCR", "UCS Premium", "UMS-II"],
    "server_installation.by_the_hour_for": "2h",
    "server_installation.by_the_day": ["CCS/CCX", "Reports+", "ACD", "NMS"],
    # C1 to C7
    "credits.purchases_per_hour": "1000.00",
    "credits.windows": ["support_hours", "evening"],
    "credits.purchases": ["hardware", "licence"],
    "credits.roll_over": False,
    "credits.new_dealer": "5h",
    "credits.new_dealer_ends": "quarter",
    "credits.training": "15h",
    "credits.training_valid_days": 365,
    "credits.prepaid_before_credits": True,
    "credits.prepaid_for_after_hours": False,
    "credits.overage_rate": "credit_overage",
    "credits.borrow_per_year": 1,
    # E7
    "bookings.outside": "after_hours",
    # Promised by the interface
    "promise.resume_after_ack": "45m",
    "promise.at_risk_before": "30m",
    "promise.realert_after_breach": "15m",
    # E2: by voice as well as SMS, at once, to two people
    "ladder.emergency.0.after": "0s",
    "ladder.emergency.0.by": ["sms", "voice"],
    "ladder.emergency.0.at_least": 2,
}

WITH_FIGURES = {
    *(f"T{n}" for n in (1, 2, 3, 4)),
    *(f"W{n}" for n in range(1, 7)),
    *(f"E{n}" for n in range(1, 8)),
    *(f"R{n}" for n in range(1, 8)),
    *(f"C{n}" for n in range(1, 8)),
}
SOURCE = re.compile(r"\b[TWERC][1-7]\b|Reading")


def value_at(path: str) -> Any:
    found: Any = CONTENT
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


def lines_of(section: str) -> list[str]:
    """The lines with a value in every table of that name, each with the comment of its table's head."""
    lines, head = [], ""
    for line in TEXT.splitlines():
        if line.startswith("["):
            head = line
        elif re.match(r"\w+ = ", line) and head.strip("[").startswith(section):
            lines.append(line)
    return lines


def every_line() -> list[str]:
    exempt = {*lines_of("spoken"), *lines_of("ladder.steps"), *lines_of("ladder.emergency")}
    return [line for line in TEXT.splitlines() if re.match(r"\w+ = ", line) and line not in exempt]


def test_figures_of_the_contract_stand_in_the_shipped_file() -> None:
    assert {path: value_at(path) for path in FIGURES} == FIGURES


def test_every_figure_of_a_contract_table_is_written_down_here() -> None:
    tables = ("hours", "windows", "emergency", "products", "trunks", "tier_three", "prepay", "rates", "day_rates")
    prefixes = (*tables, "server_installation", "credits")

    missing = {path for path in paths(CONTENT) if path.split(".")[0] in prefixes} - set(FIGURES)

    assert missing == {"hours.observed_country"}


def paths(table: dict[str, Any], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        found |= paths(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}"}
    return found


def test_every_line_of_the_shipped_file_cites_its_rule_or_its_reading() -> None:
    parts = [line.partition("  #") for line in every_line()]

    assert not [
        value
        for value, _, comment in parts
        if not SOURCE.search(comment) and not re.fullmatch(r'clause = "[WR]\d"', value)
    ]


@pytest.mark.parametrize("section", ["ladder.steps", "ladder.emergency"])
def test_ladder_cites_its_reading_at_its_head(section: str) -> None:
    first = next(line for line in TEXT.splitlines() if line.startswith(f"[[{section}]]"))

    assert "Reading" in first


def test_every_rule_with_a_figure_is_cited_somewhere() -> None:
    assert set(re.findall(r"\b[TWERC]\d\b", TEXT)) == WITH_FIGURES


def test_shipped_file_leaves_no_key_to_a_hidden_default(terms: Terms) -> None:
    tables = Terms.model_json_schema(by_alias=True)["$defs"]
    optional = {"due_after_opening", "supported", "names", "software_below", "at_least"}

    hidden = {key for table in tables.values() for key in table.get("properties", {})} - optional

    written = {part for path in paths(CONTENT) for part in path.split(".")} | {"after", "to", "by"}
    assert hidden <= written


def test_emergency_ladder_starts_at_once_with_two_people(terms: Terms) -> None:
    first = terms.ladder.emergency[0]

    assert (first.after.total_seconds(), first.at_least, first.by) == (0, 2, ("sms", "voice"))
    assert len(first.to) == 2
