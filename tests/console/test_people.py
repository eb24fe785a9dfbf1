"""People of the roster in the console: whose numbers are shown, how a new one comes to count, who is told."""

from __future__ import annotations

import re

import pytest

from tests.support.dealers import add_dealer_with_history
from tests.support.fixtures import ADA, DANA, LEE, MARIA, SAM
from tests.support.visitor import PASSWORD, Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.policy.roster import Person
from triage.services.roster_changes import roster_in_force
from triage.store import accounts
from webhooks.simulator.phone_system import Behaviour

NEW = "+16145550107"

pytestmark = pytest.mark.usefixtures("quick_hashes")


def person(world: World, person_id: str) -> Person:
    found = roster_in_force(world.program.desk).person(person_id)
    assert found is not None
    return found


def code_on(world: World, phone: str) -> str:
    """The code in the newest text to a phone."""
    found = re.match(r"\d{6}", world.bodies(phone)[-1])
    assert found, world.bodies(phone)
    return found[0]


def ask(world: World, visitor: Visitor, number: str = NEW, who: str = "lee", password: str = PASSWORD) -> str:
    """Asks for a number; the path of the page that wants its code."""
    visitor.get(f"/people/{who}/number")
    answer = visitor.post(f"/people/{who}/number", number=number, present=password, follows=False)
    world.advance(seconds=2)
    return answer.headers.get("Location", answer.text)


def seen(page: str) -> str:
    """The version of the roster that a page was made from."""
    found = re.search(r'name="version" type="hidden" value="(\w+)"', page)
    assert found, page
    return found[1]


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_new_number_counts_once_its_code_is_given_and_the_old_phone_hears_of_it(team: World) -> None:
    lee = signed_in(team, Role.TECHNICIAN, "lee")
    path = ask(team, lee, "(614) 555-0107")
    code = code_on(team, NEW)
    team.voicemail(attested=True)
    before = (len(team.bodies(LEE)), len(team.bodies(NEW)))
    wrong = lee.post(path, code="000000" if code != "000000" else "111111")
    right = lee.post(path, code=f" {code[:3]} {code[3:]}")
    team.advance(seconds=2)
    again = lee.post(path, code=code)
    team.text(LEE, "ACK 1001")

    assert before == (1, 1)
    assert (wrong.status_code, "4 tries left" in wrong.text) == (400, True)
    assert "The new number counts." in right.text
    assert person(team, "lee").phone == NEW
    assert team.bodies(LEE)[1] == (
        "On-call alerts for Lee Okafor go to the number that ends in 07 now. Was that not you?"
        " Call Maria Brandt, +16145550103."
    )
    assert again.status_code == 404
    assert team.case("1001")["owner"] is None
    assert "code is" not in str([event.details for event in team.entries("number_change_asked")])
    for kind in ("number_change_asked", "number_change_refused", "number_change_verified", "roster_changed"):
        [event] = team.entries(kind)
        assert event.actor == "account:1"
        assert NEW[2:] not in str(event.details)
        assert code not in str(event.details)


@pytest.mark.thorough
def test_a_number_of_a_dealer_is_nobodys_of_the_roster(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    path = ask(team, boss, "614-555-0111")
    code = code_on(team, "+16145550111")
    add_dealer_with_history(team)

    assert "That is a number of dealer Acme Telephone: take it away there first." in boss.post(path, code=code).text
    assert "That is a number of dealer Acme Telephone" in ask(team, boss, "614-555-0111", "dana")
    assert person(team, "lee").phone == LEE


def test_my_account_leads_to_my_own_number_where_i_am_on_the_roster(team: World) -> None:
    link = '<a href="/people/lee">Lee Okafor: number, alerts and shifts</a>'

    assert link in signed_in(team, Role.TECHNICIAN, "lee").get("/account").text
    assert "On the roster" not in signed_in(team, Role.AUDITOR).get("/account").text


def test_whoever_guesses_has_five_tries_and_a_code_lasts_ten_minutes(team: World) -> None:
    lee = signed_in(team, Role.TECHNICIAN, "lee")
    path = ask(team, lee)
    wrong = "000000" if code_on(team, NEW) != "000000" else "111111"
    told = [lee.post(path, code=wrong).status_code for _ in range(6)]
    late = ask(team, lee)
    team.advance(minutes=10)

    assert told == [400] * 5 + [404]
    assert lee.post(late, code=code_on(team, NEW)).status_code == 404
    assert person(team, "lee").phone == LEE


@pytest.mark.thorough
def test_only_so_many_codes_go_to_one_number_or_for_one_person(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    paths = [ask(team, boss) for _ in range(4)]
    other = ask(team, boss, who="dana")
    elsewhere = ask(team, boss, "+16145550108")
    first = boss.get(paths[0]).status_code
    team.advance(minutes=61)

    assert "Too many codes" not in "".join(paths[:3])
    assert ["Too many codes" in text for text in (paths[3], other, elsewhere)] == [True] * 3
    assert first == 404, "only the newest code counts"
    assert ask(team, boss).startswith("/numbers/")


def test_the_password_is_asked_again_and_numbers_that_will_not_do_are_refused_in_words(team: World) -> None:
    lee = signed_in(team, Role.TECHNICIAN, "lee")
    team.text(NEW, "STOP")
    refused = {
        "The present password is wrong.": ask(team, lee, password="wrong"),
        "That is the number already.": ask(team, lee, LEE),
        "Somebody on the roster has that number": ask(team, lee, DANA),
        "no number of that country": ask(team, lee, "+442079460000"),
        "text START from it": ask(team, lee),
    }

    assert [words for words, page in refused.items() if words not in page] == []
    assert team.entries("number_change_asked") == []


@pytest.mark.thorough
def test_whose_numbers_are_on_the_roster_cannot_be_tried_out(team: World) -> None:
    lee = signed_in(team, Role.TECHNICIAN, "lee")
    tried = [ask(team, lee, DANA) for _ in range(5)]
    free, taken = ask(team, lee), ask(team, lee, DANA)
    team.advance(minutes=16)

    assert {"Somebody on the roster has that number" in page for page in tried} == {True}
    assert ["Try again in 15 minutes." in page for page in (free, taken)] == [True, True]
    assert ask(team, lee).startswith("/numbers/")


def test_a_technician_changes_their_own_number_alone_and_sees_no_other(team: World) -> None:
    lee = signed_in(team, Role.TECHNICIAN, "lee")
    pages = lee.get("/people").text + lee.get("/people/dana").text
    refused = [
        lee.get("/people/dana/number").status_code,
        lee.post("/people/dana/number", number=NEW, present=PASSWORD).status_code,
        lee.post("/people/dana/channels", ways="sms", present=PASSWORD).status_code,
        lee.post("/people/dana/test", by="sms").status_code,
    ]
    manager = signed_in(team, Role.MANAGER, "maria")
    path = ask(team, manager, who="dana")
    auditor = signed_in(team, Role.AUDITOR)

    assert [number in pages for number in (LEE, DANA, SAM, MARIA, ADA)] == [True, False, False, False, False]
    assert "ends in 01" in pages
    assert refused == [403] * 4
    assert lee.get(path).status_code == 409
    assert DANA in auditor.get("/people/dana").text
    assert auditor.get("/people/dana/number").status_code == 403


@pytest.mark.thorough
def test_a_phone_that_is_called_only_is_told_its_code_by_call(team: World) -> None:
    team.phones.set_behaviour(LEE, Behaviour.NORMAL)
    lee = signed_in(team, Role.TECHNICIAN, "lee")
    page = lee.get("/people/lee").text
    lee.post("/people/lee/channels", ways="voice", present=PASSWORD, version=seen(page))
    team.advance(seconds=2)
    path = ask(team, lee)
    team.advance(minutes=1)
    [said] = team.heard(NEW)
    code = "".join(re.findall(r"\d", said))
    lee.post(path, code=code)
    team.advance(minutes=1)

    assert person(team, "lee").channels == ("voice",)
    assert team.bodies(LEE) == [
        "On-call alerts for Lee Okafor come by call from now on. Was that not you? Call Maria Brandt, +16145550103."
    ]
    assert said.startswith("After hours support. Somebody asked for on-call alerts to come to this phone.")
    assert person(team, "lee").phone == NEW
    assert "the number that ends in 07 now" in team.heard(LEE)[-1]


def test_somebody_new_is_on_the_roster_once_their_code_is_given(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    boss.get("/new-person")
    fields = {"name": "Lee Park", "number": NEW, "role": "technician", "ways": "sms"}
    empty = boss.post("/new-person", follows=False, **{**fields, "name": " ", "present": PASSWORD})
    sent = boss.post("/new-person", present=PASSWORD, follows=False, **fields)
    team.advance(seconds=2)
    before = roster_in_force(team.program.desk).person("lee2")
    done = boss.post(sent.headers["Location"], code=code_on(team, NEW))

    assert empty.status_code == 400
    assert before is None
    assert "Lee Park is on the roster." in done.text
    assert (person(team, "lee2").phone, person(team, "lee2").channels) == (NEW, ("sms",))


def test_nobody_is_taken_off_the_roster_who_has_a_case_or_a_shift(team: World) -> None:
    boss = signed_in(team, Role.MANAGER, "maria")
    team.voicemail(attested=True)
    team.text(ADA, "ACK 1001")
    page = boss.get("/people/ada/remove").text
    told = [boss.post(f"/people/{who}/remove", present=PASSWORD, version=seen(page)).text for who in ("ada", "lee")]
    team.text(ADA, "DONE 1001 5")
    done = boss.post("/people/ada/remove", present=PASSWORD, version=seen(page))
    team.advance(seconds=2)

    assert "They have case 1001: hand that over or close it first" in told[0]
    assert "They stand in primary" in told[1]
    assert "Ada Lind is off the roster." in done.text
    assert "Ada Lind is off the on-call roster: no more alerts come to this phone." in team.bodies(ADA)[-1]


def test_name_and_role_change_from_the_roster_that_was_shown_and_from_no_other(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    first = seen(boss.get("/people/dana").text)
    boss.post("/people/dana/name", name="Dana White", role="manager", version=first)
    stale = boss.post("/people/dana/name", name="Dana Black", role="manager", version=first)
    fresh = seen(boss.get("/people/dana").text)
    empty = boss.post("/people/dana/name", name=" ", role="manager", version=fresh)

    assert (stale.status_code, "Somebody changed the roster" in stale.text) == (409, True)
    assert (person(team, "dana").name, person(team, "dana").role) == ("Dana White", "manager")
    assert empty.status_code == 400


def test_a_test_alert_says_that_it_is_one_and_a_phone_that_is_not_reached_is_flagged(team: World) -> None:
    team.phones.set_behaviour(DANA, Behaviour.NORMAL)
    dana = signed_in(team, Role.TECHNICIAN, "dana")
    dana.get("/people/dana")
    dana.post("/people/dana/test", by="sms")
    dana.post("/people/dana/test", by="voice")
    team.advance(minutes=1)
    page = dana.get("/people/dana").text
    dana.post("/people/dana/test", by="sms")
    fourth = dana.post("/people/dana/test", by="sms")
    odd = dana.post("/people/dana/test", by="fax")
    team.text(DANA, "STOP")
    stopped = dana.get("/people/dana").text

    assert team.bodies(DANA)[0].startswith("TEST of on-call alerts, asked for by Technician")
    assert team.heard(DANA)[0].startswith("This is a test call of after hours support")
    assert "picked up" in page
    assert "This phone is not reached." not in page
    assert "tests an hour are enough" in fourth.text
    assert odd.status_code == 409
    assert "No texts: the phone opted out with STOP" in stopped
    assert "does not reach" in dana.get("/people").text
    assert len(team.entries("test_alert_sent")) == 3


@pytest.mark.thorough
def test_an_account_of_somebody_who_left_is_not_the_next_person_of_that_name(team: World) -> None:
    boss, old = signed_in(team, Role.MANAGER, "maria"), signed_in(team, Role.TECHNICIAN, "ada")
    boss.get("/people/ada/remove")
    boss.post("/people/ada/remove", version=roster_in_force(team.program.desk).version, present=PASSWORD)
    boss.get("/new-person")
    asked = boss.post(
        "/new-person", follows=False, name="Ada Newcomer", role="technician", ways="sms", number=NEW, present=PASSWORD
    )
    team.advance(seconds=2)
    boss.post(asked.headers["Location"], code=code_on(team, NEW))
    [linked] = team.entries("account_linked")
    page = old.get("/people/ada2").text
    asked_by_old = ask(team, old, "+16145550188", "ada2")

    assert (linked.actor, linked.details["before"], linked.details["after"]) == ("account:1", "ada", None)
    assert (person(team, "ada2").name, person(team, "ada2").phone) == ("Ada Newcomer", NEW)
    assert NEW[-4:] not in page
    assert "/numbers/" not in asked_by_old


@pytest.mark.thorough
def test_an_id_that_only_an_account_still_names_is_given_to_nobody(team: World) -> None:
    boss = signed_in(team, Role.MANAGER, "maria")
    old = signed_in(team, Role.TECHNICIAN, "ada")
    with team.program.desk.store.write() as tx:
        accounts.of_person(tx.session, "ada")[0].person_id = "bo"  # as a roster of before this release left it
    boss.get("/new-person")
    asked = boss.post(
        "/new-person", follows=False, name="Bo", role="technician", ways="sms", number=NEW, present=PASSWORD
    )
    team.advance(seconds=2)
    boss.post(asked.headers["Location"], code=code_on(team, NEW))

    assert person(team, "bo2").phone == NEW
    assert NEW[-4:] not in old.get("/people/bo2").text


@pytest.mark.thorough
def test_who_is_no_manager_any_more_finishes_no_change_of_anothers_number(team: World) -> None:
    admin, boss = signed_in(team, Role.ADMINISTRATOR, "ada"), signed_in(team, Role.MANAGER, "maria")
    path = ask(team, boss)
    code = code_on(team, NEW)
    boss.get("/new-person")
    joining = boss.post(
        "/new-person", follows=False, name="Bo", role="technician", ways="sms", number="+16145550188", present=PASSWORD
    )
    team.advance(seconds=2)
    boss.get(path)
    admin.get("/accounts/2")
    admin.post("/accounts/2/role", role="technician")
    told = [
        boss.post(path, code=code).status_code,
        boss.post(joining.headers["Location"], code=code_on(team, "+16145550188")).status_code,
    ]

    assert told == [409, 409]
    assert person(team, "lee").phone == LEE
    assert team.entries("number_change_verified") == []


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["\x1c", "Dana\r\nALL CLEAR\u202e\x07"])
def test_a_name_that_cannot_be_printed_is_refused_and_texts_go_on(name: str, team: World) -> None:
    boss = signed_in(team, Role.MANAGER, "maria")
    told = [
        boss.post("/people/lee/name", version=seen(boss.get("/people/lee").text), role="technician", name=name),
        boss.post("/new-person", ways="sms", number=NEW, present=PASSWORD, role="technician", name=name),
    ]
    boss.post("/people/dana/name", version=seen(boss.get("/people/dana").text), role="manager", name=" Dana\r\n White ")
    team.voicemail(attested=True)
    team.text(LEE, "ACK")

    assert [("printed" in page.text, page.status_code) for page in told] == [(True, 400)] * 2
    assert person(team, "lee").name == "Lee Okafor"
    assert person(team, "dana").name == "Dana White"
    assert team.case()["owner"] == "lee"
