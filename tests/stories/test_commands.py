"""The words that technicians text, and every answer in full."""

from __future__ import annotations

import pytest

from tests.support.fixtures import DANA, LEE, MARIA, SAM
from tests.support.world import World

OTHER_CALLER = "+12125550101"
YOURS = (
    "1001 is yours. Call +16145550199 or reply CALL or HEAR 1001. Call by 11:30 PM EST, 119 min left."
    "\nThen DONE 1001 <minutes> <note>. No answer: TRIED 1001"
)
NOTHING_OPEN = "No open case waits for you. Nothing was changed. MENU lists the words."


@pytest.mark.parametrize(
    "body", ["ACK", "ack", "1", "1.", " Ack! ", "ACK 1001", "ack #1001", "ACK1001", "Ack I am on it"]
)
def test_ack_in_any_form_takes_the_case(world: World, body: str) -> None:
    world.voicemail(attested=True)

    assert world.text(LEE, body) == YOURS
    assert world.case()["owner"] == "lee"


def test_ack_again_is_answered_the_same_and_changes_nothing(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "ACK")

    assert world.text(LEE, "ACK") == YOURS
    assert world.kinds().count("acknowledged") == 1


def test_ack_without_a_reference_is_asked_which_of_two(world: World) -> None:
    world.voicemail(attested=True)
    world.voicemail(OTHER_CALLER, attested=True)

    assert world.text(LEE, "ACK") == ("Which case? 1001 COLUMBUS OH; 1002 NEW YORK NY\nReply with its number only.")
    assert (world.text(LEE, "ACK 1002") or "").startswith(
        "1002 is yours. Call +12125550101 or reply CALL or HEAR 1002."
    )
    assert (world.text(LEE, "ACK") or "").startswith("1001 is yours. Call +16145550199 or reply CALL or HEAR 1001.")


def test_wrong_reference_is_said_to_be_wrong(world: World) -> None:
    world.voicemail(attested=True)

    assert world.text(LEE, "ACK 4711") == "There is no case 4711. Reply LIST for yours."
    assert world.case()["state"] == "open"


def test_case_of_somebody_else_stays_theirs(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=5, seconds=10)
    world.text(LEE, "ACK")
    world.advance(minutes=1)

    answers = [world.text(DANA, body) for body in ("ACK 1001", "PASS 1001", "ACK")]

    assert answers == [*["1001 is with Lee since 9:35 PM EST. Nothing for you to do."] * 2, NOTHING_OPEN]
    assert (world.case()["owner"], world.case()["state"]) == ("lee", "acknowledged")


@pytest.mark.thorough
def test_case_at_risk_can_be_taken_over_and_its_owner_hears_of_it(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=60)
    world.text(LEE, "ACK")
    world.advance(minutes=31)

    answer = world.text(MARIA, "ACK 1001")
    world.advance(seconds=1)

    assert "Lee has it; ACK 1001 takes it over" in world.bodies(MARIA)[-2]
    assert answer is not None
    assert answer.startswith("1001 is yours.")
    assert world.bodies(LEE)[-1].endswith("Maria has it now. Nothing for you to do.")
    assert world.case()["owner"] == "maria"


@pytest.mark.thorough
def test_callback_counts_whoever_made_it(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "ACK")
    world.advance(minutes=20)

    answer = world.text(DANA, "DONE 1001 20 was nearer to the phone")

    assert answer == "1001 is closed: 20 min, after-hours rate, $247.50."
    assert (world.case()["owner"], world.case()["state"]) == ("dana", "closed")


def test_done_with_no_minutes_worked_closes_without_a_price(world: World) -> None:
    world.voicemail(attested=True)

    world.text(LEE, "DONE")
    answer = world.text(LEE, "DONE 0 wrong number")

    assert answer == "1001 is closed: 0 min, not billed."
    assert world.case()["sessions"][0]["lines"] == []


def test_closed_case_cannot_be_changed(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE 10")
    before = world.case()

    answers = {world.text(LEE, body) for body in ("ACK 1001", "CALL 1001", "PASS 1001", "TRIED 1001")}

    assert answers == {"1001 is closed already. Nothing was changed."}
    assert world.case() == before


def test_nothing_open_is_said(world: World) -> None:
    assert [world.text(LEE, word) for word in ("ACK", "TRIED", "DONE 5", "PASS", "NOTE x")] == [NOTHING_OPEN] * 5


def test_done_without_minutes_asks_for_them_and_then_bills(world: World) -> None:
    world.voicemail(attested=True)

    first = world.text(LEE, "DONE rebooted the gateway")
    world.advance(minutes=61)
    second = world.text(LEE, "DONE 61")

    assert first == "1001 is yours, callback on record. How many minutes? Reply DONE 1001 <minutes> <note>"
    assert second == "1001 is closed: 61 min, after-hours rate, $371.25."
    assert "noted" in world.kinds()
    assert world.case()["callback_basis"] == "stated"


@pytest.mark.thorough
@pytest.mark.parametrize("body", ["DONE 1001 35 new card", "done 35 min new card"])
def test_done_reads_minutes_and_note_in_any_form(world: World, body: str) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=35)

    assert world.text(LEE, body) == "1001 is closed: 35 min, after-hours rate, $247.50."
    assert world.case()["sessions"][0]["note"] == "new card"


def test_done_ends_a_hang_up_in_review_without_a_bill(world: World) -> None:
    world.voicemail(seconds=1)

    assert world.text(LEE, "DONE 1001") == "1001 is closed: 0 min, not billed."
    assert (world.case()["state"], world.case()["sessions"]) == ("closed", [])


def test_tried_once_does_not_meet_the_promise(world: World) -> None:
    world.voicemail(attested=True)

    answer = world.text(LEE, "TRIED")

    assert answer == (
        "1001: attempt on record, unproven; Lee has it. Try again in 10 minutes. Call by 11:30 PM EST, 119 min left."
    )
    assert (world.case()["callback_made_at"], world.case()["owner"]) == (None, "lee")


def test_tried_twice_ten_minutes_apart_meets_the_promise(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "TRIED")
    world.advance(minutes=10)

    answer = world.text(LEE, "TRIED")

    assert answer == "1001: attempt on record, the promise is met by attempts. Reply DONE 1001 to close it."
    assert world.case()["callback_made_at"] == world.now
    assert world.text(LEE, "DONE") == "1001 is closed: 0 min, not billed."


def test_tried_twice_too_soon_counts_once(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "TRIED")
    world.advance(minutes=9, seconds=59)

    assert "unproven" in (world.text(LEE, "TRIED") or "")
    assert world.case()["callback_made_at"] is None


def test_note_is_kept_with_the_case(world: World) -> None:
    world.voicemail(attested=True)

    answers = [world.text(LEE, "NOTE 1001 gate code 4711"), world.text(SAM, "x"), world.text(LEE, "NOTE")]

    assert answers == ["1001: noted. Nobody has it yet.", None, "The note is empty. Reply NOTE 1001 and your words."]
    assert [event["details"] for event in world.case()["events"] if event["kind"] == "noted"] == [
        {"text": "gate code 4711"}
    ]


@pytest.mark.thorough
def test_list_names_my_cases_what_waits_and_what_somebody_took_and_did_not_call(world: World) -> None:
    world.voicemail(attested=True)
    world.voicemail(OTHER_CALLER, attested=True)
    world.voicemail("+12125550102", attested=True, emergency=True)
    world.text(LEE, "ACK 1001")

    first = [world.text(LEE, "LIST"), world.text(DANA, "list please")]
    world.text(DANA, "ACK 1003")
    world.advance(minutes=46)  # the hold of 1001 is over: it is Lee's still, and anybody may take it

    assert first == [
        "1001 +16145550199 11:30 PM EST (119 min left)\n2 waiting: 1003 EMERGENCY 11:30 PM EST, 1002 11:30 PM EST",
        (
            "You have no open case.\n2 waiting: 1003 EMERGENCY 11:30 PM EST, 1002 11:30 PM EST"
            "\n1 taken, no callback yet: 1001 11:30 PM EST (Lee)"
        ),
    ]
    assert world.text(LEE, "LIST") == (
        "1001 +16145550199 11:30 PM EST (73 min left)\n1 waiting: 1002 11:30 PM EST"
        "\n1 taken, no callback yet: 1003 EMERGENCY 11:30 PM EST (Dana)"
    )


def test_list_says_what_is_left_to_do_where_the_caller_was_called_back(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE")

    assert world.text(LEE, "LIST") == "1001 +16145550199 called back, send DONE"


@pytest.mark.thorough
@pytest.mark.parametrize("body", ["ACK 1001 1002", "ack 1001, 1002", "ACK 1001/1002 please"])
def test_command_that_names_two_cases_takes_neither_and_says_how(world: World, body: str) -> None:
    world.voicemail(attested=True)
    world.voicemail(OTHER_CALLER, attested=True)

    assert world.text(LEE, body) == (
        "One case at a time, please. Nothing was changed. Reply ACK 1001, then the next of 1001, 1002."
    )
    assert {case["owner"] for case in world.cases()} == {None}


@pytest.mark.thorough
def test_call_is_offered_only_where_it_dials(world: World) -> None:
    world.voicemail("+18765550102", attested=True)
    world.voicemail("+12125550101", withheld=True, attested=True)

    answers = [world.text(LEE, "ACK 1001"), world.text(LEE, "ACK 1002")]

    assert [(answer or "").split(" Call by")[0] for answer in answers] == [
        "1001 is yours. Call +18765550102 from your own phone; CALL may not dial it.",
        "1002 is yours. Their number is not known; the message may say it.",
    ]
    assert all("CALL" not in body for body in world.bodies(LEE)[:2])


@pytest.mark.thorough
def test_more_work_than_there_was_time_for_is_billed_and_marked(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=4)

    answer = world.text(LEE, "DONE 90 replaced the card")

    assert answer == (
        "1001 is closed: 90 min, after-hours rate, $371.25. The case is only 4 min 01 s old: managers see it."
    )
    assert "length_doubted" in world.kinds()
    [session] = world.case()["sessions"]
    assert (session["doubtful"], session["stated_minutes"], session["note"]) == (True, 90, "replaced the card")


def test_who_says_who_is_reached_and_who_after_that(team: World) -> None:
    assert team.text(LEE, "WHO") == (
        "Now: Lee Okafor (primary until Mon 8:00 AM EST)\n"
        "Then: Dana Whitfield (secondary until Mon 8:00 AM EST)\n"
        "Then: Sam Novak (everyone)\n"
        "Then: Maria Brandt (everyone)"
    )


def test_menu_lists_the_words(world: World) -> None:
    assert world.text(LEE, "menu") == (
        "ACK take, CALL ring me through, HEAR play, TRIED no answer, DONE 1042 35 note, PASS next, NOTE, LIST, WHO."
        " With more than one case add its number."
    )


def test_anything_else_is_answered_with_the_words(world: World) -> None:
    assert (world.text(LEE, "on my way!") or "").startswith(
        "Not understood: on my way!\nNothing was changed. Words: ACK, CALL, HEAR, TRIED, DONE"
    )


def test_somebody_else_may_close_a_case_that_was_called_back_and_the_callback_stays_whose_it_was(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE")
    world.advance(minutes=30)

    answer = world.text(DANA, "DONE 1001 30")

    case = world.case()
    assert answer == "1001 is closed: 30 min, after-hours rate, $247.50."
    assert (case["owner"], case["sessions"][0]["technician"]) == ("lee", "dana")
    assert [event["actor"] for event in case["events"] if event["kind"] == "closed"] == ["person:dana"]


@pytest.mark.thorough
def test_pass_that_is_sent_twice_passes_once(team: World) -> None:
    team.voicemail(attested=True)
    answers = [team.text(LEE, "PASS")]
    team.advance(seconds=1)
    answers += [team.text(LEE, "PASS"), team.text(LEE, "PASS 1001")]
    team.advance(seconds=5)

    assert answers == [
        "1001 passed on. Nobody has it yet; alerted now: Dana.",
        *["1001: passed already; Dana is being alerted."] * 2,
    ]
    assert team.bodies(MARIA) == []
    assert team.kinds().count("passed") == 1
