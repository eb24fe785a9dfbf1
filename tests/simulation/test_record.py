"""A long run is added up from the weeks of many evenings, and one that broke is not forgotten until it holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.simulation import record
from tests.simulation.__main__ import main
from tests.simulation.report import Outcome
from tests.simulation.seen import FAULTS, RARE, Seen
from tests.simulation.week import Tally


def a_week(number: int, *, failure: str = "", breaches: int = 1) -> Outcome:
    seen = Seen({**dict.fromkeys((*FAULTS, *RARE), 1), "breach": breaches})
    return Outcome(7, number, Tally(days=7, nights=7, voicemails=20, seen=seen), 6.5, failure, "abc")


def sum_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["simulation", "--seed", "7", "--years", "0", "--record", str(path)])
    return main()


def test_the_weeks_of_a_record_are_one_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "years.jsonl"
    for number in range(52):
        record.add(path, a_week(number, failure="BROKEN" if number == 3 else "", breaches=0))

    assert sum_of(path, monkeypatch) == 1  # one broke
    record.add(path, a_week(3, breaches=0))
    assert sum_of(path, monkeypatch) == 1  # in a year nothing was breached
    assert "never seen: breach\n" in capsys.readouterr().out
    record.add(path, a_week(3))
    assert sum_of(path, monkeypatch) == 0

    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    for line in (
        ["years", "of", "52", "weeks", "1.00"],
        ["nights", "364"],
        ["voicemails", "1040"],
        ["broken", "invariants", "0"],
        ["weeks", "at", "commit", "abc", "52"],
        ["breach", "1"],
    ):
        assert line in told
    assert record.read(path)[7, 3] == a_week(3)


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "years.jsonl"
    for line in ("no JSON", "{}", "[]"):
        path.write_text(f"{line}\n")
        with pytest.raises(ValueError, match=r"Expecting value|not a line"):
            record.read(path)
