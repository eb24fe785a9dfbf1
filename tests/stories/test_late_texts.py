"""Texts that no webhook told us of are done as if they had come in time, where they still mean one thing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fixtures import ADA, DANA, LEE, MARIA, TEAM
from tests.support.world import CALLER, Build, World
from triage.services import records

MINUTE = timedelta(minutes=1)
OTHER_CALLER = "+12165550123"


@pytest.fixture
def watched(build_world: Build) -> World:
    return build_world(roster=TEAM, reconciles=True)


def lose(world: World, sender: str, body: str) -> None:
    """A text whose webhook never arrives."""
    world.phones.faults.drop_webhooks = True
    world.phones.text(sender, body)
    world.phones.faults.drop_webhooks = False


def sleep_through(world: World, **span: float) -> None:
    """Time passes in which nothing of ours runs; then it starts again."""
    world.clock.tick(timedelta(**span))
    world.restart()
    world.advance(seconds=1)


def answers(world: World, number: str = LEE) -> list[str]:
    return [body for body in world.bodies(number) if body.startswith("Your text of")]


@pytest.mark.thorough
def test_a_done_of_the_outage_keeps_the_promise_that_it_kept(watched: World) -> None:
    watched.voicemail()
    watched.advance(minutes=100)
    sent = watched.now.replace(microsecond=0)
    lose(watched, LEE, "DONE 35 new card")
    sleep_through(watched, hours=3)

    case = watched.case()
    assert (case["state"], case["owner"]) == ("closed", "lee")
    assert case["callback_made_at"] == sent
    assert case["breached_at"] is None
    assert [kind for kind in watched.kinds() if kind.startswith("breach")] == ["breached", "breach_withdrawn"]
    assert answers(watched) == [
        'Your text of Fri 11:10 PM EST "DONE 35 new card": 1001 is closed: 35 min, after-hours rate, $247.50.'
    ]
    assert watched.bodies(MARIA)[-1].endswith("Not overdue: Lee called back in time, Fri 11:10 PM EST.")


def test_an_ack_counts_from_when_it_was_sent(watched: World) -> None:
    watched.voicemail()
    watched.advance(minutes=2)
    sent = watched.now.replace(microsecond=0)
    lose(watched, LEE, "ACK")
    watched.advance(minutes=7)

    case = watched.case()
    assert (case["state"], case["owner"], case["acknowledged_at"]) == ("acknowledged", "lee", sent)
    assert len(answers(watched)) == 1


@pytest.mark.thorough
def test_commands_and_voicemails_are_taken_in_their_order(watched: World) -> None:
    watched.voicemail()
    watched.advance(minutes=2)
    lose(watched, LEE, "ACK 1001")
    watched.advance(seconds=20)
    lose(watched, LEE, "PASS 1001")
    watched.advance(seconds=20)
    lose(watched, DANA, "ACK 1001")
    watched.advance(minutes=7)

    assert [kind for kind in watched.kinds() if kind in {"acknowledged", "passed"}] == [
        "acknowledged",
        "passed",
        "acknowledged",
    ]
    assert watched.case()["owner"] == "dana"


@pytest.mark.thorough
def test_a_command_never_means_a_case_that_its_sender_could_not_know(watched: World) -> None:
    watched.voicemail()
    watched.text(DANA, "ACK 1001")
    lose(watched, LEE, "ACK")  # it means 1001, which he was alerted about
    watched.advance(seconds=1)
    watched.voicemail(OTHER_CALLER)
    watched.advance(minutes=6)

    assert watched.case("1002")["acknowledged_at"] is None
    assert "1001 is with Dana" in answers(watched)[0]


@pytest.mark.thorough
def test_a_command_that_could_mean_two_cases_is_asked_for_again(watched: World) -> None:
    watched.voicemail()
    watched.voicemail(OTHER_CALLER)
    lose(watched, LEE, "DONE 35")
    watched.advance(minutes=6)

    assert {case["state"] for case in watched.cases()} == {"open"}
    assert answers(watched)[0].endswith(
        "could mean another case by now. Nothing was done. Send DONE and the number again."
    )


@pytest.mark.thorough
def test_a_case_that_was_closed_meanwhile_is_not_mistaken_for_another(watched: World) -> None:
    watched.voicemail()
    watched.voicemail(OTHER_CALLER)
    watched.text(LEE, "ACK 1001")
    lose(watched, LEE, "DONE 35")
    watched.text(DANA, "DONE 1001 20")
    watched.advance(minutes=6)

    assert watched.case("1002")["state"] == "open"


def test_a_text_that_its_sender_repeated_is_done_once(watched: World) -> None:
    watched.voicemail()
    lose(watched, LEE, "DONE 35")
    watched.advance(seconds=30)
    watched.text(LEE, "done  35")
    watched.advance(minutes=6)

    assert [session["minutes"] for session in watched.case()["sessions"]] == [35]
    assert answers(watched) == []


def test_a_text_that_its_sender_has_overtaken_undoes_nothing(watched: World) -> None:
    watched.voicemail()
    watched.text(LEE, "ACK 1001")
    lose(watched, LEE, "PASS 1001")
    watched.advance(seconds=30)
    watched.text(LEE, "TRIED 1001")
    watched.advance(minutes=6)

    assert watched.case()["owner"] == "lee"
    assert answers(watched)[0].endswith("nothing was done. Send it again if it still holds.")


@pytest.mark.thorough
def test_a_call_is_of_the_moment(watched: World) -> None:
    watched.voicemail()
    lose(watched, LEE, "CALL 1001")
    watched.advance(minutes=6)

    assert watched.case()["owner"] is None
    assert answers(watched)[0].endswith("Send CALL again if it still holds.")


def test_an_old_stop_does_not_undo_a_later_start(watched: World) -> None:
    lose(watched, LEE, "STOP")
    watched.advance(seconds=10)
    watched.text(LEE, "START")
    watched.advance(minutes=6)
    watched.voicemail()

    assert watched.bodies(LEE)[-1].startswith("1001 overnight")


def test_a_stop_that_was_lost_is_heeded(watched: World) -> None:
    lose(watched, LEE, "STOP")
    watched.advance(minutes=6)
    watched.voicemail()

    assert not any(body.startswith("1001") for body in watched.bodies(LEE))
    assert watched.heard(LEE) != []


def test_a_callers_words_reach_whoever_has_the_case(watched: World) -> None:
    watched.voicemail()
    watched.text(LEE, "ACK 1001")
    lose(watched, CALLER, "we are at the back door")
    watched.advance(minutes=6)

    assert "1001 the caller wrote: we are at the back door" in watched.bodies(LEE)


@pytest.mark.thorough
def test_a_caller_who_asked_is_answered_late(watched: World) -> None:
    watched.voicemail()
    lose(watched, CALLER, "STATUS")
    watched.advance(minutes=6)

    assert any("1001" in body for body in watched.bodies(CALLER))


def answers_to_caller(world: World) -> list[str]:
    """What a caller got whose receipt is all that nobody asked for."""
    return [body for body in world.bodies(CALLER) if not body.startswith("Support: we have your message.")]


ONE_TEXT_UNASKED = "callers.receipt = true\ncallers.texts = 1\n"


@pytest.mark.thorough
def test_a_question_that_is_found_late_is_answered_as_of_now_however_many_texts_went_out(build_world: Build) -> None:
    world = build_world(roster=TEAM, reconciles=True, policy=ONE_TEXT_UNASKED)
    world.voicemail()
    world.advance(minutes=59)
    lose(world, CALLER, "STATUS")
    world.advance(seconds=30)
    lose(world, CALLER, "status 1001")
    sleep_through(world, minutes=61)
    world.advance(minutes=1)

    assert answers_to_caller(world) == [
        "Case 1001 waits for a technician. The call was due by 11:30 PM EST and is late."
    ]
    assert world.kinds().count("status_asked") == 2


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("then", "why"),
    [
        (None, "it was found too late"),
        ("DONE 1001 35", "somebody has called since"),
        ("STATUS", "the caller has asked again since"),
    ],
)
def test_a_question_whose_answer_is_of_no_use_any_more_is_kept_on_record_only(
    build_world: Build, then: str | None, why: str
) -> None:
    world = build_world(roster=TEAM, reconciles=True, policy=ONE_TEXT_UNASKED)
    world.voicemail()
    lose(world, CALLER, "STATUS")
    if then is None:
        sleep_through(world, hours=3)
    else:
        world.clock.tick(timedelta(minutes=2))
        world.text(CALLER if then == "STATUS" else LEE, then)
    world.advance(minutes=6)

    assert len(answers_to_caller(world)) == (1 if then == "STATUS" else 0)
    [withheld] = world.entries("caller_text_withheld")
    assert withheld.details["why"] == why
    kept = [text["body"] for text in records.list_texts(world.program.desk, most=5)]
    assert kept.count("STATUS") == (2 if then == "STATUS" else 1)


def test_administrators_hear_of_lost_texts_whatever_outage_there_once_was(watched: World) -> None:
    sleep_through(watched, hours=3)
    watched.advance(minutes=30)
    lose(watched, LEE, "WHO")
    watched.advance(minutes=6)

    assert watched.bodies(ADA) == [
        "Twilio's webhooks do not reach us: 1 text came by its lists only. Run afterhours doctor."
    ]


def test_every_text_is_kept_with_the_time_it_was_sent(watched: World) -> None:
    sent = watched.now.replace(microsecond=0)
    lose(watched, CALLER, "hello?")
    watched.advance(minutes=6)

    [kept] = records.list_texts(watched.program.desk, most=5)
    assert (kept["at"], kept["body"]) == (sent, "hello?")


@pytest.mark.thorough
def test_a_breach_that_a_late_text_disproves_is_withdrawn(watched: World) -> None:
    watched.voicemail()
    watched.text(LEE, "ACK")
    watched.advance(minutes=118)
    lose(watched, LEE, "DONE 1001 35")
    watched.advance(minutes=8)

    case = watched.case()
    assert (case["state"], case["breached_at"]) == ("closed", None)
    assert case["callback_made_at"] < case["callback_due"]
    assert [kind for kind in watched.kinds() if kind.startswith("breach")] == ["breached", "breach_withdrawn"]
