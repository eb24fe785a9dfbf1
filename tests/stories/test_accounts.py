"""People get accounts, sign in, prove a second factor, lose things, and are shut out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests.support.office import ELSEWHERE, HERE, PASSWORD, Office
from tests.support.world import World
from triage.errors import Busy, NotFound, Refused, TooManyAttempts
from triage.policy.access import Role, Stage
from triage.services import accounts, passwords, second_factor, sign_in
from triage.services.sign_in import Browser
from triage.store.models import Account, SignInAttempt


@pytest.fixture
def office(world: World, quick_hashes: None) -> Office:
    return Office(world)


@pytest.mark.thorough
@pytest.mark.on_both
def test_from_the_invitation_to_the_second_factor_and_out_again(office: Office) -> None:
    first = office.accept(office.invite(" Maria@Example.com", Role.MANAGER))
    halfway = office.somebody(first)
    complete, codes, app = office.set_up(first)
    office.world.advance(minutes=1)
    second = office.sign_in("MARIA@example.com")
    stage = office.somebody(second).stage
    proven = office.give(second, app.at(office.world.now))
    office.world.advance(minutes=5)
    who = office.somebody(proven)
    open_ones = sign_in.open_sign_ins(office.desk, who, office.world.now)
    sign_in.sign_out(office.desk, who, office.world.now)

    assert (halfway.stage, office.who(first)) == (Stage.SET_UP, None)
    assert (stage, office.who(second)) == (Stage.SECOND_FACTOR, None)
    assert (who.stage, who.role, who.name, len(codes)) == (Stage.COMPLETE, Role.MANAGER, "Maria Brandt", 10)
    assert [(each.is_this, each.browser) for each in open_ones] == [(True, HERE.name), (False, HERE.name)]
    assert office.who(proven) is None
    assert office.somebody(complete).stage is Stage.COMPLETE
    kinds = [event.kind for event in office.history() if event.actor != "system"]
    assert kinds == [
        "account_invited",
        "invitation_accepted",
        "signed_in",
        "second_factor_set_up",
        "signed_in",
        "signed_out",
    ]


@pytest.mark.on_both
def test_a_code_given_by_many_at_once_lets_one_of_them_in(office: Office) -> None:
    _, codes, app = office.set_up(office.accept(office.invite()))
    office.world.advance(minutes=1)

    def let_in(code: str) -> int:
        start, waiting = Barrier(5), [office.sign_in() for _ in range(5)]

        def give(token: str) -> bool:
            start.wait(timeout=10)
            try:
                return bool(office.give(token, code))
            except Refused:
                return False

        with ThreadPoolExecutor(5) as pool:
            return sum(pool.map(give, waiting))

    assert let_in(app.at(office.world.now)) == 1
    office.world.advance(days=2)
    assert let_in(codes[0]) == 1


@pytest.mark.on_both
def test_a_code_for_a_sign_in_that_ended_meanwhile_is_not_used_up(office: Office) -> None:
    _, codes, _ = office.set_up(office.accept(office.invite()))
    late, other = office.somebody(office.sign_in()), office.somebody(office.give(office.sign_in(), codes[0]))
    sign_in.end_others(office.desk, other, office.world.now)
    before, now = len(office.history()), office.world.now

    with pytest.raises(Refused, match="You were signed out"):
        second_factor.pass_second_factor(office.desk, late, codes[1], address="192.0.2.1", code_at=now, now=now)

    assert second_factor.recovery_codes_left(office.desk, other) == 9
    assert len(office.history()) == before


def test_a_second_factor_is_not_replaced_from_a_sign_in_that_ended_meanwhile(office: Office) -> None:
    token, codes, app = office.set_up(office.accept(office.invite()))
    late, now = office.somebody(token), office.world.now
    new = pyotp.TOTP(second_factor.candidate(office.desk, late).secret)
    other = office.somebody(office.give(office.sign_in(), codes[0]))
    sign_in.end_others(office.desk, other, now)

    with pytest.raises(Refused, match="You were signed out"):
        second_factor.set_up(office.desk, late, new.at(now), address="192.0.2.1", code_at=now, now=now)

    office.world.advance(minutes=1)
    assert office.who(office.give(office.sign_in(), app.at(office.world.now)))


@pytest.mark.on_both
def test_a_code_counts_once_and_a_recovery_code_too(office: Office) -> None:
    _, codes, app = office.set_up(office.accept(office.invite()))
    office.world.advance(minutes=1)
    code = app.at(office.world.now)
    office.give(office.sign_in(), code)

    with pytest.raises(Refused, match="does not count"):
        office.give(office.sign_in(), code)
    typed = codes[0].lower().replace("-", " ")
    by_recovery = office.give(office.sign_in(), typed)
    with pytest.raises(Refused, match="does not count"):
        office.give(office.sign_in(), typed)

    who = office.somebody(by_recovery)
    assert second_factor.recovery_codes_left(office.desk, who) == 9
    assert office.history()[-1].details["by"] == "second factor"


@pytest.mark.thorough
@pytest.mark.on_both
def test_attempts_are_slowed_down_the_same_whether_there_is_such_an_account_or_not(office: Office) -> None:
    office.accept(office.invite())
    told: dict[str, list[str]] = {"maria@example.com": [], "nobody@example.com": []}
    for email, answers in told.items():
        for number in range(6):
            with pytest.raises(Refused) as refused:
                office.sign_in(email, "wrong", Browser(address=f"192.0.2.{number}", name=""))
            answers.append(str(refused.value))

    assert told["maria@example.com"] == told["nobody@example.com"]
    assert told["maria@example.com"][4:] == [
        "E-mail or password is wrong. Check both, then try again.",
        "Too many wrong attempts. Try again in 15 minutes.",
    ]
    with pytest.raises(TooManyAttempts):
        office.sign_in()
    office.world.advance(minutes=15)
    assert office.who(office.sign_in()) is not None
    with office.desk.store.read() as session:
        emails = {attempt.email_hash for attempt in session.scalars(select(SignInAttempt))}
    assert emails == {passwords.digest("nobody@example.com")}


def test_one_address_tries_twenty_accounts_and_then_waits(office: Office) -> None:
    office.accept(office.invite())
    for number in range(20):
        with pytest.raises(Refused, match="is wrong"):
            office.sign_in(f"somebody{number}@example.com", "wrong", ELSEWHERE)

    with pytest.raises(TooManyAttempts, match="15 minutes"):
        office.sign_in(browser=ELSEWHERE)
    assert office.who(office.sign_in(browser=HERE)) is not None


def test_who_has_the_password_does_not_guess_the_code_by_signing_in_again_and_again(office: Office) -> None:
    office.set_up(office.accept(office.invite()))
    for _ in range(5):
        with pytest.raises(Refused, match="does not count"):
            office.give(office.sign_in(), "000000")

    token = office.sign_in()
    with pytest.raises(TooManyAttempts):
        office.give(token, "000000")


def test_the_password_alone_counts_for_ten_minutes(office: Office) -> None:
    office.set_up(office.accept(office.invite()))
    token = office.sign_in()
    office.world.advance(minutes=9, seconds=59)
    still = office.who(token)
    office.world.advance(seconds=1)

    assert still is not None
    assert office.who(token) is None


def test_a_sign_in_lasts_while_it_is_used_but_not_for_ever(office: Office) -> None:
    token, _, _ = office.set_up(office.accept(office.invite(role=Role.AUDITOR)))
    for _ in range(13):
        office.world.clock.tick(timedelta(hours=11, minutes=59))
        assert office.who(token) is not None
    office.world.clock.tick(timedelta(hours=12))
    assert office.who(token) is None

    idle = office.sign_in()
    office.world.clock.tick(timedelta(hours=12))
    assert office.who(idle) is None


@pytest.mark.on_both
def test_a_new_link_replaces_password_and_second_factor_once_it_is_used(office: Office) -> None:
    first = office.invite(role=Role.MANAGER)
    old, _, _ = office.set_up(office.accept(first))
    lost = accounts.invite_again(office.desk, first.account_id, actor="account:9", now=office.world.now)
    again = accounts.invite_again(office.desk, first.account_id, actor="account:9", now=office.world.now)
    before = office.who(old)

    with pytest.raises(NotFound, match="used already, or is too old"):
        office.accept(lost)
    token = office.accept(again, "another long password")

    assert before is not None
    assert office.who(old) is None
    assert office.somebody(token).stage is Stage.SET_UP
    with pytest.raises(NotFound):
        office.accept(again)
    with pytest.raises(Refused, match="is wrong"):
        office.sign_in()


@pytest.mark.on_both
def test_a_link_for_a_lost_password_does_not_pass_by_the_second_factor(office: Office) -> None:
    first = office.invite()
    with pytest.raises(Refused, match="no second factor to keep"):
        accounts.invite_again(
            office.desk, first.account_id, keeps_second_factor=True, actor="account:9", now=office.world.now
        )
    _, codes, app = office.set_up(office.accept(first))
    again = accounts.invite_again(
        office.desk, first.account_id, keeps_second_factor=True, actor="account:9", now=office.world.now
    )
    token = office.accept(again, "another long password")

    assert office.somebody(token).stage is Stage.SECOND_FACTOR
    with pytest.raises(Refused, match="present second factor first"):
        office.set_up(token)
    assert office.somebody(office.give(token, codes[0])).stage is Stage.COMPLETE
    office.world.advance(minutes=1)
    later = office.sign_in(password="another long password")
    assert office.somebody(office.give(later, app.at(office.world.now))).stage is Stage.COMPLETE


def test_an_invitation_ends_after_three_days_and_a_weak_password_does_not_use_it_up(office: Office) -> None:
    invited = office.invite()
    with pytest.raises(Refused, match="Too short"):
        office.accept(invited, "short")
    office.world.clock.tick(timedelta(hours=71, minutes=59))
    name = accounts.invited_name(office.desk, invited.path.removeprefix("/invitation/"), office.world.now)
    office.world.clock.tick(timedelta(minutes=1))

    assert name == ("Maria Brandt", "maria@example.com")
    with pytest.raises(NotFound):
        office.accept(invited)
    [record] = accounts.list_accounts(office.desk, office.world.now)
    assert record["state"] == "invitation expired"


@pytest.mark.on_both
def test_a_disabled_account_is_out_at_once_and_open_again_by_a_new_link(office: Office) -> None:
    invited = office.invite()
    token = office.accept(invited)
    accounts.disable(office.desk, invited.account_id, actor="account:9", now=office.world.now)

    assert office.who(token) is None
    with pytest.raises(Refused, match="is wrong"):
        office.sign_in()
    [record] = accounts.list_accounts(office.desk, office.world.now)
    assert (record["state"], record["second_factor"]) == ("disabled", False)
    again = accounts.invite_again(office.desk, invited.account_id, actor="account:9", now=office.world.now)
    assert office.who(office.accept(again)) is not None


def test_nobody_shuts_themselves_out(office: Office) -> None:
    number = office.invite(role=Role.ADMINISTRATOR).account_id

    with pytest.raises(Refused, match="ask another administrator"):
        accounts.disable(office.desk, number, actor=f"account:{number}", now=office.world.now)
    with pytest.raises(Refused, match="ask another administrator"):
        accounts.change_role(office.desk, number, Role.AUDITOR, actor=f"account:{number}", now=office.world.now)


@pytest.mark.on_both
def test_a_changed_password_ends_every_other_sign_in_and_a_role_counts_at_once(office: Office) -> None:
    invited = office.invite()
    here, there = office.accept(invited), office.sign_in(browser=ELSEWHERE)
    who, now = office.somebody(here), office.world.now
    with pytest.raises(Refused, match="present password is wrong"):
        accounts.change_password(office.desk, who, "wrong", "another long password", address="::1", now=now)
    accounts.change_password(office.desk, who, PASSWORD, "another long password", address="::1", now=now)
    accounts.change_role(office.desk, invited.account_id, Role.MANAGER, actor="account:9", now=now)

    assert office.who(there) is None
    assert office.somebody(here).stage is Stage.SET_UP
    assert office.who(office.sign_in(password="another long password")) is not None
    accounts.link_to_person(office.desk, invited.account_id, "dana", actor="account:9", now=now)
    with pytest.raises(Refused, match="the roster has no person nobody"):
        accounts.link_to_person(office.desk, invited.account_id, "nobody", actor="account:9", now=now)
    [linked] = [event for event in office.history() if event.kind == "account_linked"]
    assert (linked.details["after"], linked.actor) == ("dana", "account:9")
    assert office.somebody(here).person_id == "dana"
    changes = [event for event in office.history() if event.kind == "role_changed"]
    assert [event.details for event in changes] == [
        {"account": invited.account_id, "before": "technician", "after": "manager"}
    ]


def test_a_hash_of_other_days_is_made_anew_at_the_next_sign_in(office: Office) -> None:
    office.accept(office.invite())
    with office.desk.store.write() as tx:
        tx.session.scalars(select(Account)).one().password_hash = PasswordHasher(2, 16, 1).hash(PASSWORD)
    office.sign_in()

    with office.desk.store.read() as session:
        kept = session.scalars(select(Account.password_hash)).one()
    assert str(kept).startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert office.who(office.sign_in()) is not None


def test_the_history_holds_no_address_of_mail_no_password_and_no_code(office: Office) -> None:
    invited = office.invite(role=Role.MANAGER)
    token, codes, app = office.set_up(office.accept(invited))
    with pytest.raises(Refused):
        office.sign_in("maria@example.com", "wrong guess here")
    office.world.advance(minutes=1)
    code = app.at(office.world.now)
    office.give(office.sign_in(), code)

    told = " ".join(f"{event.kind} {event.actor} {event.details}" for event in office.history())
    assert re.findall(r"\S+@\S+", told) == []
    for secret in (PASSWORD, "wrong guess", token, invited.path[-20:], code, app.secret, codes[0]):
        assert secret not in told


def test_an_invitation_says_what_to_mend(office: Office) -> None:
    office.invite()
    now = office.world.now
    for email, name, person, told in (
        ("Maria@example.com", "Maria", None, "has an account: make a new link"),
        ("maria", "Maria", None, "is no e-mail address"),
        ("m@example.com", " ", None, "the name is empty"),
        ("m@example.com", "Maria", "mario", "the roster has no person mario; it has dana, lee, maria"),
    ):
        with pytest.raises(Refused, match=re.escape(told)):
            accounts.invite(office.desk, email, name=name, role=Role.AUDITOR, person_id=person, actor="x", now=now)


def test_signing_in_leaves_threads_for_the_phone_system(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.accept(office.invite())
    monkeypatch.setattr(passwords, "_WAIT_SECONDS", 0)

    with passwords._turn(), passwords._turn():
        for _ in range(6):
            with pytest.raises(Busy, match="try again in a few seconds"):
                office.sign_in()
    with office.desk.store.read() as session:
        assert session.scalars(select(SignInAttempt)).all() == []


def test_a_second_factor_is_not_replaced_before_the_old_one_was_given(office: Office) -> None:
    office.set_up(office.accept(office.invite()))
    who = office.somebody(office.sign_in())

    with pytest.raises(Refused, match="present second factor first"):
        second_factor.set_up(office.desk, who, "000000", address="::1", code_at=office.world.now, now=office.world.now)
