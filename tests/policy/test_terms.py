"""The versions of the contract: what makes a new one, and that a stored one comes back as it was."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.settings import SHIPPED_POLICY
from triage.policy.fields import read_span, write_span
from triage.policy.terms import Terms, read_terms, stored_terms

SHIPPED = SHIPPED_POLICY.read_text()
EARLIER = sorted(Path(__file__).with_name("stored").glob("*.json"))
"""The contract as each release stored it. A release adds its own."""

ONLY_SPOKEN = "greeting"
"""What 0.1.0 said to callers: no open case depends on it, so a stored one is passed over."""

# One other value for each kind of value that the file has.
ANOTHER = {
    "new_dealer_ends": ("quarter", "never"),
    "zone": "Etc/GMT+4",
    "rate": ("standard", "after_hours"),
    "outside": "standard",
    "after_hours": ("list", "page"),
    "absent_recording": "list",
    "overage_rate": "standard",
    "observed_country": "CA",
    "observed": ["Christmas Day"],
    "closures": ["2026-12-24"],
    "transcription": "none",
    "languages": ["es"],
    "blocked": ["+12165550100"],
    "day_desk": ["+16145550110"],
    "silence": "20s",
    "due_after": "31d",
    "remind": ["12h"],
    "dates": "dd/mm/yyyy",
}


def leaves(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def something_else(key: str, old: Any) -> Any:
    other = ANOTHER.get(key)
    if other is not None:
        return next(value for value in other if value != old) if isinstance(other, tuple) else other
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return old + 1
    if isinstance(old, list):
        return [old[0], *old]
    return str_changed(old)


def str_changed(old: str) -> str:
    if old[0].isdigit() and old[-1] in "dhms":
        return write_span(read_span(old) + timedelta(minutes=1))
    if old[2:3] == ":":
        return f"{old[:3]}30"
    return old[:-1] + "1" if old[-1].isdigit() and old[-1] != "1" else f"{old}7"


PATHS = dict(leaves(tomllib.loads(SHIPPED)))


def with_another(path: tuple[str, ...]) -> str:
    line = ".".join(path)
    if path[0] == "spoken" and path[-1] in {"language", "voice"}:  # these two have to fit each other
        english = path[1] == "en"
        if path[-1] == "voice":
            return f'{line} = "{"Polly.Matthew" if english else "Polly.Miguel"}"'
        return f'spoken.{path[1]} = {{language = "{"en-GB" if english else "es-MX"}", voice = "woman"}}'
    value = something_else(path[-1], PATHS[path])
    return f"{line} = {inline(value)}"


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(part) for part in value) + "]"
    return json.dumps(value)


def reversed_tables(table: dict[str, Any]) -> dict[str, Any]:
    return {key: reversed_tables(value) if isinstance(value, dict) else value for key, value in reversed(table.items())}


@pytest.mark.thorough
def test_any_other_value_makes_another_version(contract: Callable[[str], Terms], terms: Terms) -> None:
    others = {".".join(path): contract(with_another(path)) for path in PATHS}

    assert not [path for path, other in others.items() if other == terms]
    assert len({terms.version, *(other.version for other in others.values())}) == 1 + len(others)


def test_comments_and_blank_lines_make_no_version(terms: Terms) -> None:
    bare = "\n\n".join(line for line in SHIPPED.splitlines() if not line.startswith("#"))

    assert read_terms("", name="bare.toml", shipped=bare).version == terms.version


def test_order_of_keys_makes_no_version(terms: Terms) -> None:
    turned = "\n".join(f"{key} = {inline(value)}" for key, value in reversed_tables(tomllib.loads(SHIPPED)).items())

    assert turned.startswith("spoken")
    assert read_terms(turned, name="turned.toml", shipped="").version == terms.version


def test_another_way_to_write_a_value_makes_no_version(contract: Callable[[str], Terms], terms: Terms) -> None:
    same = contract('rates.standard = {price = "165", minimum = "1800s"}\nwindows.other.callback_within = "120m"')

    assert same.version == terms.version


def test_stored_contract_comes_back_as_it_was(contract: Callable[[str], Terms], terms: Terms) -> None:
    mine = contract('zone = "Etc/GMT+4"\nhours.closures = [2026-12-24]\nrates.standard.price = "170"')

    for version in (terms, mine, mine.with_closures([mine.hours.closures[0].replace(day=31)])):
        assert stored_terms(version.canonical, shipped=SHIPPED) == version
        assert stored_terms(version.canonical, shipped=SHIPPED).canonical == version.canonical


def test_stored_contract_stays_readable_when_a_holiday_loses_its_name(
    contract: Callable[[str], Terms],
) -> None:
    old = contract('hours.observed = ["Christmas Day"]').canonical.replace("Christmas Day", "Yule")

    assert stored_terms(old, shipped=SHIPPED).hours.observed == ("Yule",)


@pytest.mark.parametrize("file", EARLIER, ids=lambda file: file.stem)
def test_contract_that_an_earlier_release_stored_still_says_all_that_it_said(file: Path) -> None:
    text = file.read_text()

    now = dict(leaves(json.loads(stored_terms(text, shipped=SHIPPED).canonical)))

    said = {path: value for path, value in leaves(json.loads(text)) if path[0] != ONLY_SPOKEN}
    assert {path: now.get(path) for path in said} == said


def test_key_that_a_stored_contract_lacks_has_its_shipped_value(contract: Callable[[str], Terms], terms: Terms) -> None:
    stored = json.loads(contract('rates.standard.price = "170"\npromise.at_risk_before = "40m"').canonical)
    del stored["promise"]["at_risk_before"], stored["limits"]

    read = stored_terms(json.dumps(stored), shipped=SHIPPED)

    assert (read.promise.at_risk_before, read.limits) == (terms.promise.at_risk_before, terms.limits)
    assert read.rates.standard.price == 170


def test_key_of_a_stored_contract_that_nothing_reads_is_passed_over(terms: Terms) -> None:
    stored = json.loads(terms.canonical)
    stored["rates"]["standard"]["moon_phase"] = "full"
    stored["ladder"]["steps"][0]["tune"] = "bell"
    stored["astrology"] = {"sign": "leo"}

    assert stored_terms(json.dumps(stored), shipped=SHIPPED) == terms


def test_value_of_a_stored_contract_that_makes_no_sense_is_refused(terms: Terms) -> None:
    with pytest.raises(ValidationError, match="is not money"):
        stored_terms(terms.canonical.replace('"165.00"', '"165 dollars"'), shipped=SHIPPED)


def test_version_is_a_short_name_that_stays(terms: Terms) -> None:
    assert len(terms.version) == 12
    assert stored_terms(terms.canonical, shipped=SHIPPED).version == terms.version


@given(seconds=st.integers(0, 90 * 86_400))
def test_span_is_read_as_it_was_written(seconds: int) -> None:
    span = timedelta(seconds=seconds)

    assert read_span(write_span(span)) == span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("1s", 1), ("90s", 90), ("2h", 7200), ("1h30m", 5400), ("7d", 604_800), ("1d2h3m4s", 93_784)],
)
def test_span_is_the_sum_of_its_parts(text: str, seconds: int) -> None:
    assert read_span(text) == timedelta(seconds=seconds)
