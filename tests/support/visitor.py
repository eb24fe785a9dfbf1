"""Somebody with a browser before the console: keeps cookies, fills in the forms that pages show."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.world import PUBLIC_URL, World
from triage.policy.access import Role
from triage.services import accounts, second_factor, sign_in
from triage.services.sign_in import Browser

PASSWORD = "correct horse battery"
_BROWSER = Browser(address="127.0.0.1", name="Firefox on Linux")


class Visitor:
    """One browser. `app` has the pages; `base` is the address that it shows them under."""

    def __init__(self, app: Flask, base: str = PUBLIC_URL, agent: str = "Firefox/145.0 (X11; Linux)") -> None:
        self.client, self._base, self._agent = app.test_client(), base, agent
        self._form_token = ""
        self.codes: pyotp.TOTP | None = None
        self.last = ""

    def get(self, path: str, *, follows: bool = True) -> TestResponse:
        """A page; where it sends one elsewhere, that one."""
        answer = self.client.get(path, base_url=self._base, headers={"User-Agent": self._agent}, buffered=True)
        return self._read(answer, follows=follows)

    def post(self, path: str, *, follows: bool = True, **fields: str) -> TestResponse:
        """A form, with the token of the page that was read last."""
        answer = self.client.post(
            path,
            data={"csrf_token": self._form_token, **fields},
            base_url=self._base,
            headers={"User-Agent": self._agent},
            buffered=True,
        )
        return self._read(answer, follows=follows)

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name, domain=self._base.split("/")[2].split(":")[0])
        return found.value if found else None

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", email=email, password=password)

    def give_code(self, codes: pyotp.TOTP | None, world: World) -> TestResponse:
        """The next code of an authenticator app: a minute passes until then."""
        assert codes is not None
        world.clock.tick(timedelta(minutes=1))
        return self.post("/sign-in/code", follows=False, code=codes.at(world.now))

    def _read(self, answer: TestResponse, *, follows: bool) -> TestResponse:
        if follows and answer.status_code in {302, 303}:
            return self.get(answer.headers["Location"].removeprefix(self._base))
        if answer.mimetype != "text/html":
            return answer
        self.last = answer.text
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
            self._form_token = found[1]
        return answer


def signed_in(world: World, role: Role, person: str | None = None) -> Visitor:
    """Somebody of a role, who is `person` in the roster: by an invitation, with a second factor."""
    name, address = f"{role.value.capitalize()} <b>", f"{person or role.value}@example.com"
    desk, now, visitor = world.program.desk, world.now, Visitor(world.app)
    invited = accounts.invite(desk, address, name=name, role=role, person_id=person, actor="test", now=now)
    first = accounts.accept(desk, invited.path.rpartition("/")[2], PASSWORD, _BROWSER, now)
    who = sign_in.who_is(desk, first, now)
    assert who is not None
    visitor.codes = pyotp.TOTP(second_factor.candidate(desk, who).secret)
    code, here = visitor.codes.at(now), _BROWSER.address
    token, _ = second_factor.set_up(desk, who, code, address=here, code_at=now, now=now)
    visitor.client.set_cookie("__Host-afterhours", token, domain=PUBLIC_URL.removeprefix("https://"), secure=True)
    if role in {Role.MANAGER, Role.ADMINISTRATOR}:
        world.clock.tick(timedelta(minutes=1))
    assert f"<small>{role.value}</small></a>" in visitor.get("/").text
    return visitor


def app_of(page: TestResponse) -> pyotp.TOTP:
    """The authenticator app that reads the secret from the page."""
    found = re.search(r'class="secret"><code>([A-Z2-7 ]+)</code>', page.text)
    assert found
    return pyotp.TOTP(found[1].replace(" ", ""))
