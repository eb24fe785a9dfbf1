"""The system page: what is wrong first, with how to mend it; signs of life, the queue, what went out, versions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support.fixtures import LEE, TEAM
from tests.support.visitor import signed_in
from tests.support.world import Build, World
from triage.policy.access import Role
from triage.store import schema
from webhooks.simulator.phone_system import Behaviour


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_machine_that_works_says_so_with_its_versions_and_what_went_out(world: World, quick_hashes: None) -> None:
    manager = signed_in(world, Role.MANAGER)
    world.voicemail(attested=True)
    world.advance(minutes=6)

    page = words(manager.get("/system").text)

    assert "All is well here." in page
    assert "Wrong now" not in page
    assert re.search(r"Scheduler fine 9:3\d PM EST \d+ s ago sweeps", page)
    assert re.search(r"Check of the history fine .* all \d+ entries fit", page)
    assert "Backup not made no time none is made: AFTERHOURS_BACKUP_DIR is not set" in page
    assert re.search(r"text arrived \d", page)
    assert re.search(r"alert call nobody picked up \d", page)
    assert re.search(r"Failed in 24 h 0 Calls not answered in 24 h [1-9]", page)
    assert f"Schema {schema.newest()} " in page
    assert f"Policy {world.program.desk.terms.version} " in page
    assert re.search(r"Database (SQLite|PostgreSQL), \d+\.\d MB", page)
    assert "Scheduler since" in page


def test_what_is_wrong_comes_first_and_says_how_to_mend_it(world: World, quick_hashes: None) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    world.voicemail(attested=True)
    world.clock.tick(timedelta(hours=2))

    page = words(auditor.get("/system").text)

    first = page.index("Wrong now")
    assert first < page.index("Signs of life")
    assert "Scheduler: the scheduler finished its last sweep 72" in page
    assert "Start afterhours-scheduler.service, or afterhours serve" in page
    assert "timers are due, the oldest since" in page
    assert "Promises: overdue: 1001. Somebody has to call these callers now." in page
    assert "All is well here." not in page


@pytest.mark.thorough
def test_a_gap_and_a_dead_phone_are_wrong_now_and_not_at_the_next_daily_look(
    build_world: Build, quick_hashes: None
) -> None:
    world = build_world(roster=TEAM.replace('people = ["dana"]', "people = []"))
    auditor = signed_in(world, Role.AUDITOR)
    world.phones.set_behaviour(LEE, Behaviour.DEAD)
    world.voicemail(attested=True)
    world.advance(minutes=2)

    page = words(auditor.get("/system").text)

    assert "On-call coverage: nobody has secondary from 9:32 PM EST to" in page
    assert "Phone of Lee Okafor: The last" in page
    assert page.index("Phone of Lee Okafor") < page.index("Signs of life")
