"""The table of OWASP ASVS is whole, and what it names exists."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = tomllib.loads(Path(__file__).with_name("asvs.toml").read_text())
LAST = (  # of each section of 5.0.0 the last requirement that levels 1 and 2 ask for
    "1.1.2 1.2.9 1.3.11 1.4.3 1.5.2 2.1.3 2.2.3 2.3.4 2.4.1 3.2.2 3.3.4 3.4.6 3.5.5 3.7.2 4.1.3 4.2.1 4.3.2 4.4.4"
    " 5.1.1 5.2.3 5.3.2 5.4.3 6.1.3 6.2.12 6.3.4 6.4.4 6.5.5 6.6.3 6.8.4 7.1.3 7.2.4 7.3.2 7.4.5 7.5.2 7.6.2"
    " 8.1.2 8.2.3 8.3.1 8.4.1 9.1.3 9.2.4 10.1.2 10.2.2 10.3.4 10.4.11 10.5.5 10.6.2 10.7.3"
    " 11.1.2 11.2.3 11.3.3 11.4.4 11.5.1 11.6.1 12.1.3 12.2.2 12.3.4 13.1.1 13.2.5 13.3.2 13.4.5"
    " 14.1.2 14.2.4 14.3.3 15.1.3 15.2.3 15.3.7 16.1.1 16.2.5 16.3.4 16.4.3 16.5.3"
)
WAYS = ("test", "because", "none", "accepted")


def test_every_requirement_of_levels_1_and_2_stands_in_its_chapter_once() -> None:
    wanted = []
    for last in LAST.split():
        section, _, count = last.rpartition(".")
        wanted += [f"{section}.{number}" for number in range(1, int(count) + 1)]

    assert sorted(f"{chapter} {each}" for chapter, rows in TABLE.items() for each in rows) == sorted(
        f"V{each.split('.')[0]} {each}" for each in wanted
    )


def test_every_row_says_what_is_asked_and_exactly_one_way_how_we_stand() -> None:
    rows = {each: row for chapter in TABLE.values() for each, row in chapter.items()}

    assert {each for each, row in rows.items() if len([way for way in WAYS if row.get(way)]) != 1} == set()
    assert {each for each, row in rows.items() if not row.get("says") or set(row) - {"says", *WAYS}} == set()


def test_every_test_that_the_table_names_exists() -> None:
    named = {row["test"] for chapter in TABLE.values() for row in chapter.values() if "test" in row}

    assert {test for test in named if test.partition("::")[2] not in _tests_of(test.partition("::")[0])} == set()


def test_the_readme_counts_as_the_table_does() -> None:
    count = Counter(way for chapter in TABLE.values() for row in chapter.values() for way in WAYS if way in row)
    readme = " ".join((TESTS.parent / "README.md").read_text().split())

    assert f"all {count.total()} requirements" in readme
    assert (
        f"{count['test']} are tested, {count['because']} hold by how the program is made, {count['none']} do not apply,"
        f" and {count['accepted']} are accepted as they are"
    ) in readme


@lru_cache
def _tests_of(path: str) -> frozenset[str]:
    file = TESTS / path
    tree = ast.parse(file.read_text() if file.is_file() else "")
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
