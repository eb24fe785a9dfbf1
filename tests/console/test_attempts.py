"""Who fails to sign in too often waits, and nobody else does."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.visitor import PASSWORD, Visitor, signed_in
from tests.support.wire import Wire
from tests.support.world import Build, World
from triage.policy.access import Role
from triage.services import accounts
from triage.store.models import SignInAttempt
from webhooks.app import create_app

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_too_many_attempts_are_429_and_say_how_long(world: World) -> None:
    visitor = Visitor(world.app)
    answers = [visitor.sign_in("nobody@example.com", "wrong") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert "Try again in 15 minutes." in answers[-1].text


def test_outsiders_who_fail_do_not_stop_who_is_signed_in(world: World) -> None:
    lee, stranger = signed_in(world, Role.TECHNICIAN, "lee"), Visitor(world.app)
    failed = [stranger.sign_in("lee@example.com", "wrong wrong wrong").status_code for _ in range(6)]
    lee.get("/account")
    changed = lee.post("/account/password", present=PASSWORD, password="another long one", again="another long one")
    third = "one more long one"
    wrong = [
        lee.post("/account/password", present=PASSWORD, password=third, again=third, follows=False).status_code
        for _ in range(6)
    ]

    link = accounts.invite_again(world.program.desk, 1, keeps_second_factor=True, actor="test", now=world.now).path
    other = Visitor(world.app)
    other.get(link)
    other.post(link, password=PASSWORD, again=PASSWORD)
    other.give_code(lee.codes, world)
    back_in = other.get("/")

    assert (failed[-1], changed.status_code) == (429, 200)
    assert "<small>technician</small></a>" in back_in.text
    assert wrong == [400] * 5 + [429]


@pytest.mark.parametrize("form", ["2001:db8:1:2::{:x}", "203.0.113.77:{}", "[2001:db8:1:2::{:x}]:443"])
def test_one_network_has_twenty_attempts_whatever_its_proxy_writes(form: str, build_world: Build) -> None:
    visitor = Visitor(create_app(build_world(trusted_proxies=1).program))
    found = []
    for number in range(1000, 1021):
        visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = form.format(number)
        found.append(visitor.sign_in(f"u{number}@example.com", "wrong wrong wrong").status_code)

    assert found == [400] * 20 + [429]


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "198.51.100.9")])
def test_an_address_is_what_the_trusted_proxy_tells_and_no_other(proxies: int, address: str, sqlite_url: str) -> None:
    with closing(Wire(sqlite_url, trusted_proxies=proxies)) as wire:
        visitor = Visitor(wire.app)
        visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.7, 198.51.100.9"
        visitor.sign_in("nobody@example.com", "wrong")

        assert wire.only(SignInAttempt).address == address
