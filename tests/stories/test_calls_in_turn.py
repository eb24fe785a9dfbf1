"""Our own calls to one phone come one after the other, and nobody else waits for that."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.support.fixtures import DANA, LEE, TEAM
from tests.support.world import CALLER, Build, World
from triage.policy.ladder import Summons
from triage.services.alerts import alert
from triage.services.phone_lines import has_to_wait
from triage.store.models import Case, Delivery
from webhooks.simulator.faults import Webhook

CALLED_AT_ONCE = """
[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms", "voice"]

[[ladder.steps]]
after = "10m"
to = ["secondary"]
by = ["sms", "voice"]
"""
SECOND, THIRD = "+12125550101", "+12125550102"


@pytest.fixture
def lee_is_called(build_world: Build) -> World:
    """Lee's phone rings as soon as a voicemail was left; Dana's comes next."""
    return build_world(roster=TEAM, policy=CALLED_AT_ONCE)


def calls(world: World, since: datetime, to: str) -> list[str]:
    """When our calls to a phone went out."""
    return [page.split()[0] for page in world.pages(since, to=to) if page.endswith("call")]


def said_of(world: World, phone: str) -> list[str]:
    """Which case each call to a phone that was picked up spoke of."""
    return [sentence.split("case ")[1].split(".")[0].split(",")[0] for sentence in world.heard(phone)]


def test_second_case_rings_when_the_call_about_the_first_is_over(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.voicemail(attested=True)
    world.voicemail(SECOND, attested=True)

    world.advance(minutes=2)

    assert calls(world, left, LEE) == ["0:00", "0:20"]
    assert len(world.bodies(LEE)) == 2
    assert calls(world, left, DANA) == ["0:20", "0:40"]
    assert world.kinds("1002").count("call_waits") == 1


@pytest.mark.thorough
def test_emergency_is_the_next_call_however_long_others_wait(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "")
    world.voicemail(attested=True)
    world.voicemail(SECOND, attested=True)
    world.voicemail(THIRD, emergency=True, attested=True)

    world.advance(minutes=2)

    assert said_of(world, LEE)[:2] == ["1 0 0 1", "1 0 0 3"]
    assert said_of(world, LEE)[-1] == "1 0 0 2"


@pytest.mark.thorough
def test_who_talks_with_a_caller_is_not_rung_and_the_ladder_goes_on_at_its_time(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "2")
    world.phones.add_phone(CALLER, "Caller", talks_for=720)
    world.voicemail(attested=True)
    world.advance(seconds=59)
    left = world.now
    world.voicemail(SECOND, attested=True)

    world.advance(minutes=12)

    assert [page for page in world.pages(left, to=LEE) if page.startswith("0:")] == ["0:00 Lee sms"]
    assert calls(world, left, DANA) == ["10:00"]
    [conversation] = [call for call in world.phones.calls() if call.direction == "outbound-dial"]
    [talked, rung] = [call for call in world.phones.phone(LEE).calls if call.direction == "outbound-api"]
    assert conversation.seconds == 720
    assert rung.created_at == talked.ended_at


@pytest.mark.thorough
def test_call_whose_end_was_never_reported_keeps_the_line_for_two_minutes(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.faults.drop = {Webhook.CALL_STATUS}
    world.voicemail(attested=True)
    world.voicemail(SECOND, attested=True)

    world.advance(minutes=3)

    assert calls(world, left, LEE) == ["0:00", "2:01"]


@pytest.mark.thorough
def test_calls_about_one_case_that_wait_for_one_phone_become_one(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=CALLED_AT_ONCE.replace("10m", "10s").replace("secondary", "everyone"))
    left = world.now
    world.voicemail(SECOND, attested=True)
    world.voicemail(attested=True)

    world.advance(minutes=1, seconds=30)

    assert calls(world, left, LEE) == ["0:00", "0:20", "0:40"]


@pytest.mark.thorough
def test_call_that_waited_is_not_placed_after_a_later_one_that_went_first(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=CALLED_AT_ONCE.replace("10m", "112s").replace("secondary", "everyone"))
    left = world.now
    world.phones.faults.drop = {Webhook.CALL_STATUS}
    world.phones.faults.fail_reads = 1000  # nor is it asked what became of the calls
    world.voicemail(SECOND, attested=True)
    world.advance(seconds=9)
    world.voicemail(attested=True)

    world.advance(minutes=6)

    assert calls(world, left, LEE) == ["0:00", "2:02", "4:22"]  # the last about the first case again
    with world.program.desk.store.read() as session:
        of_second = select(Delivery).where(Delivery.phone == LEE, Delivery.channel == "voice", Delivery.case_id == 2)
        rows = session.scalars(of_second.order_by(Delivery.id)).all()
        assert [row.state == "dropped" for row in rows] == [True, False]


def test_rung_whose_call_waited_is_spent_although_an_earlier_rungs_call_was_repeated_meanwhile(
    build_world: Build,
) -> None:
    """The first call has no answer, and is proven not to be in the list just after the second has begun to wait."""
    first, last = CALLED_AT_ONCE.replace('"sms", ', "").split("\n\n")
    world = build_world(roster=TEAM, policy="\n\n".join([first, first.replace("0s", "45s"), last]))
    left = world.now
    world.phones.faults.fail_500 = 1
    world.voicemail(attested=True)

    world.advance(minutes=5)

    assert calls(world, left, LEE) == ["1:15"]
    assert calls(world, left, DANA) == ["1:35"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_call_is_left_to_a_later_one_only_where_that_one_will_be_made(team: World, is_taken: bool) -> None:
    """A call about a case at risk waits, then one of the ladder, which nobody needs once somebody has the case."""
    desk, now = team.program.desk, team.now
    team.voicemail(attested=True)
    if is_taken:
        team.text(DANA, "ACK 1001")
    with desk.store.write() as tx:
        case, [lee] = tx.session.get_one(Case, 1), [p for p in desk.roster(tx.session).people if p.phone == LEE]
        for number, reason in enumerate(("at_risk", "ladder")):
            at = now + timedelta(minutes=1 + number)
            alert(tx, case, [Summons(lee, ("voice",))], reason, terms=desk.terms, now=at)
        first, second = tx.session.scalars(select(Delivery).where(Delivery.channel == "voice").order_by(Delivery.id))

        assert has_to_wait(tx, desk, first, now) is not is_taken
        assert first.state == ("planned" if is_taken else "dropped")
        assert not has_to_wait(tx, desk, second, now)
