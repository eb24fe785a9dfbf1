"""A voicemail becomes a promise that is kept, priced and provable."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.support.fixtures import DANA, LEE, MARIA
from tests.support.world import CALLER, World
from triage.services.audit import verify_chain
from triage.services.sla_report import Question, sla_report


def test_a_voicemail_is_alerted_taken_called_back_and_billed(world: World) -> None:
    world.voicemail(CALLER, seconds=30, attested=True)

    assert world.bodies(LEE) == [
        (
            "1001 overnight: +16145550199 COLUMBUS OH.\n"
            "Call by 11:30 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
        )
    ]

    world.advance(minutes=3)
    assert world.text(LEE, "ack") == (
        "1001 is yours. Call +16145550199 or reply CALL or HEAR 1001. Call by 11:30 PM EST, 116 min left."
        "\nThen DONE 1001 <minutes> <note>. No answer: TRIED 1001"
    )

    world.advance(minutes=40)
    assert world.text(LEE, "DONE 35 replaced the gateway card") == (
        "1001 is closed: 35 min, after-hours rate, $247.50."
    )
    case = world.case()
    assert case["state"] == "closed"
    assert case["breached_at"] is None
    assert case["sessions"][0]["lines"][0]["amount"] == Decimal("247.50")
    report = sla_report(world.program.desk, Question(first=date(2026, 11, 20), last=date(2026, 11, 20)), world.now)
    assert (report["totals"]["count"], report["totals"]["met"]) == (1, 1)
    assert verify_chain(world.program.desk).first_bad is None
    assert world.bodies(DANA) == world.bodies(MARIA) == []
