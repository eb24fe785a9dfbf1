"""How old time-zone data is, and whether it knows the changeovers of New York."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from triage.policy.zones import CHANGEOVERS, is_old, wrong_changeovers
from triage.services import zone_data


@pytest.mark.parametrize(
    ("version", "today", "old"),
    [
        ("2026f", date(2026, 11, 23), False),
        ("2025b", date(2026, 10, 27), False),
        ("2025b", date(2026, 10, 30), True),
        ("2024z", date(2026, 11, 23), True),
        ("unknown", date(2026, 11, 23), False),
    ],
)
def test_a_version_is_old_after_a_year_and_a_half(version: str, today: date, old: bool) -> None:
    assert is_old(version, today) is old


def test_new_york_changes_its_clocks_as_the_law_says_and_others_do_not() -> None:
    assert wrong_changeovers(ZoneInfo("America/New_York")) == []
    with Path("/usr/share/zoneinfo/America/Phoenix").open("rb") as file:
        assert wrong_changeovers(ZoneInfo.from_file(file, key="America/New_York")) == list(CHANGEOVERS)
    assert wrong_changeovers(ZoneInfo("Europe/Berlin")) == []


def test_the_newer_of_system_and_package_is_read_unless_the_owner_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset: list[object] = []
    monkeypatch.setattr("zoneinfo.reset_tzpath", reset.append)
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path),))
    monkeypatch.delenv("PYTHONTZPATH", raising=False)
    (tmp_path / "Here").write_bytes(b"")
    (tmp_path / "tzdata.zi").write_text("# version 2020a\n")

    found = zone_data.in_use("Here")
    zone_data.use_newest("Here")
    (tmp_path / "tzdata.zi").write_text("# version 2099a\n")
    zone_data.use_newest("Here")
    (tmp_path / "tzdata.zi").unlink()
    unknown = zone_data.in_use("Here")
    monkeypatch.setenv("PYTHONTZPATH", str(tmp_path))
    zone_data.use_newest("Here")

    assert (found.version, found.place, unknown.version) == ("2020a", str(tmp_path), None)
    assert zone_data.in_use("Nowhere") == zone_data.package()
    assert reset == [()]
