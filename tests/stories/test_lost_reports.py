"""No report tells what became of a text or call: the phone system is asked, and its answer counts as one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from tests.support.fixtures import ADA, LEE
from tests.support.world import World
from triage.services import lost_reports
from triage.services.vital_signs import Due, what_is_due
from triage.store.models import Delivery
from webhooks.simulator.faults import Webhook
from webhooks.simulator.phone_system import Behaviour

REPORTS = {Webhook.MESSAGE_STATUS, Webhook.CALL_STATUS}


def to_lee(world: World) -> list[tuple[str, str, bool]]:
    """By what it went, what became of it, and whether that is still to be asked."""
    with world.store.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.phone == LEE).order_by(Delivery.id)).all()
        return [(row.channel, row.state, row.ask_at is not None) for row in rows]


def test_failure_whose_report_was_lost_moves_the_ladder_on_within_minutes_and_is_told(team: World) -> None:
    left = team.now
    team.phones.set_behaviour(LEE, Behaviour.DEAD)
    team.phones.faults.drop = REPORTS
    team.voicemail(attested=True)
    team.advance(seconds=10)
    assert to_lee(team) == [("sms", "accepted", True)]
    team.phones.faults.drop = set()

    team.advance(minutes=4)

    assert to_lee(team)[0] == ("sms", "failed", False)
    told = [body for body in team.bodies(ADA) if body.startswith("The alert")]
    assert told == [
        "The alert by SMS to Lee Okafor failed: the phone is off or has no signal (30003). It was about 1001."
    ]
    assert {"3:00 Ada sms", "3:00 Lee call"} < set(team.pages(left)), "two minutes before the ladder's next step"


def test_calls_of_whose_end_nothing_was_heard_rang_unheard_and_the_texts_arrived(team: World) -> None:
    team.phones.set_behaviour(LEE, Behaviour.ASLEEP)
    team.phones.faults.drop = REPORTS
    team.voicemail(emergency=True)
    team.advance(minutes=1)
    assert to_lee(team) == [("sms", "accepted", True), ("voice", "accepted", True)]

    team.phones.faults.fail_reads = 2  # no answer to the first questions

    team.advance(minutes=4)

    assert to_lee(team)[:2] == [("sms", "delivered", False), ("voice", "failed", False)]
    with team.store.read() as session:
        assert "nobody picked up" in session.scalars(select(Delivery.reason).where(Delivery.phone == LEE)).all()


def test_text_that_no_carrier_confirms_is_asked_about_for_a_day_by_one_node_at_a_time(team: World) -> None:
    team.phones.faults.drop = REPORTS
    team.voicemail(attested=True)
    [message] = [each for each in team.phones.messages() if each.to == LEE]
    team.phones.exchange.change_message(message.sid, status="sent")
    asked = []
    while (at := _asked_next(team)) is not None:
        team.clock.move_to(at)
        questions = lost_reports.claim_questions(team.program.desk, team.now, 9)
        assert lost_reports.claim_questions(team.program.desk, team.now, 9) == []
        for question in questions:
            lost_reports.ask(team.program.desk, team.phone_system.transports, question, lambda: team.now)
        asked.append(at - message.created_at)

    assert [round(span / timedelta(minutes=1)) for span in asked] == [3, 6, 16, 61, 1441]
    assert to_lee(team)[0] == ("sms", "sent", False)
    assert Due.QUESTION not in what_is_due(team.program.desk, team.now)


def test_what_a_clock_two_days_ahead_asked_for_the_last_time_is_asked_again_once_it_is_put_back(team: World) -> None:
    team.phones.faults.drop = REPORTS
    team.voicemail(attested=True)
    [message] = [each for each in team.phones.messages() if each.to == LEE]
    team.phones.exchange.change_message(message.sid, status="sent")
    left = team.now
    team.clock.move_to((left + timedelta(days=2)).replace(tzinfo=None))
    team.settle()
    assert _asked_next(team) is None

    team.clock.move_to((left + timedelta(minutes=1)).replace(tzinfo=None))
    team.settle()

    asked_next = _asked_next(team)
    assert asked_next is not None
    assert asked_next - left <= timedelta(minutes=3)


def _asked_next(world: World) -> datetime | None:
    with world.store.read() as session:
        return session.scalar(select(Delivery.ask_at).where(Delivery.phone == LEE).order_by(Delivery.id).limit(1))
