"""Looks at the phone system's lists: one node alone has each, and one that finds nothing costs next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.support.fixtures import TEAM
from tests.support.world import Build, World
from triage.services.desk import Desk
from triage.services.intake import PostedRecording, take_recording
from triage.services.reconciler import MARK, claim_look, take_look
from triage.store.models import Mark

EVERY = timedelta(minutes=5)


@pytest.fixture
def watched(build_world: Build) -> World:
    return build_world(roster=TEAM, reconciles=True)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that reach a database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_one_node_of_several_takes_a_look(watched: World) -> None:
    watched.clock.tick(EVERY)

    claimed = [claim_look(watched.program.desk, watched.now) for _ in range(3)]

    assert [look is not None for look in claimed] == [True, False, False]


def test_a_node_that_dies_over_its_look_leaves_it_to_the_next(watched: World) -> None:
    watched.clock.tick(EVERY)
    claim_look(watched.program.desk, watched.now)
    watched.clock.tick(EVERY)

    again = claim_look(watched.program.desk, watched.now)

    assert again is not None
    assert again.since == watched.now - 2 * EVERY - timedelta(minutes=30)


def test_a_look_that_finds_nothing_new_asks_few_questions(watched: World) -> None:
    for number in range(20):
        watched.voicemail(f"+12165550{number:03}")
    watched.advance(minutes=4)
    watched.clock.tick(EVERY)
    watched.sweep()  # what else is due
    watched.clock.tick(EVERY)
    desk, phones = watched.program.desk, watched.phone_system
    with statements() as seen:
        look = claim_look(desk, watched.now)
        assert look is not None
        take_look(desk, phones.traffic, phones.calls, look, lambda: watched.now)

    asked = [statement for statement in seen if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE"))]
    writes = [statement for statement in asked if not statement.startswith("SELECT")]
    assert len(asked) <= 16
    assert len(writes) == 2  # the claim, and the mark


def test_the_mark_never_moves_back(watched: World) -> None:
    desk, phones = watched.program.desk, watched.phone_system
    watched.clock.tick(EVERY)
    early = claim_look(desk, watched.now)
    watched.clock.tick(EVERY)
    late = claim_look(desk, watched.now)
    assert early is not None
    assert late is not None

    for look in (late, early):
        take_look(desk, phones.traffic, phones.calls, look, lambda: watched.now)

    with desk.store.read() as session:
        assert session.get_one(Mark, MARK).at == late.begun_at


def test_a_voicemail_that_cannot_be_taken_holds_up_no_other(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.phones.faults.drop_recording_reports = True
    for number in range(3):
        watched.phones.leave_voicemail(f"+1216555000{number}")
    poisoned = watched.phones.recordings()[0].sid

    def fail_for_one(desk: Desk, posted: PostedRecording, now: datetime) -> str | None:
        if posted.recording_sid == poisoned:
            raise ValueError("poisoned")
        return take_recording(desk, posted, now)

    monkeypatch.setattr("triage.services.reconciler.take_recording", fail_for_one)
    watched.advance(minutes=6)
    before = len(watched.cases())
    monkeypatch.undo()
    watched.advance(minutes=2)

    assert (before, len(watched.cases())) == (2, 3)
