"""A pack of a case tells what was done, whom it reached, and what is not there any more."""

from __future__ import annotations

import io
import json
import re
from zipfile import ZipFile

import pytest

from tests.support.fixtures import DANA, LEE
from tests.support.world import Build, World
from triage.bootstrap import build_printer
from triage.policy.paper import Facts, Paper, Table
from triage.services.case_pack import export_case
from webhooks.simulator.records import Behaviour


class Listener:
    """Hears what is printed, and prints it."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []

    def print(self, paper: Paper) -> bytes:
        self.papers.append(paper)
        return build_printer().print(paper)


def packed(world: World) -> tuple[dict[str, bytes], Paper]:
    """The files of the pack of case 1001, and its story."""
    printer = Listener()
    program = world.program
    pack = export_case(program.desk, program.recordings, printer, "1001", actor="person:maria", now=world.now)
    with ZipFile(io.BytesIO(pack.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}, printer.papers[-1]


def rows(paper: Paper, head: str) -> list[tuple[str, ...]]:
    """The table whose first column is headed so."""
    (table,) = [part for part in paper.parts if isinstance(part, Table) and part.heads[0] == head]
    return list(table.rows)


def fact(paper: Paper, name: str) -> list[str]:
    return [value for part in paper.parts if isinstance(part, Facts) for key, value in part.rows if key == name]


def test_the_story_of_a_callback_that_the_network_measured(team: World) -> None:
    team.phones.set_behaviour(DANA, Behaviour.NORMAL)
    team.phones.set_keys(DANA, "1")
    team.voicemail(seconds=30, transcript="all our phones are down")
    team.advance(minutes=20)
    team.phones.set_keys(DANA, "1")
    team.text(DANA, "CALL")
    team.advance(minutes=15)
    team.text(DANA, "DONE replaced the card")

    files, paper = packed(team)

    assert paper.verdict.startswith("The promise was kept: the callback was made 9")
    assert fact(paper, "Known by") == ["measured by the phone network: the caller's phone was picked up"]
    assert fact(paper, "Message left") == ["2026-11-20 21:30:00 EST = 2026-11-21 02:30:00 UTC"]
    (bill,) = rows(paper, "Arithmetic")
    assert bill[3] == "247.50 USD"
    alerts = [(to, because, text, call) for _, to, because, text, call in rows(paper, "Made")]
    assert alerts[0] == ("Lee Okafor", "somebody has to take it", "arrived at 21:30:00", "-")
    assert alerts[3][0] == "Dana Whitfield"
    assert alerts[3][3] == "answered, key 1 at 21:36:07"
    assert fact(paper, "The history")[0].startswith("all ")
    case = json.loads(files["case.json"])
    assert {row["alert"] for row in case["deliveries"]} >= {alert["alert"] for alert in case["alerts"]}
    assert team.kinds()[-2:] == ["recording_exported", "case_exported"]


@pytest.mark.thorough
def test_a_recording_that_is_gone_is_named_with_its_hash_and_why(build_world: Build) -> None:
    world = build_world(policy='[recordings]\nkeep_for = "3h"\n')
    world.voicemail(seconds=30)
    world.advance(minutes=1)
    world.text(LEE, "ACK")
    world.text(LEE, "DONE 30")
    world.advance(hours=4)

    files, paper = packed(world)

    assert not [name for name in files if name.startswith("recordings/")]
    (audio,), (sha256,) = fact(paper, "Audio"), fact(paper, "SHA-256")
    assert audio.startswith("removed 2026-11-21 00:30:")
    assert sha256 == world.case()["recording_copies"][0]["sha256"]
    assert "recording_exported" not in world.kinds()


def test_a_recording_that_was_changed_is_not_handed_out(world: World) -> None:
    world.voicemail(seconds=30)
    world.advance(minutes=1)
    world.program.recordings.file("1001-1.wav").write_bytes(b"another voice")

    files, paper = packed(world)

    assert not [name for name in files if name.startswith("recordings/")]
    assert fact(paper, "Audio") == ["not fetched from the phone system yet: its file was changed"]
    assert "recording_damaged" in [event["kind"] for event in json.loads(files["case.json"])["events"]]


def test_a_history_that_does_not_fit_is_said_so(world: World) -> None:
    world.voicemail(seconds=30)
    world.advance(minutes=1)
    world.rewrite_history("UPDATE recording_copies SET sha256 = 'another'")
    world.rewrite_history("UPDATE events SET actor = 'person:lee' WHERE number = 4")

    _, paper = packed(world)

    assert fact(paper, "The history") == ["DOES NOT FIT: entry 4 of the history: changed"]
    (sha256,) = fact(paper, "SHA-256")
    assert sha256.endswith("\nNOT THE HASH IN THE HISTORY")


@pytest.mark.thorough
def test_a_pack_that_is_awaited_checks_the_entries_of_its_case_only_and_finds_what_was_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.services.case_pack.MOST_CHECKED_AT_ONCE", 1)
    world.voicemail(attested=True)
    world.voicemail("+12165550123", attested=True)

    sound = history(world)
    world.rewrite_history("UPDATE events SET actor = 'person:lee' WHERE kind = 'voicemail_left' AND case_id = 2")
    elsewhere = history(world)
    world.rewrite_history("UPDATE events SET actor = 'person:lee' WHERE kind = 'voicemail_left' AND case_id = 1")

    assert sound.startswith("each entry of this case fits the one before it; the other entries, ")
    assert elsewhere.startswith("each entry of this case fits")
    assert re.fullmatch(r"DOES NOT FIT: entry \d+ of the history: changed", history(world))


def history(world: World) -> str:
    """What a pack that somebody waits for says of the check of the history."""
    printer, program = Listener(), world.program
    export_case(program.desk, program.recordings, printer, "1001", actor="test", now=world.now, is_awaited=True)
    (words,) = fact(printer.papers[-1], "The history")
    return words
