"""Somebody with a browser before the console: keeps cookies, fills in the forms that pages show."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.world import PUBLIC_URL, World
from triage.policy.access import NEEDS_SECOND_FACTOR, Role
from triage.services import accounts

PASSWORD = "correct horse battery"


class Visitor:
    """One browser. `app` has the pages; `base` is the address that it shows them under."""

    def __init__(self, app: Flask, base: str = PUBLIC_URL, agent: str = "Firefox/145.0 (X11; Linux)") -> None:
        self.client, self._base, self._agent = app.test_client(), base, agent
        self._form_token = ""
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
    """Somebody of a role, who is `person` in the roster: by an invitation, with a second factor where it is needed."""
    name, address = f"{role.value.capitalize()} <b>", f"{person or role.value}@example.com"
    invited = accounts.invite(
        world.program.desk, address, name=name, role=role, person_id=person, actor="test", now=world.now
    )
    visitor = Visitor(world.app)
    visitor.get(invited.path)
    page = visitor.post(invited.path, password=PASSWORD, again=PASSWORD)
    if role in NEEDS_SECOND_FACTOR:
        page = visitor.post("/account/second-factor", code=app_of(page).at(world.now))
        assert "Keep these codes" in page.text
        world.clock.tick(timedelta(minutes=1))
        page = visitor.get("/")
    assert f"<small>{role.value}</small></a>" in page.text
    return visitor


def app_of(page: TestResponse) -> pyotp.TOTP:
    """The authenticator app that reads the secret from the page."""
    found = re.search(r'class="secret"><code>([A-Z2-7 ]+)</code>', page.text)
    assert found
    return pyotp.TOTP(found[1].replace(" ", ""))
