"""Signing in by an OpenID Connect provider: whom it lets in, what proves nothing, what is asked of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from tests.support.openid import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.serving import serving
from tests.support.visitor import PASSWORD, Visitor, signed_in
from tests.support.world import Build, World
from triage.policy.access import Role
from triage.services import accounts

pytestmark = pytest.mark.usefixtures("quick_hashes")


@dataclass
class House:
    """A world with a sign-in provider, and a browser before both."""

    world: World
    provider: Provider

    def go(self, visitor: Visitor) -> str:
        """To the provider: the address that the browser was sent to."""
        answer = visitor.get("/sign-in/provider", follows=False)
        assert answer.status_code == 303
        return answer.headers["Location"]

    def sign_in(self, visitor: Visitor | None = None) -> TestResponse:
        """There and back."""
        browser = visitor or Visitor(self.world.app)
        code, state = self.provider.let_in(self.go(browser))
        return browser.get("/sign-in/provider/answer?" + urlencode({"code": code, "state": state}))

    def fails(self) -> list[str | None]:
        return [event.details["by"] for event in self.world.entries("sign_in_failed")]


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with serving(made.app()) as issuer:
        made.issuer = issuer
        yield made


@pytest.fixture
def house(build_world: Build, provider: Provider) -> House:
    """Whom the provider lets in has given a second factor there."""
    return House(make(build_world, provider, oidc_trust_second_factor="yes"), provider)


def make(build_world: Build, provider: Provider, **settings: Any) -> World:
    return build_world(
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET, **settings
    )


def test_who_has_an_account_is_let_in_by_the_provider_and_bound_to_who_they_are_there(house: House) -> None:
    signed_in(house.world, Role.TECHNICIAN)
    page = Visitor(house.world.app).get("/sign-in")
    first = house.sign_in()
    house.provider.claims = {"email": "new-address@example.com"}
    second = house.sign_in()
    house.provider.claims = {"sub": "somebody else"}
    other = house.sign_in()

    assert "Sign in with 127.0.0.1:" in page.text
    assert ["<small>technician</small></a>" in answer.text for answer in (first, second, other)] == [True, True, False]
    assert "belongs to another identity at the sign-in provider" in other.text
    assert len(house.world.entries("identity_bound")) == 1
    assert house.world.entries("signed_in")[-1].details["second_factor"] == "provider"
    assert house.fails() == ["provider"]
    assert house.provider.asked.count("/keys") == 1


def test_whoever_is_unknown_disabled_or_not_vouched_for_stays_outside(house: House) -> None:
    desk, now = house.world.program.desk, house.world.now
    unknown = house.sign_in().text
    invited = accounts.invite(desk, "technician@example.com", name="Dana", role=Role.TECHNICIAN, actor="test", now=now)
    house.provider.claims = {"email_verified": False}
    unverified = house.sign_in().text
    house.provider.claims = {"email_verified": "true"}
    odd = house.sign_in().text
    house.provider.claims = {}
    entered = house.sign_in().text
    accounts.disable(desk, invited.account_id, actor="test", now=now)
    disabled = house.sign_in().text

    assert "You have no account here." in unknown
    assert "does not vouch for your e-mail address" in unverified
    assert "does not vouch for your e-mail address" in odd
    assert "<small>technician</small></a>" in entered
    assert "You have no account here." in disabled
    assert house.fails() == ["provider"] * 4


NOT_FOR_US_AND_NOW: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "somebody else"},
    {"aud": "somebody else", "azp": CLIENT_ID},
    {"aud": [CLIENT_ID, "somebody else"]},
    {"exp": 1},
    {"iat": 9999999999},
    {"iss": "https://elsewhere.example"},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 300},
    {"azp": "somebody else"},
    {"at_hash": "wrong"},
]


@pytest.mark.thorough
def test_a_token_that_is_not_for_us_and_now_proves_nothing(house: House) -> None:
    signed_in(house.world, Role.TECHNICIAN)
    told = []
    for claims in NOT_FOR_US_AND_NOW:
        house.provider.claims = claims
        told.append("does not prove who you are" in house.sign_in().text)

    assert [claims for claims, is_told in zip(NOT_FOR_US_AND_NOW, told, strict=True) if not is_told] == []
    assert house.fails() == ["provider"] * len(NOT_FOR_US_AND_NOW)


def test_a_token_of_another_key_proves_nothing_and_a_new_key_of_the_provider_does(house: House) -> None:
    signed_in(house.world, Role.TECHNICIAN)
    house.provider.published = ECKey.generate_key("P-256", {"kid": "one"})
    forged = house.sign_in().text
    house.provider.published = None
    house.world.program.provider.check()  # type: ignore[union-attr] # the house has one
    right = house.sign_in().text

    assert "does not prove who you are" in forged
    assert "<small>technician</small></a>" in right


def test_an_answer_that_this_browser_did_not_ask_for_lets_nobody_in(house: House) -> None:
    signed_in(house.world, Role.TECHNICIAN)
    visitor, other = Visitor(house.world.app), Visitor(house.world.app)
    code, state = house.provider.let_in(house.go(visitor))
    query = urlencode({"code": code, "state": state})
    stranger = other.get(f"/sign-in/provider/answer?{query}").text
    wrong = visitor.get(f"/sign-in/provider/answer?code={code}&state=wrong").text
    again = visitor.get(f"/sign-in/provider/answer?{query}").text
    _, state = house.provider.let_in(house.go(visitor))
    refused = visitor.get(f"/sign-in/provider/answer?state={state}&error=access_denied").text
    _, state = house.provider.let_in(house.go(visitor))
    stolen = visitor.get(f"/sign-in/provider/answer?state={state}&code={code}").text

    assert ["was not begun in this browser" in text for text in (stranger, wrong, again)] == [True] * 3
    assert "did not let you in" in refused
    assert "does not prove who you are" in stolen, "PKCE: the code was granted for another verifier"


def test_a_second_factor_is_asked_for_unless_the_provider_says_that_it_saw_one(
    build_world: Build, provider: Provider
) -> None:
    house = House(make(build_world, provider), provider)
    boss = signed_in(house.world, Role.MANAGER)
    house.provider.email = "manager@example.com"
    without = house.sign_in().text
    house.provider.claims = {"amr": ["pwd", "otp"]}
    with_one = house.sign_in().text
    house.provider.claims = {"acr": "urn:example:loa:mfa"}
    by_class = house.sign_in().text

    assert "One more step" in without
    assert ["<small>manager</small></a>" in text and "One more step" not in text for text in (with_one, by_class)] == [
        True
    ] * 2
    assert house.world.entries("signed_in")[-1].details["second_factor"] == "provider"
    assert boss.get("/people").status_code == 200


def test_whoever_has_no_second_factor_here_sets_one_up_or_the_setting_trusts_the_provider(
    build_world: Build, provider: Provider
) -> None:
    for trusts, title in ((False, "Set up the second factor"), (True, "Board")):
        world = make(build_world, provider, oidc_trust_second_factor="yes" if trusts else "no")
        if not trusts:
            accounts.invite(
                world.program.desk, provider.email, name="Maria", role=Role.MANAGER, actor="test", now=world.now
            )
        visitor = Visitor(world.app)
        page = House(world, provider).sign_in(visitor)
        assert f"<h1>{title}</h1>" in page.text

    assert (
        "Your account has no password."
        in visitor.post("/people/lee/channels", ways="sms", present=PASSWORD, version="x").text
    )


@pytest.mark.thorough
def test_attempts_that_fail_are_slowed_down_by_address(house: House) -> None:
    house.world.app.wsgi_app = _From("203.0.113.7", house.world.app.wsgi_app)  # type: ignore[method-assign, assignment]
    told = [house.sign_in().text for _ in range(21)]
    house.world.clock.tick(timedelta(minutes=15))

    assert ["Too many wrong attempts" in text for text in told] == [False] * 20 + [True]
    assert "You have no account here." in house.sign_in().text


class _From:
    """Requests of one address."""

    def __init__(self, address: str, inner: Any) -> None:
        self._address, self._inner = address, inner

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        return self._inner({**environ, "REMOTE_ADDR": self._address}, start)


def test_a_provider_in_trouble_is_told_in_words_and_the_password_still_works(house: House) -> None:
    signed_in(house.world, Role.TECHNICIAN)
    house.provider.is_huge = True
    visitor = Visitor(house.world.app)
    told = visitor.get("/sign-in/provider").text
    asked = len(house.provider.asked)
    visitor.get("/sign-in/provider")

    assert "<h1>Sign in</h1>" in told
    assert (
        'class="note bad" role="alert" tabindex="-1" autofocus>The sign-in provider does not answer as it should.'
        in told
    )
    assert len(house.provider.asked) == asked, "what has just failed is not asked for at once again"
    assert "One more step" in visitor.sign_in("technician@example.com").text


IN_TROUBLE: list[dict[str, Any]] = [
    {"issuer": "https://elsewhere.example"},
    {"authorization_endpoint": "http://elsewhere.example/authorize"},
    {"authorization_endpoint": None},
    {"token_endpoint": "http://10.0.0.1/token"},
    {"jwks_uri": "file:///etc/passwd"},
]


@pytest.mark.thorough
def test_a_provider_sends_us_nowhere_else_and_its_trouble_costs_no_attempt(house: House) -> None:
    redirected = {"jwks_uri": f"{house.provider.issuer}/elsewhere"}
    told = []
    for document in (*IN_TROUBLE, redirected, {}):
        house.provider.document = document
        house.provider.token_status = 200 if document else 503
        house.world.restart()
        visitor = Visitor(house.world.app)
        address = visitor.get("/sign-in/provider", follows=False).headers["Location"]
        if address == "/sign-in":
            told.append(visitor.get(address).text)
        else:
            code, state = house.provider.let_in(address)
            told.append(visitor.get("/sign-in/provider/answer?" + urlencode({"code": code, "state": state})).text)

    assert ['role="alert"' in text for text in told] == [True] * len(told)
    assert "says that its name is another one" in told[0]
    assert "/keys" not in house.provider.asked
    assert house.fails() == []


def test_an_address_that_the_token_lacks_is_asked_for_and_only_of_the_same_person(house: House) -> None:
    signed_in(house.world, Role.TECHNICIAN)
    house.provider.claims = {"email": None, "email_verified": None}
    house.provider.about = {"sub": "another", "email": house.provider.email, "email_verified": True}
    wrong = house.sign_in().text
    house.provider.about["sub"] = f"subject of {house.provider.email}"
    right = house.sign_in().text

    assert "does not vouch" in wrong
    assert "<small>technician</small></a>" in right


def test_a_new_link_takes_the_identity_off_the_account(house: House) -> None:
    desk = house.world.program.desk
    invited = accounts.invite(
        desk, house.provider.email, name="Dana", role=Role.TECHNICIAN, actor="test", now=house.world.now
    )
    house.sign_in()
    again = accounts.invite_again(desk, invited.account_id, actor="test", now=house.world.now)
    visitor = Visitor(house.world.app)
    visitor.get(again.path)
    visitor.post(again.path, password=PASSWORD, again=PASSWORD)
    house.provider.claims = {"sub": "another"}

    assert "<small>technician</small></a>" in house.sign_in().text
    assert len(house.world.entries("identity_bound")) == 2


def test_without_a_provider_there_is_no_button_and_no_way(world: World) -> None:
    visitor = Visitor(world.app)

    assert "Sign in with" not in visitor.get("/sign-in").text
    assert visitor.get("/sign-in/provider").status_code == 409
