"""What the doctor says of the roster: nobody on it, nobody on call, numbers that are somebody else's too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.cli.conftest import Run, wrong
from triage.store import blocks, chain
from triage.store.engine import Store


def test_no_roster_at_all(run: Run, sound: dict[str, str], sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.db").write_bytes(sqlite_template.read_bytes())
    account = {"twilio_account_sid": "AC" + "1" * 32}

    found = wrong(run, **sound | account | {"database_url": f"sqlite:///{tmp_path}/bare.db", "roster_file": ""})

    assert ("roster", "nobody is on the roster", "set AFTERHOURS_ROSTER_FILE; the README shows one") in found


ROSTER = """
timezone = "America/New_York"
[[people]]
id = "dana"
name = "Dana"
phone = "+16145550101"
role = "technician"
channels = ["sms", "voice"]
[[rotations]]
name = "primary"
people = ["dana"]
starts = 2026-01-05T08:00:00
every = "7d"
"""


def test_a_ladder_that_names_a_rotation_which_is_not_there_and_no_manager(
    run: Run, sound: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "roster.toml").write_text(ROSTER)

    found = wrong(run, **sound | {"roster_file": "roster.toml"})

    lack = "the ladder names secondary, which is no rotation of the roster"
    assert ("roster", lack, "add a rotation secondary") in found
    assert ("roster", "no manager: nobody hears of a broken promise", "give somebody the role manager") in found


def test_somebody_of_the_roster_whose_number_is_a_dealers(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("dealer,name,phones,pin,left_on\nA1,Kim Reyes,+16145550177,,\n")
    run("dealer", "add", "A1", "--name", "Acme", **sound)
    run("dealer", "import", "t.csv", "--kind", "technicians", **sound)
    (tmp_path / "roster.toml").write_text(ROSTER.replace("+16145550101", "+16145550177"))

    found = wrong(run, **sound | {"roster_file": "roster.toml"})

    shared = "the number of Dana is one of dealer Acme too: their calls are taken for its own"
    assert ("roster", shared, "take it away from one of them") in found


def test_a_phone_that_takes_no_texts_of_ours(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "roster.toml").write_text(ROSTER)
    store = Store(sound["database_url"])
    with store.write() as tx:
        blocks.block(
            tx.session, "+16145550101", "sms", "the phone opted out with STOP", datetime(2026, 11, 20, tzinfo=UTC)
        )
    store.close()

    found = wrong(run, **sound | {"roster_file": "roster.toml"})

    told = "Dana is not reached. No texts: the phone opted out with STOP"
    assert ("roster", told, "see the page People, and send a test from there") in found


def test_a_look_puts_no_roster_in_force(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    def history() -> tuple[int, str]:
        store = Store(sound["database_url"])
        with store.read() as session:
            head = chain.head(session)
        store.close()
        return head

    before = history()
    (tmp_path / "roster.toml").write_text(ROSTER.replace("2026-01-05", "2099-01-05"))

    found = wrong(run, **sound | {"roster_file": "roster.toml"})

    assert any(text.startswith("primary has nobody, ") for _, text, _ in found)
    assert history() == before


def test_a_night_that_nobody_covers(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "roster.toml").write_text(ROSTER.replace("2026-01-05", "2099-01-05"))

    found = wrong(run, **sound | {"roster_file": "roster.toml"})

    assert any(text.startswith("primary has nobody, ") and mend == "add an override" for _, text, mend in found)
