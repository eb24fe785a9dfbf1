"""Looks at the phone system's lists: one node alone has each, one that finds nothing costs next to nothing, and what
fails holds up nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest

from scheduler.sweep import begin
from tests.support.fixtures import ADA, TEAM
from tests.support.logs import Logs
from tests.support.statements import statements
from tests.support.wire import Wire
from tests.support.world import CALLER, Build, World
from triage.errors import OutcomeUnknown
from triage.policy.wording import wall_clock
from triage.ports import CallDetails
from triage.services.completion import learn_call
from triage.services.desk import Desk
from triage.services.intake import PostedRecording, take_recording
from triage.services.reconciler import behind_by, claim_look, take_look
from triage.store import marks
from triage.store.engine import Transaction
from webhooks.simulator.faults import Webhook

EVERY = timedelta(minutes=5)


@pytest.fixture
def watched(build_world: Build) -> World:
    return build_world(roster=TEAM, reconciles=True)


def places(world: World) -> dict[str, datetime]:
    """Up to when each list is settled."""
    return {name: world.now - by for name, by in behind_by(world.program.desk, world.now).items()}


def poison(monkeypatch: pytest.MonkeyPatch, sids: Collection[str | None]) -> None:
    """Make it fail to take these recordings and calls."""

    def take(desk: Desk, posted: PostedRecording, now: datetime) -> str | None:
        if posted.recording_sid in sids:
            raise ValueError("poisoned")
        return take_recording(desk, posted, now)

    def learn(tx: Transaction, desk: Desk, details: CallDetails, now: datetime) -> bool:
        if details.call_sid in sids:
            raise ValueError("poisoned")
        return learn_call(tx, desk, details, now)

    monkeypatch.setattr("triage.services.reconciler.take_recording", take)
    monkeypatch.setattr("triage.services.reconciler.learn_call", learn)


@pytest.mark.thorough
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
    assert set(again.since.values()) == {watched.now - 2 * EVERY - timedelta(minutes=30)}


@pytest.mark.thorough
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
        take_look(desk, phones.traffic, look, lambda: watched.now)

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
        take_look(desk, phones.traffic, look, lambda: watched.now)

    assert set(places(watched).values()) == {late.begun_at}


@pytest.mark.parametrize(
    ("failing", "stay"), [("calls", ["calls", "recordings"]), ("recordings", ["recordings"]), ("texts", ["texts"])]
)
def test_a_list_that_fails_holds_up_no_other(
    failing: str, stay: list[str], watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = watched.now
    watched.phones.faults.drop = {Webhook.RECORDING}
    watched.phones.leave_voicemail(CALLER)

    def fail(_: datetime) -> None:
        raise OutcomeUnknown("no answer") if failing == "calls" else TypeError("an odd entry")

    with monkeypatch.context() as patched:
        patched.setattr(watched.phone_system.traffic, failing, fail)
        for hours in (1, 5):
            watched.clock.tick(timedelta(hours=hours))
            watched.sweep()
    held = [name for name, at in places(watched).items() if at <= began]
    before = len(watched.cases())
    watched.clock.tick(EVERY)
    watched.sweep()

    assert held == stay
    assert (before, len(watched.cases())) == (int(failing == "texts"), 1)
    assert set(places(watched).values()) == {watched.now}


@pytest.mark.thorough
def test_what_cannot_be_taken_holds_up_no_other(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.phones.faults.drop = {Webhook.RECORDING, Webhook.CALL_STATUS}
    calls = [watched.phones.leave_voicemail(f"+1216555000{number}") for number in range(3)]
    poisoned = {calls[0].sid, calls[1].recording_sid}
    with monkeypatch.context() as patched:
        poison(patched, poisoned)
        watched.clock.tick(EVERY)
        watched.sweep()
    before = len(watched.cases())
    watched.clock.tick(EVERY)
    watched.sweep()

    assert (before, len(watched.cases())) == (2, 3)
    with watched.program.desk.store.read() as session:
        known = marks.on_record(session, [call.sid for call in calls], [], [])
    assert known.ended_calls == {call.sid for call in calls}


@pytest.mark.thorough
def test_what_cannot_be_taken_for_a_day_is_told_of_once_by_its_sid(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.phones.faults.drop = {Webhook.RECORDING}
    sid = watched.phones.leave_voicemail(CALLER).recording_sid
    poison(monkeypatch, {sid})
    for span in (timedelta(minutes=2), timedelta(days=1), EVERY, EVERY):
        watched.clock.tick(span)
        watched.sweep()
        watched.advance(seconds=1)

    assert [entry.details for entry in watched.entries("given_up")] == [{"lists": {"recordings": [sid]}}]
    told = [body for body in watched.bodies(ADA) if body.startswith("Given up")]
    assert told == [
        f"Given up after a day: 1 recording that we could not take from Twilio. Look in its console for {sid}."
    ]


def test_a_list_that_is_behind_for_an_hour_is_told_of_once_until_it_moves_on(watched: World) -> None:
    watched.advance(minutes=10)
    at = wall_clock(max(places(watched).values()), watched.now, watched.program.desk.terms)
    watched.phones.faults.fail_reads = 1_000_000
    told = []
    for minutes in (59, 2, 70):
        watched.clock.tick(timedelta(minutes=minutes))
        watched.sweep()
        watched.advance(seconds=1)
        told.append(watched.bodies(ADA))

    words = (
        f"Twilio's list of calls, recordings and texts is settled up to {at} only: what its webhooks did not tell may"
        " be missing. Run afterhours doctor."
    )
    assert told == [[], [words], [words]]
    assert len(watched.entries("lists_behind")) == 1


def test_without_our_number_nothing_is_listed_and_the_log_says_so(sqlite_url: str, logs: Logs) -> None:
    wire = Wire(sqlite_url, twilio_from=None, twilio_messaging_service_sid="MG" + "1" * 32)

    begin(wire.program)

    assert behind_by(wire.program.desk, wire.program.now()) == {}
    [line] = logs.named("lists_not_read")
    assert line["level"] == "warning"
    wire.close()
