"""A node that stands still between its claim and its result: somebody else has the row by then, and it stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.support.fixtures import LEE
from tests.support.world import World
from triage.policy.retry import SENDING_LEASE
from triage.ports import Accepted, Found, Outgoing, Sends
from triage.services import dispatch
from triage.services.escalation import run_due_timers

CALLER = "+16145550177"


def claimed(team: World) -> list[dispatch.Errand]:
    """What a node takes in hand, and does not send yet."""
    run_due_timers(team.program.desk, team.now)
    return dispatch.claim_due(team.program.desk, team.now, 8)


def carry_out(team: World, errand: dispatch.Errand) -> None:
    dispatch.run(errand, team.program.desk, team.phone_system.transports, team.program.clock.now)


@dataclass
class StandsStill:
    """A sender whose process is stopped once the phone system has taken the message, until another node claimed it."""

    inner: Sends
    team: World
    others: list[dispatch.Errand]

    def send(self, outgoing: Outgoing) -> Accepted:
        accepted = self.inner.send(outgoing)
        self.team.clock.tick(SENDING_LEASE)
        self.others += dispatch.claim_due(self.team.program.desk, self.team.now, 8)
        return accepted

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:
        return self.inner.sent_to(phone, since)


def test_who_wakes_up_after_its_lease_sends_nothing(team: World) -> None:
    team.phones.leave_voicemail(CALLER)
    [alert] = [errand for errand in claimed(team) if errand.phone == LEE]

    team.clock.tick(SENDING_LEASE)
    carry_out(team, alert)

    assert team.bodies(LEE) == []
    team.advance(minutes=2)
    assert [body.split(" ")[0] for body in team.bodies(LEE)] == ["(repeat)"]


def test_a_result_that_comes_after_the_lease_is_not_written(team: World) -> None:
    team.phones.faults.drop_reports = True
    team.phones.leave_voicemail(CALLER)
    [alert] = [errand for errand in claimed(team) if errand.phone == LEE]
    transports, others = dict(team.phone_system.transports), list[dispatch.Errand]()
    transports["sms"] = StandsStill(transports["sms"], team, others)
    stopped = replace(team.phone_system, transports=transports)

    dispatch.run(alert, team.program.desk, stopped.transports, team.program.clock.now)

    assert "delivery_accepted" not in team.kinds()
    [search] = [errand for errand in others if errand.delivery_id == alert.delivery_id]
    carry_out(team, search)
    team.advance(minutes=2)
    assert len(team.bodies(LEE)) == 1
    assert team.kinds().count("delivery_accepted") == 1
