"""Whose technician calls: by number, by PIN, by hand, or nobody knows. The message is taken in any case."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from tests.support.acme import KIMS_PHONE, PAYPHONE, PIN, SHOP_PHONE, WRONG_PINS, acme
from tests.support.dealers import add_dealer, billed, buy, lots
from tests.support.fixtures import ADA, LEE, TEAM
from tests.support.visitor import signed_in
from tests.support.world import CALLER, Build, World
from triage.policy.access import Role
from triage.services import records
from triage.services.case_actions import set_dealer_here
from triage.services.reopening import reopen
from triage.services.sla_report import Question, sla_report
from triage.store import calls, cases
from triage.store.models import Site
from webhooks.simulator.phone_system import Behaviour

pytestmark = pytest.mark.usefixtures("quick_hashes")

PIN_ASKED = "If you have a PIN, key it in, then press pound. If not, wait."


def whose(world: World, reference: str = "1001") -> tuple[str | None, str | None]:
    case = world.case(reference)
    return case["dealer"], case["dealer_technician"]


def how(world: World, reference: str = "1001") -> list[str]:
    return [event["details"]["by"] for event in world.case(reference)["events"] if event["kind"] == "dealer_recognised"]


def secrets_in(world: World, pin: str) -> list[str]:
    """Where a PIN was written down: the history, and addresses that the phone system posts to."""
    entries = [f"{entry.kind} {entry.details}" for entry in world.entries("keyed") + world.entries("pin_refused")]
    return [words for words in [*entries, *(post.url for post in world.phones.posted())] if pin in words]


def test_a_caller_is_known_by_number_and_is_not_asked_for_a_pin(team: World) -> None:
    acme(team)

    kims = team.voicemail(KIMS_PHONE, attested=True)
    team.voicemail(SHOP_PHONE, attested=True)

    assert PIN_ASKED not in " ".join(kims.heard)
    assert (whose(team), whose(team, "1002")) == (("A17", "Kim Reyes"), ("A17", None))
    assert (how(team), how(team, "1002")) == (["number"], ["number"])
    listed = records.list_cases(team.program.desk, only_open=True)
    assert {(case["ref"], case["dealer_name"]) for case in listed} == {
        ("1001", "Acme Telecom"),
        ("1002", "Acme Telecom"),
    }


def test_a_caller_from_elsewhere_is_known_by_pin_which_stands_nowhere(team: World) -> None:
    acme(team)

    call = team.phones.leave_voicemail(PAYPHONE, keys=f",{PIN}#,1")
    team.advance(seconds=1)

    assert [said for said in call.heard if said in {PIN_ASKED, "Noted."}] == [PIN_ASKED, "Noted.", "Noted."]
    assert (whose(team), how(team)) == (("A17", "Kim Reyes"), ["PIN"])
    assert secrets_in(team, PIN) == []
    assert call.failed_because is None


@pytest.mark.thorough
def test_a_wrong_pin_three_times_goes_on_as_unknown_and_a_day_of_them_is_not_asked_again(team: World) -> None:
    acme(team)
    wrong = "".join(f"{pin}#" for pin in WRONG_PINS[:3])

    call = team.phones.leave_voicemail(PAYPHONE, keys=f",{wrong}")
    heard = " ".join(call.heard)
    assert (heard.count(PIN_ASKED), heard.count("That PIN is not known.")) == (3, 3)
    assert call.recording_sid is not None

    for _ in range(2):
        team.phones.leave_voicemail(PAYPHONE, keys=f",{wrong}")
    silenced = team.phones.leave_voicemail(PAYPHONE, keys=f",{PIN}#")
    other = team.phones.leave_voicemail(CALLER, keys=f",{PIN}#")
    team.advance(seconds=1)
    assert [whose(team, ref) for ref in ("1001", "1002")] == [("A17", "Kim Reyes")] * 2
    assert (how(team, "1001"), how(team, "1002")) == (["doubtful PIN"], ["PIN"])
    for ref in ("1001", "1002"):
        team.text(LEE, f"DONE {ref} 5")
    team.advance(hours=25)
    next_day = team.phones.leave_voicemail(PAYPHONE, keys=f",{PIN}#")

    assert len(team.entries("pin_refused")) == 9
    assert [" ".join(one.heard).count("Noted.") for one in (silenced, other, next_day)] == [1, 1, 1]
    assert all(secrets_in(team, pin) == [] for pin in WRONG_PINS)
    assert whose(team, "1003") == ("A17", "Kim Reyes")


def test_whoever_shows_another_number_with_every_guess_learns_nothing_and_switches_no_pin_off(team: World) -> None:
    acme(team)
    with team.program.desk.store.write() as tx:
        for number in range(89):
            calls.count_wrong_pin(tx.session, f"CA{number:032x}", 0, f"+1614555{number:04}", team.now)

    last, wrong, right = (
        " ".join(team.phones.leave_voicemail(number, keys=f",{pin}#").heard)
        for number, pin in ((CALLER, WRONG_PINS[0]), ("+13305550147", WRONG_PINS[1]), (PAYPHONE, PIN))
    )
    team.advance(minutes=6)

    assert [said.count(PIN_ASKED) for said in (last, wrong, right)] == [1, 1, 1]
    assert re.sub("[0-9]", "", wrong) == re.sub("[0-9]", "", right)  # but for number and reference
    assert [whose(team, ref) for ref in ("1002", "1003")] == [(None, None), ("A17", "Kim Reyes")]
    assert (how(team, "1003"), "doubtful_pin" in team.case("1003")["flags"]) == (["doubtful PIN"], True)
    assert [text.count("Doubtful PIN.") for text in team.bodies(LEE)[:3]] == [0, 0, 1]
    assert [text[:42] for text in team.bodies(ADA)] == ["Somebody guesses PINs of dealers: 90 were "]


def test_keys_that_can_be_no_pin_are_told_so_and_count_for_nothing(team: World) -> None:
    acme(team)

    call = team.phones.leave_voicemail(PAYPHONE, keys=f",4#{PIN}#")

    assert "That PIN is not known." in " ".join(call.heard)
    assert (team.entries("pin_refused"), whose(team)) == ([], ("A17", "Kim Reyes"))


@pytest.mark.thorough
def test_a_pin_of_a_further_message_says_whose_the_open_case_is(team: World) -> None:
    acme(team)
    team.voicemail(PAYPHONE)
    assert whose(team) == (None, None)

    team.phones.leave_voicemail(PAYPHONE, keys=f",{PIN}#")
    team.advance(seconds=1)

    assert (whose(team), how(team), len(team.cases())) == (("A17", "Kim Reyes"), ["PIN"], 1)


@pytest.mark.thorough
def test_without_pins_nobody_is_asked_and_the_number_that_comes_late_still_counts(team: World) -> None:
    acme(team, pin=None)
    call = team.voicemail(PAYPHONE)
    team.find_recording(team.now)
    assert PIN_ASKED not in " ".join(call.heard)
    late = team.case("1002")

    call_sid = next(voicemail["call"] for voicemail in late["voicemails"])
    team.post("/twilio/call-status", CallSid=call_sid, From=KIMS_PHONE, To="+16145550100", CallStatus="completed")

    assert (whose(team), whose(team, "1002")) == ((None, None), ("A17", "Kim Reyes"))


@pytest.mark.thorough
def test_whoever_left_still_calls_for_the_firm_and_is_not_greeted(team: World) -> None:
    acme(team, left_on=date(2026, 10, 31))

    call = team.voicemail(KIMS_PHONE)

    assert whose(team) == ("A17", "Kim Reyes")
    assert "Hello" not in " ".join(call.heard)
    by_pin = team.phones.leave_voicemail(PAYPHONE, keys=f",{PIN}#")
    assert "That PIN is not known." in " ".join(by_pin.heard)


@pytest.mark.thorough
def test_somebody_says_whose_a_case_is_and_what_a_pin_says_later_does_not_change_that(team: World) -> None:
    acme(team)
    team.voicemail(PAYPHONE)
    desk = team.program.desk
    said = set_dealer_here(desk, "1001", "acme", "He said so", actor="terminal", now=team.now)
    assert said == "The case is of Acme Telecom now."
    set_dealer_here(desk, "1001", "", "He lied", actor="terminal", now=team.now)
    team.phones.leave_voicemail(PAYPHONE, keys=f",{PIN}#")

    [first, second] = [event["details"] for event in team.case()["events"] if event["kind"] == "dealer_set"]
    assert (first["before"], first["dealer"], second["before"], second["reason"]) == (None, "A17", "A17", "He lied")
    assert (whose(team), how(team)) == ((None, None), [])
    team.text(LEE, "DONE 35")


def evening(build_world: Build) -> World:
    """Friday, half past six in the evening: credits pay (C2)."""
    return build_world(roster=TEAM, at="2026-11-20T23:30:00")


@pytest.mark.parametrize(
    ("bought", "told", "greeted"),
    [
        (
            [("2026-08-03", "9000.00", "hardware")],
            "Acme Telecom (Kim): draws credits 9 h.",
            "Hello Kim, of Acme Telecom. You have 9 hours left.",
        ),
        (
            [("2026-08-03", "9000.00", "hardware"), ("2026-11-02", "166.67", "prepaid")],
            "Acme Telecom (Kim): draws prepaid 1 h 20 min, then credits 9 h.",
            "Hello Kim, of Acme Telecom. You have 10 hours 20 minutes left.",
        ),
        (
            [("2026-11-02", "9000.00", "hardware")],
            "Acme Telecom: over the credits.",  # more does not fit on the screen
            "Hello Kim, of Acme Telecom. Technical",
        ),
        ([], "Acme Telecom (Kim): must prepay, $165.00/h, 30 min min.", "Hello Kim, of Acme Telecom. Technical"),
    ],
)
def test_the_alert_and_the_greeting_say_what_is_left_and_who_must_prepay(
    bought: list[tuple[str, str, str]], told: str, greeted: str, build_world: Build
) -> None:
    world = evening(build_world)
    dealer = acme(world)
    for on, amount, kind in bought:
        buy(world, dealer, on, amount, kind)

    call = world.voicemail(KIMS_PHONE)

    [text] = world.bodies(LEE)
    first, line, last = text.splitlines()
    assert first.startswith(f"1001 evening: {KIMS_PHONE}")
    assert line == told
    assert last.endswith("Reply ACK 1001, CALL 1001 or PASS")
    assert len(text) <= 160
    assert call.heard[0].startswith(greeted)


@pytest.mark.thorough
def test_what_a_night_costs_is_told_and_that_credits_do_not_count(team: World) -> None:
    dealer = acme(team)
    buy(team, dealer, "2026-08-03", "9000.00")

    team.voicemail(KIMS_PHONE, attested=True)
    call = team.voicemail(KIMS_PHONE, attested=True, spanish=True)

    assert len(team.bodies(LEE)[0]) <= 160
    assert team.bodies(LEE)[0].splitlines()[1] == ("Acme Telecom (Kim): $247.50/h, 60 min min; 9 h left unused.")
    assert call.heard[0].startswith("Hello Kim, of Acme Telecom. Your balance of 9 hours does not count at this hour.")
    assert any("Hola Kim, de Acme Telecom. Su saldo de 9 horas no cuenta a esta hora." in said for said in call.heard)
    team.phones.set_behaviour(LEE, Behaviour.NORMAL)
    team.advance(minutes=6)
    assert ", from Acme Telecom, 6 1 4, 5 5 5, 0 1 7 7." in team.heard(LEE)[0]


@pytest.mark.thorough
def test_a_bill_moves_with_the_case_to_the_dealer_who_pays(build_world: Build) -> None:
    world = evening(build_world)
    dealer = acme(world)
    buy(world, dealer, "2026-08-03", "9000.00")
    world.voicemail(PAYPHONE)
    world.text(LEE, "DONE 25")
    desk = world.program.desk

    said = set_dealer_here(desk, "1001", "A17", "It was Kim", actor="terminal", now=world.now)
    drawn = lots(world, dealer)
    back = set_dealer_here(desk, "1001", "", "It was not Kim", actor="terminal", now=world.now)

    assert said == "The case is of Acme Telecom now. Billed for it: $0.00. Before: $82.50."
    assert back == "The case is of no dealer now. Billed for it: $82.50. Before: $0.00."
    assert (drawn["earned:2026-Q4"], lots(world, dealer)["earned:2026-Q4"]) == (9 * 60 - 25, 9 * 60)
    assert billed(world) == [("standard", 30, "82.50")]


@pytest.mark.thorough
def test_a_session_that_is_open_again_keeps_nothing_of_the_dealer_who_had_it(build_world: Build) -> None:
    world = evening(build_world)
    dealers = [add_dealer(world, code, has_account=code == "BELL") for code in ("BELL", "CASH")]
    for dealer in dealers:
        buy(world, dealer, "2026-02-02", "9000.00", "other")
    world.voicemail(PAYPHONE)
    desk = world.program.desk
    set_dealer_here(desk, "1001", "BELL", "They said so", actor="terminal", now=world.now)
    world.text(LEE, "DONE 25")
    assert lots(world, dealers[0]) == {"over:2026-Q4": -25}
    with desk.store.write() as tx:
        case = cases.by_reference(tx.session, "1001")
        assert case is not None
        reopen(tx, desk, case, was_called=True, reason="more", by="Ada", actor="account:1", now=world.now)

    set_dealer_here(desk, "1001", "CASH", "It was Cash", actor="terminal", now=world.now)
    world.text(LEE, "DONE 25")

    assert [lots(world, dealer) for dealer in dealers] == [{}, {}]
    assert billed(world) == [("standard", 30, "82.50")]  # without an account it is billed at once (E6)


@pytest.mark.thorough
def test_the_page_of_a_case_says_who_pays_and_lets_a_manager_set_the_dealer(build_world: Build) -> None:
    world = evening(build_world)
    dealer = acme(world, left_on=date(2026, 10, 31))
    buy(world, dealer, "2026-08-03", "9000.00")
    with world.program.desk.store.write() as tx:
        tx.session.add(Site(dealer_id=dealer, name="Mill <St>", zone="America/New_York", trunk="Cheap Trunks"))
    manager, technician = signed_in(world, Role.MANAGER), signed_in(world, Role.TECHNICIAN)
    world.voicemail(KIMS_PHONE)
    world.voicemail(PAYPHONE)

    known, unknown = manager.get("/cases/1001").text, manager.get("/cases/1002").text
    assert '<a href="/dealers/A17">Acme Telecom</a>' in known
    assert "Kim Reyes left on 2026-10-31." in known
    assert "Left now: 9 h of credits." in known
    assert "This session draws credits; what is over the credits is billed at the quarter&#39;s end" in known
    assert "Mill &lt;St&gt;" in known
    assert "The trunks of Cheap Trunks are not certified" in known
    assert "A caller of no dealer must prepay (E6)." in unknown
    assert "This session draws nothing; all of it is billed at once, $165.00/h, 30 min at least (R2)." in unknown

    seen = re.search(r'name="seen" value="(\d+)"', unknown)
    assert seen is not None
    several = manager.post("/cases/1002/dealer", seen=seen[1], dealer="Zeta", why="He said so")
    done = manager.post("/cases/1002/dealer", seen=seen[1], dealer="acme tel", why="He said so")
    refused = technician.post("/cases/1002/dealer", seen=seen[1], dealer="", why="No")

    assert "No dealer has that code" in several.text
    assert "The case is of Acme Telecom now." in done.text
    assert (refused.status_code, whose(world, "1002")) == (403, ("A17", None))


@pytest.mark.thorough
def test_board_cases_and_report_tell_and_find_the_dealer(team: World) -> None:
    acme(team)
    manager = signed_in(team, Role.MANAGER)
    team.voicemail(KIMS_PHONE)
    team.voicemail(SHOP_PHONE)
    team.voicemail(PAYPHONE)

    board, found = manager.get("/").text, manager.get("/cases?dealer=A17").text
    friday = date(2026, 11, 20)
    report = sla_report(team.program.desk, Question(first=friday, last=friday, dealer="a17"), team.now)
    page = manager.get("/reports/sla?first=2026-11-20&last=2026-11-20&dealer=A17").text
    behind = manager.get("/reports/sla/cases?first=2026-11-20&last=2026-11-20&dealer=A17&figure=count").text

    assert board.count("</strong> Acme Telecom") == 2
    assert [f">{ref}</a>" in found for ref in ("1001", "1002", "1003")] == [True, True, False]
    assert (report["totals"]["count"], report["narrowed"]["dealer"]) == (2, "a17")
    assert '<option selected value="A17">Acme Telecom</option>' in page
    assert "dealer=A17&amp;figure=count" in page
    assert behind.count("Acme Telecom") == 2
    assert manager.get("/cases?dealer=nobody").status_code == 404


@pytest.mark.thorough
def test_who_closes_a_case_reads_what_paid_for_it(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-11-20T22:30:00")
    dealer = acme(world)
    buy(world, dealer, "2026-08-03", "1000.00")
    buy(world, dealer, "2026-11-02", "6000.00")
    buy(world, dealer, "2026-11-03", "83.34", "prepaid")

    answers = []
    for minutes in (25, 20, 55, 25):
        world.voicemail(KIMS_PHONE)
        world.clock.tick(timedelta(minutes=minutes))
        answers.append(world.text(LEE, f"DONE {minutes}"))
    corrected = world.text(LEE, "DONE 1004 20")

    assert answers == [
        "1001 is closed: 25 min, 30 min from Acme Telecom's prepaid hours, 1 h 10 min left.",
        "1002 is closed: 20 min, 10 min from Acme Telecom's prepaid hours and 10 min from its credits, 50 min left.",
        (
            "1003 is closed: 55 min, 50 min from Acme Telecom's credits and 5 min over its credits, billed at the"
            " quarter's end."
        ),
        "1004 is closed: 25 min over Acme Telecom's credits, billed at the quarter's end.",
    ]
    assert corrected == (
        "1004 is corrected: 20 min over Acme Telecom's credits, billed at the quarter's end. Before: 25 min, $0.00."
    )
