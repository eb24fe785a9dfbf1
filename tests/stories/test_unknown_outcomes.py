"""The phone system does not say whether it took an alert: it is looked for, and repeated only if it is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from sqlalchemy import select

from tests.support.fixtures import LEE, TEAM
from tests.support.wire import Wire, call_form
from tests.support.world import Build, World
from triage.errors import OutcomeUnknown
from triage.policy.delivery import DeliveryState
from triage.ports import Accepted, Found, Outgoing
from triage.services import dispatch
from triage.services.vital_signs import what_is_due
from triage.store.models import Delivery
from triage.transports.twilio_voice import TwilioVoice

ALERT = (
    "1001 overnight: +16145550199 COLUMBUS OH.\nCall by 11:30 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
)


@pytest.mark.parametrize(
    ("fault", "is_reported"), [("accept_then_hang", True), ("accept_then_hang", False), ("accept_then_500", False)]
)
def test_alert_that_went_out_without_an_answer_is_never_doubled(team: World, fault: str, is_reported: bool) -> None:
    setattr(team.phones.faults, fault, 1)
    team.phones.faults.drop_reports = not is_reported

    team.voicemail(attested=True)
    team.advance(minutes=4)

    assert team.bodies(LEE) == [ALERT]
    assert team.kinds().count("delivery_unknown") == 1
    assert "delivery_repeated" not in team.kinds()


@pytest.mark.parametrize("fault", ["fail_500", "unreachable"])
def test_alert_that_is_not_in_the_list_is_repeated_and_says_so(team: World, fault: str) -> None:
    left = team.now
    setattr(team.phones.faults, fault, 1)

    team.voicemail(attested=True)
    team.advance(minutes=4)

    assert team.bodies(LEE) == [f"(repeat) {ALERT}".replace("120 min", "119 min")]
    assert team.pages(left) == ["0:40 Lee sms"]


def test_nothing_is_repeated_while_the_list_cannot_be_read(team: World) -> None:
    left = team.now
    team.phones.faults.fail_500 = 1
    team.phones.faults.fail_reads = 26  # more than three minutes; six are for the recording

    team.voicemail(attested=True)
    team.advance(minutes=4, seconds=30)

    assert team.pages(left) == ["3:50 Lee sms"]


@pytest.mark.thorough
def test_list_that_never_answers_is_given_up_after_ten_minutes(team: World) -> None:
    left = team.now
    team.phones.faults.fail_500 = 1
    team.phones.faults.fail_reads = 10_000

    team.voicemail(attested=True)
    team.advance(minutes=11)

    assert team.pages(left, to=LEE)[-1] == "10:00 Lee sms"
    assert team.bodies(LEE)[-1] == f"(repeat) {ALERT}".replace("120 min", "110 min")


def test_nobody_is_paged_again_about_a_case_that_somebody_took_meanwhile(team: World) -> None:
    team.phones.faults.fail_500 = 1
    team.voicemail(attested=True)
    team.text(LEE, "ACK")

    team.advance(minutes=10)

    assert len(team.bodies(LEE)) == 1  # our answer


def test_refusal_for_too_many_requests_is_tried_again_soon(team: World) -> None:
    left = team.now
    team.phones.faults.refuse_429 = 2

    team.voicemail(attested=True)
    team.advance(minutes=1)

    assert team.pages(left) == ["0:03 Lee sms"]


@pytest.mark.thorough
def test_refusal_that_does_not_end_moves_the_ladder_on(team: World) -> None:
    left = team.now
    team.phones.faults.refuse_429 = 6

    team.voicemail(attested=True)
    team.advance(minutes=1)

    assert team.pages(left)[:3] == ["0:31 Ada sms", "0:31 Lee call", "0:31 Lee sms"]


@pytest.mark.thorough
def test_calls_of_unknown_outcome_are_found_in_the_list_too(team: World) -> None:
    left = team.now
    team.phones.faults.accept_then_hang = 4
    team.phones.faults.drop_reports = True

    team.voicemail(emergency=True, attested=True)
    team.advance(minutes=1)

    assert team.pages(left)[:4] == ["0:00 Dana call", "0:00 Dana sms", "0:00 Lee call", "0:00 Lee sms"]
    assert team.pages(left)[4] == "0:30 Ada sms"  # they had rung out: everyone comes next
    assert team.kinds().count("delivery_unknown") == 4
    assert "delivery_repeated" not in team.kinds()


@pytest.mark.parametrize("fault", ["double_reports", "reverse_reports"])
def test_reports_doubled_or_reversed_change_nothing(team: World, fault: str) -> None:
    left = team.now
    setattr(team.phones.faults, fault, True)

    team.voicemail(attested=True)
    team.advance(minutes=5, seconds=30)

    assert team.pages(left) == ["0:00 Lee sms", "5:00 Lee call", "5:00 Lee sms", "5:20 Lee call"]


def test_without_any_report_the_ladder_climbs_by_its_own_clock(team: World) -> None:
    left = team.now
    team.phones.faults.drop_reports = True
    team.phones.faults.fail_reads = 1000  # and it does not say what became of them when it is asked

    team.voicemail(attested=True)
    team.advance(minutes=15)

    assert team.pages(left)[:3] == ["0:00 Lee sms", "5:00 Lee call", "5:00 Lee sms"]
    to_technicians = [page for page in team.pages(left)[3:] if "Ada" not in page]
    assert to_technicians == ["7:00 Lee call", "15:00 Dana call", "15:00 Dana sms"]


@pytest.mark.thorough
def test_search_tells_the_alerts_of_two_cases_apart(team: World) -> None:
    team.phones.faults.drop_reports = True
    team.phones.faults.accept_then_hang = 1
    team.voicemail("+12125550101", attested=True)
    team.phones.faults.fail_500 = 1
    team.voicemail("+12125550102", attested=True)

    team.advance(minutes=3)

    assert [body.split(" overnight")[0] for body in team.bodies(LEE)] == ["1001", "(repeat) 1002"]


@pytest.mark.thorough
@dataclass
class AnswersLate:
    """Takes a call, whose first report comes before an answer that never does."""

    inner: TwilioVoice
    world: World

    def send(self, outgoing: Outgoing) -> Accepted:
        accepted = self.inner.send(outgoing)
        form = call_form(CallSid=accepted.provider_sid, CallStatus="initiated", Direction="outbound-api")
        Wire.of(self.world).post("/twilio/call-status", form, query=f"delivery={outgoing.delivery_id}")
        raise OutcomeUnknown("no answer in time")

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:
        return self.inner.sent_to(phone, since)

    def hang_up(self, provider_sid: str) -> None:
        self.inner.hang_up(provider_sid)


def test_call_of_which_a_report_told_before_the_answer_rings_on(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy='alert_call.rings_for = "90s"')
    voice = cast("TwilioVoice", world.phone_system.transports["voice"])
    late = {**world.phone_system.transports, "voice": AnswersLate(voice, world)}
    world.phone_system = replace(world.phone_system, transports=late)

    world.voicemail(emergency=True, attested=True)
    world.advance(minutes=1)

    assert {call.status for call in world.phones.calls() if call.direction == "outbound-api"} == {"ringing"}
    assert not what_is_due(world.program.desk, world.now)


def rung_at_once(world: World, phone: str) -> list[str]:
    """The calls of ours that began while another one to the same phone was not over."""
    calls = [call for call in world.phones.calls() if call.to == phone]
    return [
        later.sid
        for earlier, later in pairwise(calls)
        if earlier.ended_at is None or later.created_at < earlier.ended_at
    ]


@pytest.mark.thorough
def test_call_that_may_be_ringing_is_not_placed_again_before_its_ring_time_is_over(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy='alert_call.rings_for = "90s"')
    world.phones.faults.accept_then_hang = 4
    world.phones.faults.drop_reports = True
    world.phones.faults.lists_lag = timedelta(minutes=30)

    world.voicemail(emergency=True, attested=True)
    world.advance(minutes=4)

    assert "delivery_repeated" in world.kinds()
    assert rung_at_once(world, LEE) == []


def test_call_of_unknown_outcome_that_somebody_picks_up_is_not_placed_again(team: World) -> None:
    team.phones.set_keys(LEE, "9,9,9")
    team.phones.faults.accept_then_hang = 4
    team.phones.faults.drop_reports = True
    team.phones.faults.lists_lag = timedelta(minutes=30)

    left = team.now
    team.voicemail(emergency=True, attested=True)
    team.advance(minutes=2)

    assert rung_at_once(team, LEE) == []
    assert [page for page in team.pages(left, to=LEE) if page.endswith("call")] == ["0:00 Lee call"]


@dataclass
class Lists:
    """A provider whose list holds these texts."""

    found: Sequence[Found]

    def send(self, outgoing: Outgoing) -> Accepted:
        raise AssertionError("nothing is sent here")

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:
        return self.found


def test_two_searches_for_the_same_words_find_one_text_each(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, now = world.program.desk, world.now
    with desk.store.write() as tx:
        for _ in range(2):
            row = {"channel": "sms", "body": "No backup.", "state": "unknown", "phone": LEE, "person_id": "lee"}
            at = {"created_at": now, "started_at": now, "next_attempt_at": now}
            tx.session.add(Delivery(**row, **at, attempts=1, is_held=False))
    one, two = dispatch.claim_due(desk, now, 8)
    sids = ["SM" + letter * 32 for letter in "ab"]
    texts = Lists(
        [Found(provider_sid=sid, text="No backup.", created_at=now, state=DeliveryState.SENT) for sid in sids]
    )
    match, others = dispatch._match, [two]

    def match_while_another_search_ends(*given: Any) -> Found | None:
        found = match(*given)
        if others:
            dispatch.run(others.pop(), desk, {"sms": texts}, lambda: now)
        return found

    monkeypatch.setattr(dispatch, "_match", match_while_another_search_ends)
    dispatch.run(one, desk, {"sms": texts}, lambda: now)
    dispatch.run(one, desk, {"sms": texts}, lambda: now)

    with desk.store.read() as session:
        assert set(session.scalars(select(Delivery.provider_sid))) == set(sids)
