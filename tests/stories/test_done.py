"""DONE within its bounds: what is too long is asked for twice, what is wrong is corrected, nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.callbacks import call_back
from tests.support.fixtures import DANA, LEE
from tests.support.world import World
from triage.services.records import billing_report

ALREADY = "1001 is closed already. Nothing was changed."
BY_MANAGER = f"{ALREADY} A manager can correct it in the console."
NO_CALLBACK = (
    "1001 stays open: no callback is on record. No answer: TRIED 1001. You spoke with them: DONE 1001, then DONE 1001 0"
)


def billed(world: World) -> list[tuple[str, int, str, bool]]:
    day = world.case()["closed_at"].date()
    lines = billing_report(world.program.desk, day - timedelta(days=1), day + timedelta(days=1))
    return [(line["technician"], line["minutes"], str(line["amount"]), line["corrected"]) for line in lines]


def test_more_minutes_than_the_policy_believes_are_asked_for_twice_and_lose_nothing(world: World) -> None:
    world.voicemail(attested=True)

    said = ("DONE 500 new card", "DONE 1001 10h", "DONE 1001 1500", "DONE 1001 500 sure, new card")
    answers = [world.text(LEE, body) for body in said]

    ask = "1001: callback on record, still open. More than 8 hours? Reply DONE 1001 {} SURE, or DONE 1001 and"
    assert answers[:3] == [f"{ask.format(minutes)} the right minutes." for minutes in (500, 600, 1500)]
    assert (answers[3] or "").startswith("1001 is closed: 500 min, after-hours rate, $2103.75.")
    assert world.case()["callback_basis"] == "stated"
    assert [event["details"]["text"] for event in world.case()["events"] if event["kind"] == "noted"] == ["new card"]
    assert world.case()["sessions"][0]["note"] == "new card"


@pytest.mark.parametrize("odd", ["-5", "1.5h", "+20", "12000min", "100h", "12:30"])
def test_number_that_is_no_number_of_minutes_is_said_to_be_none(world: World, odd: str) -> None:
    world.voicemail(attested=True)

    answer = world.text(LEE, f"DONE 1001 {odd} new card")

    how = "Nothing was changed. Reply DONE 1001 35 or DONE 1001 1h30, and your note."
    assert answer == f"1001: {odd} is no number of minutes. {how}"
    assert (world.case()["state"], world.case()["callback_made_at"]) == ("open", None)


def test_done_0_is_no_callback_and_asks_what_happened(world: World) -> None:
    world.voicemail(attested=True)

    refused = [world.text(LEE, "DONE 0 wrong number"), world.text(LEE, "TRIED"), world.text(LEE, "DONE 1001 0")]
    before = world.case()
    world.text(LEE, "DONE 1001")

    assert (refused[0], refused[2]) == (NO_CALLBACK, NO_CALLBACK)
    assert (before["state"], before["callback_made_at"]) == ("acknowledged", None)
    assert world.text(LEE, "DONE 1001 0") == "1001 is closed: 0 min, not billed."


@pytest.mark.thorough
def test_second_done_of_the_same_person_corrects_the_first_and_the_history_keeps_both(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=50)
    world.text(LEE, "DONE 1001 350 new card")
    wrong = world.case()["sessions"][0]
    world.advance(hours=23)

    answers = [world.text(LEE, body) for body in ("DONE 1001", "DONE 1001 350", "DONE 1001 35", "DONE 1001 500")]

    assert answers == [
        f"{ALREADY} To correct its minutes reply DONE 1001 <minutes> <note>",
        "1001 has 350 min already, $1485.00. Nothing was changed.",
        "1001 is corrected: 35 min, after-hours rate, $247.50. Before: 350 min, $1485.00.",
        "1001 is unchanged. More than 8 hours? Reply DONE 1001 500 SURE, or DONE 1001 and the right minutes.",
    ]
    [corrected] = [event for event in world.case()["events"] if event["kind"] == "session_corrected"]
    assert (corrected["actor"], corrected["at"]) == ("person:lee", world.now)
    assert corrected["details"]["before"] == {
        "rate": "after_hours",
        "clauses": ["W3", "W6", "R1"],
        "minutes": 350, "stated_minutes": 350, "note": "new card", "amount": "1485.00",
        "arithmetic": wrong["lines"][0]["arithmetic"],
    }  # fmt: skip
    assert {name: corrected["details"]["after"][name] for name in ("minutes", "note", "amount")} == {
        "minutes": 35, "note": "new card", "amount": "247.50",
    }  # fmt: skip
    assert billed(world) == [("lee", 35, "247.50", True)]
    assert (world.case()["sessions"][0]["corrected"], wrong["corrected"]) == (True, False)
    world.text(LEE, "DONE 1001 0 wrong case")
    assert (billed(world), world.case()["sessions"][0]["note"]) == ([], "wrong case")
    told = [event for event in world.case()["events"] if event["kind"] in {"billed", "billed_anew", "not_billed"}]
    assert [(event["kind"], event["details"]["amount"], event["details"].get("before")) for event in told] == [
        ("billed", "1485.00", None), ("billed_anew", "247.50", "1485.00"), ("billed_anew", None, "247.50"),
    ]  # fmt: skip


@pytest.mark.thorough
def test_measured_time_stays_in_a_correction_and_only_who_closed_the_case_corrects_it_and_not_for_long(
    world: World,
) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=125)
    world.text(LEE, "DONE 1001 90")

    assert (world.text(DANA, "DONE 1001 9") or "").startswith("1001: closed by Lee at 9:3")
    assert world.text(LEE, "DONE 1001 9") == (
        "1001 is corrected: 12 min, after-hours rate, $247.50. Before: 93 min, $495.00."
        " The case is only 6 min 01 s old: managers see it."
    )
    world.advance(hours=25)
    assert [world.text(LEE, body) for body in ("DONE 1001 10", "DONE 1001")] == [BY_MANAGER, BY_MANAGER]
    assert billed(world) == [("lee", 12, "247.50", True)]


@pytest.mark.thorough
def test_correction_repeats_the_doubt_also_after_sure_and_its_own_figure_is_no_correction(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=4)

    said = ("DONE 1001 90", "DONE 1001 1h30", "DONE 1001 100", "DONE 1001 500 SURE")
    answers = [world.text(LEE, body) or "" for body in said]

    assert answers[1] == "1001 has 90 min already, $371.25. Nothing was changed."
    doubt = " The case is only 4 min 01 s old: managers see it."
    assert [answer.endswith(doubt) for answer in answers] == [True, False, True, True]
    assert (world.text(LEE, "DONE 1001 4") or "").endswith("Before: 500 min, $2103.75.")


@pytest.mark.thorough
def test_whoever_asks_about_a_closed_case_hears_who_closed_it(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=20)
    world.text(LEE, "DONE 1001 10")
    world.advance(minutes=5)

    closed = "closed by Lee at 9:50 PM EST"
    refused = f"1001: {closed}. Nothing was changed. A manager can correct it in the console."
    answers = [world.text(DANA, f"{word} 1001") for word in ("DONE", "ACK", "PASS", "TRIED", "CALL")]
    assert answers == [refused] * 5
    assert world.text(DANA, "NOTE 1001 a new card") == f"1001: noted. It was {closed}."
    world.advance(minutes=2)
    assert (world.text(DANA, "HEAR 1001") or "").endswith(f"It was {closed}.")


@pytest.mark.thorough
def test_done_after_the_deadline_says_how_late_the_callback_was(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(hours=2, minutes=6)

    assert world.text(LEE, "DONE 1001 10") == (
        "1001 is closed: 10 min, after-hours rate, $247.50. Callback 11:36 PM EST, 6 min late."
    )


@pytest.mark.thorough
def test_number_that_is_written_as_a_word_is_said_to_be_none_where_minutes_are_needed(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=50)

    assert world.text(LEE, "DONE 1001 five") == (
        "1001 is yours, callback on record. five is no number of minutes. Reply DONE 1001 <minutes> <note>"
    )
    assert world.text(LEE, "DONE 1001 5 two phones") == "1001 is closed: 5 min, after-hours rate, $247.50."
