"""A caller who shows no number and says nothing: nobody can be called, and the case can say so."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.fixtures import LEE, MARIA
from tests.support.world import World
from triage.services import reopening
from triage.services.sla_report import Question, sla_report
from triage.store import cases

CLOSED = "1001 closed: nobody to call. Not billed, no promise counted."


def figures(world: World) -> tuple[int, int, int]:
    asked = Question(first=date(2026, 11, 20), last=date(2026, 11, 21))
    totals = sla_report(world.program.desk, asked, world.now)["totals"]
    return totals["met"], totals["breached"], totals["open"]


def test_case_with_no_number_and_no_words_is_closed_as_nobodys_and_counts_as_no_promise(world: World) -> None:
    world.voicemail(withheld=True, silent=True, attested=True)
    assert world.bodies(LEE)[0].endswith("Nobody to call: reply DONE 1001 0")

    answers = [world.text(LEE, body) for body in ("TRIED 1001", "CALL 1001", "ACK 1001", "DONE 1001 0 no trace")]

    assert answers == [
        "1001: there is no number to try. Nothing was changed. Reply DONE 1001 0 to close it.",
        "1001 is yours: no number and no words, nobody to call. Reply DONE 1001 0.",
        "1001 is yours. No number and no words: nobody to call. Reply DONE 1001 0.",
        CLOSED,
    ]
    case = world.case()
    assert (case["state"], case["callback_due"], case["callback_made_at"]) == ("closed", None, None)
    assert "nobody_to_call" in case["flags"]
    [closed] = [event["details"] for event in case["events"] if event["kind"] == "closed"]
    assert closed["reason"] == "nobody to call: no number, and no message that could name one"
    assert closed["note"] == "no trace"
    assert (case["sessions"], figures(world)) == ([], (0, 0, 0))
    world.advance(hours=3)
    assert world.case()["breached_at"] is None


@pytest.mark.thorough
def test_such_a_case_that_is_opened_again_owes_its_first_deadline(world: World) -> None:
    world.voicemail(withheld=True, silent=True, attested=True)
    due = world.case()["callback_due"]
    world.advance(hours=3)
    assert figures(world) == (0, 1, 0)
    assert world.text(MARIA, "DONE 1001 0") == CLOSED
    assert figures(world) == (0, 0, 0)

    desk, now = world.program.desk, world.now
    with desk.store.write() as tx:
        case = cases.by_reference(tx.session, "1001")
        assert case is not None
        why = {"reason": "they rang the office", "by": "Maria", "actor": "account:1"}
        reopening.reopen(tx, desk, case, was_called=False, now=now, **why)
    world.advance(seconds=1)

    assert (world.case()["state"], world.case()["callback_due"]) == ("open", due)
    assert "nobody_to_call" not in world.case()["flags"]
    assert figures(world) == (0, 1, 0)


def test_message_with_words_may_say_the_number_so_it_can_be_tried_and_is_owed(world: World) -> None:
    world.voicemail(withheld=True, attested=True)

    assert "attempt on record" in (world.text(LEE, "TRIED 1001") or "")
    assert "stays open: no callback is on record" in (world.text(LEE, "DONE 1001 0") or "")
