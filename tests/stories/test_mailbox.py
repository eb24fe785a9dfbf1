"""A call to the mailbox: what is keyed in counts for the case, and who stays hears the reference and the time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.support.fixtures import LEE
from tests.support.world import CALLER, Build, World
from triage.policy.event_words import event_in_words
from triage.services import records
from triage.store import cases
from triage.store.models import Call, Case

SUPPORT_HOURS = "2026-11-23T15:00:00"
ELSEWHERE = "+12165550123"


def kept(world: World, reference: str = "1001") -> Case:
    with world.program.desk.store.read() as session:
        case = cases.by_reference(session, reference)
        assert case is not None
        session.expunge(case)
        return case


def test_who_stays_hears_the_reference_twice_and_the_time_of_the_call(team: World) -> None:
    call = team.voicemail(attested=True, stays=True)

    assert call.heard[-1] == (
        "Thank you. Your case is 1 0 0 1. A technician calls you by 11 30 PM, Eastern time."
        " Again, your case is 1 0 0 1. Goodbye."
    )
    assert [case["recordings"] for case in team.cases()] == [[call.recording_sid]]
    assert team.bodies(LEE) == [
        (
            "1001 overnight: +16145550199 COLUMBUS OH.\n"
            "Call by 11:30 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
        )
    ]


def test_who_hangs_up_has_the_same_case_from_the_report_alone(team: World) -> None:
    left = team.now
    call = team.voicemail(attested=True)

    assert call.heard[-1] == "Speak after the tone, then press pound."
    assert team.case()["callback_due"] == left + timedelta(hours=2)


@pytest.mark.parametrize(
    ("product", "said"),
    [
        ("server", "Thank you. Your case is 1 0 0 1. We call you by 10 AM on Monday, Eastern time. Again,"),
        ("discontinued", "Thank you. Your case is 1 0 0 1. It is kept until we next open; no call is promised."),
        ("ucp", "Thank you. Your case is 1 0 0 1. A technician calls you by 11 30 PM, Eastern time."),
    ],
)
def test_a_product_hears_at_the_end_what_it_is_owed(product: str, said: str, team: World) -> None:
    call = team.voicemail(product=product, stays=True)  # type: ignore[arg-type]

    assert call.heard[-1].startswith(said)
    assert kept(team).product == product


def test_spanish_is_spoken_to_the_end_and_technicians_read_english(team: World) -> None:
    call = team.voicemail(spanish=True, attested=True, stays=True)

    assert call.heard[-1] == (
        "Gracias. Su caso es el 1 0 0 1. Un técnico le llamará a más tardar a las 11 y media de la noche, hora del"
        " Este. Repito: su caso es el 1 0 0 1. Adiós."
    )
    assert kept(team).language == "es"
    assert team.bodies(LEE)[0].startswith("1001 overnight: +16145550199 COLUMBUS OH. Spanish.\nCall by")


def test_number_that_was_keyed_in_is_the_one_that_technicians_get(team: World) -> None:
    call = team.voicemail(attested=True, number="2165550123")
    answer = team.text(LEE, "ACK")

    assert "We call you back at 2 1 6, 5 5 5, 0 1 2 3. To change it, press 1." in call.heard
    assert (kept(team).caller, kept(team).number_to_call) == (CALLER, ELSEWHERE)
    assert team.bodies(LEE)[0].startswith(f"1001 overnight: {ELSEWHERE}.")
    assert answer is not None
    assert f"Call {ELSEWHERE}" in answer


def test_caller_without_a_number_may_key_one_in(team: World) -> None:
    team.voicemail(withheld=True, attested=True, number="2165550123")
    team.voicemail(withheld=True, attested=True)

    assert [kept(team, ref).number_to_call for ref in ("1001", "1002")] == [ELSEWHERE, None]
    assert team.bodies(LEE)[1].startswith("1002 overnight: number unknown.")
    team.text(LEE, "DONE 1001 35")
    [line] = records.billing_report(team.program.desk, date(2026, 11, 20), date(2026, 11, 20))
    assert line["caller"] == ELSEWHERE


def test_number_that_may_not_be_dialled_is_refused_and_another_try_counts(team: World) -> None:
    call = team.phones.leave_voicemail(CALLER, keys=",,1" + "1" + "19005550123#" + "2165550123#" + ",")

    assert any(sentence.startswith("We cannot call that number.") for sentence in call.heard)
    assert (kept(team).callback_number, call.failed_because) == (ELSEWHERE, None)


def test_a_mistyped_number_is_changed_after_it_was_read_back(team: World) -> None:
    call = team.phones.leave_voicemail(CALLER, keys=",,1" + "1" + "2165550124#" + "1" + "2165550123#" + ",")

    assert [said for said in call.heard if "0 1 2" in said] == [
        "We call you back at 2 1 6, 5 5 5, 0 1 2 4. To change it, press 1.",
        "We call you back at 2 1 6, 5 5 5, 0 1 2 3. To change it, press 1.",
    ]
    assert kept(team).callback_number == ELSEWHERE


@pytest.mark.thorough
def test_who_calls_again_hears_the_number_of_their_case_and_may_change_it(team: World) -> None:
    team.voicemail(attested=True, number="2165550123")
    team.text(LEE, "ACK")
    silent = team.voicemail(attested=True, stays=True)
    other = team.voicemail(attested=True, product="discontinued")
    before = (kept(team).number_to_call, team.bodies(LEE)[-1])
    back = team.voicemail(attested=True, number=CALLER.removeprefix("+1"))

    assert "Your open case has 2 1 6, 5 5 5, 0 1 2 3. To change it, press 1." in silent.heard
    assert not any("We call you back at" in said for said in silent.heard)
    assert "case is 1 0 0 1" in silent.heard[-1]
    assert "Your number is 6 1 4, 5 5 5, 0 1 9 9. To change it, press 1." in other.heard
    assert before[0] == ELSEWHERE
    assert "2nd message, same caller. Call by 11:30 PM EST" in before[1]
    assert "We call you back at 6 1 4, 5 5 5, 0 1 9 9. To change it, press 1." in back.heard
    assert kept(team).number_to_call == CALLER
    assert f"3rd message, same caller. Caller now says {CALLER}. Call by" in team.bodies(LEE)[-1]
    assert team.kinds().count("number_keyed") == 1


def test_who_changes_the_number_and_leaves_no_message_is_called_at_the_new_one(team: World) -> None:
    team.voicemail(attested=True, number="2165550123")
    team.voicemail(attested=True, number="3125550156", seconds=1)

    assert kept(team).number_to_call == "+13125550156"
    assert team.bodies(LEE)[-1].split("\n")[1].startswith("Caller now says +13125550156. Call by 11:30 PM EST")


def test_number_of_a_second_message_replaces_that_of_the_first(team: World) -> None:
    team.voicemail(attested=True, number="2165550123")
    team.voicemail(attested=True, number="3125550156")

    assert kept(team).number_to_call == "+13125550156"
    assert team.bodies(LEE)[-1].startswith("1001 overnight: +13125550156")
    assert "number_keyed" in team.kinds()


@pytest.mark.thorough
def test_second_message_hears_the_first_deadline_and_after_it_no_time_at_all(team: World) -> None:
    team.voicemail(attested=True, stays=True)
    team.advance(minutes=30)
    second = team.voicemail(attested=True, stays=True)
    team.advance(minutes=100)
    third = team.voicemail(attested=True, stays=True)

    assert "Your case is 1 0 0 1. A technician calls you by 11 30 PM" in second.heard[-1]
    assert third.heard[-1] == (
        "Thank you. Your message joins case 1 0 0 1. A technician calls you as soon as possible. Goodbye."
    )


def test_window_stays_that_of_the_greeting_when_the_keys_come_after_its_edge(build_world: Build) -> None:
    world = build_world(at="2026-11-21T00:59:50")
    sids = {"CallSid": "CA" + "1" * 32, "From": CALLER}

    world.post("/twilio/voice", **sids)
    world.advance(seconds=20)
    answer = world.post("/twilio/voice/product?repeats=0&language=en", **sids, Digits="1")
    world.post("/twilio/recording", CallSid=sids["CallSid"], RecordingSid="RE" + "1" * 32, RecordingDuration="30")

    assert "must be on site" not in answer.body
    assert world.case()["window"] == "evening"
    assert "not_attested" not in world.case()["flags"]


def test_who_stays_silent_hears_that_somebody_may_call_and_whoever_is_alerted_reads_and_hears_of_no_words(
    team: World,
) -> None:
    call = team.voicemail(attested=True, silent=True)
    team.phones.set_keys(LEE, "1")
    team.advance(minutes=7)

    assert call.heard[-1] == (
        "We heard little or nothing. A technician may call you back all the same."
        " To be sure, call again and speak after the tone. Goodbye."
    )
    assert team.bodies(LEE)[0] == (
        "1001 overnight: +16145550199 COLUMBUS OH. No words recorded.\n"
        "Call by 11:30 PM EST, 120 min left. Reply ACK 1001, CALL 1001 or PASS"
    )
    heard = team.phones.phone(LEE).calls[0].heard
    assert "No words were recorded: the caller was silent, or hung up." in heard
    assert not any("To hear" in sentence for sentence in heard)
    [left] = [event for event in team.case()["events"] if event["kind"] == "voicemail_left"]
    assert event_in_words(left["kind"], left["details"]) == "Called, and no words were recorded"


@pytest.mark.parametrize(
    ("policy", "how"),
    [(None, {"seconds": 1, "stays": True}), ('intake.absent_recording = "list"', {"silent": True})],
    ids=["a hang-up", "silence, where the owner lists it"],
)
def test_who_is_not_called_back_is_asked_to_call_again(
    policy: str | None, how: dict[str, object], build_world: Build
) -> None:
    world = build_world(policy=policy)
    left = world.now

    call = world.voicemail(**how)  # type: ignore[arg-type]
    world.advance(minutes=30)

    assert call.heard[-1] == "We heard nothing. Please call again. Goodbye."
    assert world.pages(left) == []


def test_after_a_short_message_that_silence_ended_nothing_is_promised_for_certain(team: World) -> None:
    sids = {"CallSid": "CA" + "1" * 32, "From": CALLER}
    url = f"https://api.twilio.com/2010-04-01/Accounts/{team.settings.twilio_account_sid}/Recordings/RE{'1' * 32}"

    short = team.post("/twilio/voice/recorded", **sids, RecordingUrl=url, RecordingDuration="12")
    long = team.post("/twilio/voice/recorded", **sids, RecordingUrl=url, RecordingDuration="13")

    assert "We heard little or nothing. A technician may call you back all the same." in short.body
    assert "Your case is 1 0 0 1" in long.body


@pytest.mark.thorough
def test_whoever_is_alerted_of_silence_reads_that_it_is_until_its_caller_says_more(
    team: World,
) -> None:
    sids = {"CallSid": "CA" + "1" * 32, "RecordingSid": "RE" + "1" * 32}
    url = f"https://api.twilio.com/2010-04-01/Accounts/{team.settings.twilio_account_sid}/Recordings/RE{'1' * 32}"
    team.post("/twilio/voice", CallSid=sids["CallSid"], From=CALLER)
    team.post("/twilio/voice/recorded", CallSid=sids["CallSid"], RecordingUrl=url, RecordingDuration="11")
    team.post("/twilio/recording", **sids, RecordingStatus="completed", RecordingDuration="11")
    team.advance(seconds=1)

    assert team.case()["flags"] == ["not_attested", "little_said"]
    assert team.bodies(LEE)[0].splitlines()[0] == "1001 overnight: +16145550199. Not attested. Near silence."
    team.phones.set_keys(LEE, "1")
    team.advance(minutes=7)
    assert "The message is silence, or nearly so." in team.phones.phone(LEE).calls[0].heard
    team.voicemail()
    assert team.case()["flags"] == ["not_attested"]


def test_blocked_number_gets_a_busy_tone_and_is_on_record_once(build_world: Build) -> None:
    world = build_world(policy=f'phone.blocked = ["{CALLER}"]')
    world.phones.faults.duplicate_webhooks = True

    call = world.voicemail()

    assert (call.heard, call.recording_sid) == ((), None)
    assert world.phones.call(call.sid).status == "busy"
    assert (world.cases(), world.pages(world.now)) == ([], [])
    assert len(world.entries("call_refused")) == 1


@pytest.mark.thorough
def test_recording_of_a_blocked_number_is_kept_for_review(build_world: Build) -> None:
    world = build_world(policy=f'phone.blocked = ["{CALLER}"]')
    start = world.now

    world.post("/twilio/recording", CallSid="CA" + "1" * 32, RecordingSid="RE" + "1" * 32, From=CALLER)
    world.advance(hours=3)

    assert (world.case()["state"], world.case()["flags"]) == ("review", ["not_attested", "blocked"])
    assert world.pages(start) == []


def test_what_was_keyed_in_is_on_record(team: World) -> None:
    team.voicemail(emergency=True, attested=True, product="ucp", number="2165550123")

    keyed = [event.details for event in team.entries("keyed")]
    assert [{key: entry[key] for key in entry if key != "call"} for entry in keyed] == [
        {"step": "greeting", "is_emergency": True},
        {"step": "product", "product": "ucp"},
        {"step": "attest", "attested": True},
        {"step": "digits", "keyed": ELSEWHERE},
    ]
    opened = next(event for event in team.case()["events"] if event["kind"] == "case_opened")["details"]
    assert (opened["product"], opened["attested"], opened["keyed_number"]) == ("ucp", True, ELSEWHERE)


def test_every_step_twice_is_one_call(team: World) -> None:
    team.phones.faults.duplicate_webhooks = True

    team.voicemail(spanish=True, emergency=True, attested=True, number="2165550123", stays=True)

    assert (kept(team).language, kept(team).is_emergency, kept(team).callback_number) == ("es", True, ELSEWHERE)
    assert len(team.cases()) == 1
    assert len(team.entries("keyed")) == 4


def test_call_that_only_rang_is_a_call_and_no_case(world: World) -> None:
    world.voicemail(hang_up_at_greeting=True)

    with world.program.desk.store.read() as session:
        assert [call.status for call in session.scalars(select(Call))] == ["completed"]
    assert world.cases() == []
