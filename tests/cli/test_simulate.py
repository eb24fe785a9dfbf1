"""`afterhours simulate`: past voicemails once more, under another roster or contract."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import freezegun
import pytest

from config.settings import SHIPPED_POLICY, Settings
from tests.cli.conftest import Run, document
from tests.support.fixtures import LEE
from tests.support.world import World
from triage.bootstrap import build
from triage.policy.replay import ENOUGH_VOICEMAILS, Job, differences, figures, too_few
from triage.policy.roster import read_roster
from triage.policy.terms import read_terms
from triage.services.replays import Past, past
from webhooks.simulator.nights import replay

pytestmark = pytest.mark.thorough

PEOPLE = """
[[people]]
id = "sam"
name = "Sam Novak"
phone = "+16145550104"
role = "technician"
"""
ROSTER = f"""{PEOPLE}
[[people]]
id = "lee"
name = "Lee Okafor"
phone = "{LEE}"
role = "technician"

[[rotations]]
name = "primary"
people = ["sam", "lee"]
starts = 2026-10-01T08:00:00
every = "1d"

[[rotations]]
name = "secondary"
people = ["lee"]
starts = 2026-10-01T08:00:00
every = "7d"
"""
SAM_ALONE = f"""{PEOPLE}
[[rotations]]
name = "primary"
people = ["sam"]
starts = 2026-12-01T08:00:00
every = "7d"

[[rotations]]
name = "secondary"
people = ["sam"]
starts = 2026-12-01T08:00:00
every = "7d"
"""
SPAN = ("--from", "2026-10-19", "--to", "2026-10-20")


@pytest.fixture(scope="module")
def october(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight mornings at half past six, on call by turns: Lee takes each ten seconds after the first call and calls
    back 20 min later; Sam never answers. The days that are replayed are one of Lee's, and one of Sam's."""
    folder = tmp_path_factory.mktemp("october")
    path, roster = folder / "october.db", folder / "roster.toml"
    shutil.copy(sqlite_template, path)
    roster.write_text(ROSTER)
    with freezegun.freeze_time("2026-10-02T12:00:00") as frozen:
        world = World(frozen, f"sqlite:///{path}", roster_file=roster)  # type: ignore[arg-type]
        for number, day in enumerate(range(13, 21)):
            world.at(f"2026-10-{day}T10:30:00Z")
            world.voicemail(f"+1216555010{number}", attested=True)
            world.advance(seconds=309 if day % 2 else 349)
            assert world.text(LEE, "ACK")
            world.advance(minutes=20)
            world.text(LEE, "DONE 20")
        assert {case["state"] for case in world.cases()} == {"closed"}
        world.close()
    return path


@pytest.fixture
def known(october: Path, tmp_path: Path) -> Iterator[Past]:
    """What a replay of the two days knows."""
    with freezegun.freeze_time("2026-11-21T02:30:00"):
        program = build(Settings(_env_file=None, database_url=f"sqlite:///{october}"))
        yield past(program.desk, date(2026, 10, 19), date(2026, 10, 20), program.now())
        program.close()


def job(known: Past, *, policy: str | None = None) -> Job:
    terms = known.terms
    if policy is not None:
        terms = read_terms(policy, name="policy.toml", shipped=SHIPPED_POLICY.read_text())
    return Job(
        roster=read_roster(ROSTER, name="roster.toml").canonical,
        terms=terms.canonical,
        voicemails=known.voicemails,
        history=known.history,
        seed=1,
    )


def test_whoever_sleeps_breaks_promises_in_a_replay_and_the_database_stays_as_it_is(
    run: Run, october: Path, known: Past, tmp_path: Path
) -> None:
    (tmp_path / "alone.toml").write_text(SAM_ALONE)
    before = october.read_bytes()
    asked = ("simulate", *SPAN, "--roster", str(tmp_path / "alone.toml"))
    answer = run(*asked, "--json", database_url=f"sqlite:///{october}")
    assert answer.exit_code == 0, answer.stderr
    found = document(answer)
    was, same, alone = found["was"], found["as_it_is"], found["as_proposed"]
    assert (was["met"], same["met"], same["exhausted"]) == (2, 2, 0)
    assert (alone["met"], alone["breached"], alone["nobody_on_call"]) == (0, 2, 2)  # there is no manager
    assert same["mtta_p95_s"] == pytest.approx(was["mtta_p95_s"], abs=10)
    assert same["mttc_p95_s"] == pytest.approx(was["mttc_p95_s"], abs=10)
    assert was["billed"] == same["billed"] == alone["billed"]
    assert (was["people"]["lee"]["woken"], alone["people"].keys()) == (2, {"sam"})
    assert [(each["reference"], each["why"]) for each in found["differing"]] == [
        ("1007", "nobody took it in time"),
        ("1008", "nobody took it in time"),
    ]
    assert found["too_few"].startswith(
        "Only 2 of the 50 voicemails that it takes to judge: one promise more or less is 50"
    )
    assert found["notes"] == [
        f"Rotation {name} begins later: its turns were counted back." for name in ("primary", "secondary")
    ]
    assert "+1" not in answer.stdout
    assert october.read_bytes() == before
    here = replay.run(job(known))  # the same files, in another process: the same to the last digit
    assert figures(here) == {**same, "billed": figures(here)["billed"]}
    assert f"{figures(here)['billed']}" == same["billed"]


def test_a_faster_second_step_wakes_whoever_answers_calls_sooner(known: Past) -> None:
    text = SHIPPED_POLICY.read_text()
    assert 'after = "5m"\nto = ["primary"]' in text
    faster = text.replace('after = "5m"\nto = ["primary"]', 'after = "1m"\nto = ["primary"]')
    before, after = replay.run(job(known)), replay.run(job(known, policy=faster))
    (lees, sams), (sooner, earlier) = before.cases, after.cases
    assert lees.to_acknowledge_s == pytest.approx(310, abs=10)
    assert sooner.to_acknowledge_s == pytest.approx(70, abs=10)
    assert (sams.to_acknowledge_s or 0) > (earlier.to_acknowledge_s or 0)  # Lee is asked once Sam's calls rang out
    assert differences(before, after, known.names) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name what to try"),
        (("--roster", "bad.toml", *SPAN), "bad.toml: line 4: people.0.phone: "),
        (("--policy", "bad.toml", *SPAN), "bad.toml: line 1: people: unknown key"),
        (("--roster", "nobody.toml", *SPAN), "which is no rotation of the roster (proposed)"),
        (("--roster", "good.toml"), "no voicemail was left from 2026-12-01 to 2026-12-31"),
        (("--roster", "good.toml", "--from", "2026-01-01", "--to", "2026-10-01"), "name 93 days at most"),
        (("--roster", "good.toml", "--month", "October"), "write it like 2026-10"),
        (("--roster", "good.toml", "--month", "2027-01"), "2027-01-31 is not over: name days up to 2027-01-04"),
        (("--roster", "good.toml", "--from", "2027-01-01", "--to", "2027-01-05"), "name days up to 2027-01-04"),
    ],
)
def test_what_cannot_be_replayed_is_told_at_once(
    options: tuple[str, ...], said: str, run: Run, october: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.toml").write_text('[[people]]\nid = "sam"\nname = "Sam"\nphone = "12"\nrole = "technician"\n')
    (tmp_path / "nobody.toml").write_text(PEOPLE)
    (tmp_path / "good.toml").write_text(ROSTER)
    with freezegun.freeze_time("2027-01-05T12:00:00"):
        answer = run("simulate", *options, database_url=f"sqlite:///{october}")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert said in answer.stderr


def test_enough_voicemails_are_not_called_too_few() -> None:
    assert too_few(ENOUGH_VOICEMAILS) is None
    assert "3 in 100" in (too_few(ENOUGH_VOICEMAILS - 12) or "")
