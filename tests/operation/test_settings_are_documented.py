"""Every setting stands in the README and in .env.example, and neither names one that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from config.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
_NAME = re.compile(rf"\b{PREFIX}[A-Z_]+[A-Z]\b")


@pytest.mark.parametrize("document", ["README.md", ".env.example"])
def test_document_names_every_setting_and_no_other(document: str) -> None:
    assert set(_NAME.findall((ROOT / document).read_text())) == SETTINGS


def test_settings_table_of_the_readme_has_one_row_for_each_setting() -> None:
    section = (ROOT / "README.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    rows = re.findall(rf"^\| `({PREFIX}[A-Z_]+)` \|", section, re.MULTILINE)

    assert sorted(rows) == sorted(SETTINGS)


def test_example_changes_nothing_until_somebody_edits_it() -> None:
    assert dotenv_values(ROOT / ".env.example") == {}


def test_example_has_a_comment_of_one_line_above_each_setting() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    for number, line in enumerate(lines):
        if line.startswith(f"# {PREFIX}"):
            above, before = lines[number - 1], lines[number - 2]
            assert re.match(rf"# (?!{PREFIX})", above), line
            assert before == "", line


def test_defaults_in_the_example_are_those_of_the_program() -> None:
    example = dict(re.findall(rf"^# ({PREFIX}[A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    invented = {"policy_file", "roster_file", "twilio_from", "log_format"}  # their defaults are no value to write down

    for name, field in Settings.model_fields.items():
        if name not in invented and field.default is not None:
            assert example[PREFIX + name.upper()] == str(field.default)
