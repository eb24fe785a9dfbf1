"""The accounts of a world: people who are invited, sign in and give codes."""

from __future__ import annotations

import pyotp
from sqlalchemy import select

from tests.support.world import World
from triage.policy.access import Role
from triage.services import accounts, second_factor, sign_in
from triage.services.accounts import Invited
from triage.services.sign_in import Browser, SignedIn
from triage.store.models import Event

PASSWORD = "correct horse battery"
HERE = Browser(address="203.0.113.7", name="Firefox on Linux")
ELSEWHERE = Browser(address="198.51.100.9", name="Safari on iPhone")


class Office:
    """A world's accounts, spoken of briefly."""

    def __init__(self, world: World) -> None:
        self.world, self.desk = world, world.program.desk

    def invite(self, email: str = "maria@example.com", role: Role = Role.TECHNICIAN) -> Invited:
        return accounts.invite(
            self.desk, email, name="Maria Brandt", role=role, actor="command line", now=self.world.now
        )

    def accept(self, invited: Invited, password: str = PASSWORD, browser: Browser = HERE) -> str:
        token = invited.path.removeprefix("/invitation/")
        return accounts.accept(self.desk, token, password, browser, self.world.now)

    def sign_in(self, email: str = "maria@example.com", password: str = PASSWORD, browser: Browser = HERE) -> str:
        return sign_in.sign_in(self.desk, email, password, browser, self.world.now)

    def who(self, token: str) -> SignedIn | None:
        return sign_in.who_is(self.desk, token, self.world.now)

    def somebody(self, token: str) -> SignedIn:
        found = self.who(token)
        assert found is not None
        return found

    def set_up(self, token: str) -> tuple[str, list[str], pyotp.TOTP]:
        """The sign-in's new token, the recovery codes, the app."""
        who = self.somebody(token)
        app = pyotp.TOTP(second_factor.candidate(self.desk, who).secret)
        now = self.world.now
        fresh, codes = second_factor.set_up(self.desk, who, app.at(now), address=HERE.address, code_at=now, now=now)
        return fresh, codes, app

    def give(self, token: str, code: str) -> str:
        now = self.world.now
        return second_factor.pass_second_factor(
            self.desk, self.somebody(token), code, address=HERE.address, code_at=now, now=now
        )

    def history(self) -> list[Event]:
        with self.desk.store.read() as session:
            found = list(session.scalars(select(Event).order_by(Event.number)))
            session.expunge_all()
        return found
