"""What every test gets: a frozen clock that tells the repeated hour apart, and the shipped contract."""

from __future__ import annotations

import datetime as dt
import gc
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import freezegun.api
import pytest
from freezegun.api import FakeDatetime
from hypothesis import settings

from tests.support.databases import database_url, postgres_server, postgres_url, sqlite_template, sqlite_url
from tests.support.fixtures import build_world, clock, team, world
from triage.policy.roster import Roster, read_roster
from triage.policy.terms import Terms, read_terms

__all__ = [  # fixtures that every test may ask for
    "build_world",
    "clock",
    "database_url",
    "postgres_server",
    "postgres_url",
    "sqlite_template",
    "sqlite_url",
    "team",
    "world",
]

CONFIG = Path(__file__).parents[1] / "config"

gc.set_threshold(100_000, 50, 100)  # thousands of short tests over a heap that stays: collecting is a tenth of the time

settings.register_profile("here", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--everything", action="store_true", help="every test on PostgreSQL too, and the thorough ones")
    parser.addoption("--exhaustive", action="store_true", help="stories die at each of their points, not at a few")


def pytest_configure(config: pytest.Config) -> None:
    everywhere = "ci" if os.environ.get("CI") else "here"
    settings.load_profile(everywhere if config.getoption("--everything") else "quick")
    config.addinivalue_line("markers", "waits: takes long without using the processor much; runs beside the others")
    config.addinivalue_line("markers", "on_both: on PostgreSQL in every run: what it sends, no other such test does")
    config.addinivalue_line("markers", "every_case: all its sets of parameters run on PostgreSQL too")
    config.addinivalue_line("markers", "thorough: shows at many points, or on a rarer way, what a quicker test shows")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What waits comes first: one worker gets it, and the others take the rest meanwhile.

    A test that needs a database runs with the first of its sets of parameters: the others send the same statements with
    other values. On PostgreSQL run those of the store and those that are `on_both`. With `--everything` all tests run
    on both, on SQLite with all parameters, on PostgreSQL with the first; `every_case` runs them all there too.
    """
    everything = config.getoption("--everything")
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)
    seen: set[tuple[str, str | None]] = set()
    left = set()
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        name, database = item.nodeid.partition("[")[0], _database_of(item)
        is_repeated = (name, database) in seen and "every_case" not in marks
        is_in_all = database != "postgresql" or not is_repeated
        is_covering = "on_both" in marks or name.startswith("tests/store/")
        is_quick = "thorough" not in marks and (database != "postgresql" or is_covering)
        if not (is_in_all if everything else is_quick and not (database and is_repeated)):
            left.add(item)
        seen.add((name, database))
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=list(left))


def _database_of(item: pytest.Item) -> str | None:
    """Which database a test needs; None where it needs none."""
    callspec, fixtures = getattr(item, "callspec", None), set(getattr(item, "fixturenames", ()))
    if callspec is not None and "database_url" in callspec.params:
        return str(callspec.params["database_url"])
    return "sqlite" if "sqlite_url" in fixtures else "postgresql" if "postgres_url" in fixtures else None


@pytest.fixture(scope="session", autouse=True)
def _frozen_clock_keeps_fold() -> Iterator[None]:
    """freezegun 1.5.5 drops `fold`, so that its clock is an hour off in the repeated hour of the year.

    Its astimezone, fromtimestamp, __add__ and __sub__ all pass through one function. Its now(zone) drops the fold
    before that, and CPython's combine drops it for every subclass of datetime: those two are replaced as well.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freezegun.api, "datetime_to_fakedatetime", _fake_with_fold)
        patch.setattr(FakeDatetime, "now", classmethod(_frozen_now))
        patch.setattr(FakeDatetime, "combine", classmethod(_combine))
        yield


@pytest.fixture(scope="module", autouse=True)
def _every_server_ends_with_its_module() -> Iterator[None]:
    """One that is left behind looks at its closed socket without a pause, and slows down all tests that follow."""
    yield
    assert not [thread.name for thread in threading.enumerate() if "serve_forever" in thread.name]


@pytest.fixture(scope="session")
def terms() -> Terms:
    """The contract as it is shipped."""
    return _contract("")


@pytest.fixture(scope="session")
def contract() -> Callable[[str], Terms]:
    """Reads an owner's policy file over the shipped one."""
    return _contract


@pytest.fixture(scope="session")
def roster() -> Roster:
    """The people of the demo: dana and lee by turns, maria as manager."""
    return read_roster((CONFIG / "demo-roster.toml").read_text(), name="demo-roster.toml")


def _contract(text: str) -> Terms:
    return read_terms(text, name="mine.toml", shipped=(CONFIG / "policy.toml").read_text())


def _fake_with_fold(at: dt.datetime) -> FakeDatetime:
    whole = (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, at.tzinfo)
    return FakeDatetime(*whole, fold=at.fold)


def _frozen_now(cls: Any, tz: dt.tzinfo | None = None) -> FakeDatetime:
    utc = cls._time_to_freeze() or freezegun.api.real_datetime.now(dt.UTC).replace(tzinfo=None)
    here = utc.replace(tzinfo=dt.UTC).astimezone(tz) if tz else utc + cls._tz_offset()
    return _fake_with_fold(here)


def _combine(cls: Any, on: dt.date, at: dt.time, tzinfo: Any = True) -> FakeDatetime:
    zone = at.tzinfo if tzinfo is True else tzinfo
    return _fake_with_fold(freezegun.api.real_datetime.combine(on, at, tzinfo=zone))
