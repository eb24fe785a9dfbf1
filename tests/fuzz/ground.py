"""Where the requests land: a firm with a history whose every name is hostile already, and somebody of each role."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import select

from tests.fuzz.pages import Form, forms_of, links_of
from tests.fuzz.values import FORMULA, MARK
from tests.support.bills import add_dealer, add_work
from tests.support.dealers import add_dealer_with_history
from tests.support.fixtures import FRIDAY_NIGHT, LEE, TEAM
from tests.support.visitor import Visitor, signed_in
from tests.support.world import CALLER, PUBLIC_URL, World
from triage.policy.access import Role
from triage.services import accounts
from triage.services.dealer_files import import_file
from triage.store.models import Account
from webhooks.twilio.media import media_address

PEOPLE = {Role.TECHNICIAN: "lee", Role.MANAGER: "maria", Role.AUDITOR: None, Role.ADMINISTRATOR: "ada"}
_MOST_PAGES = 200
_ENDS_A_SIGN_IN = ("/sign-out", "/account/sign-ins")
_NO_PROVIDER: dict[str, Any] = {
    "oidc_issuer": "http://127.0.0.1:9",
    "oidc_client_id": "afterhours",
    "oidc_client_secret": "a secret of the provider's",
}
"""A sign-in provider that does not answer."""
_HOSTILE_TEAM = TEAM.replace("Sam Novak", f"Sam {MARK}")


class Ground:
    """A world, the browsers of its people, and what a walk through its pages found: addresses and forms by route."""

    def __init__(self, clock: FrozenDateTimeFactory, database_url: str, most_pages: int = _MOST_PAGES) -> None:
        clock.move_to(FRIDAY_NIGHT)
        folder = Path(tempfile.mkdtemp(prefix="afterhours-fuzz-"))
        roster = folder / "roster.toml"
        roster.write_text(_HOSTILE_TEAM)
        self.world = World(clock, database_url, roster_file=roster, trusted_proxies=1, **_NO_PROVIDER)
        roster.unlink()
        folder.rmdir()
        self._give_it_a_history()
        self.visitors: dict[Role, Visitor] = {
            role: signed_in(self.world, role, person) for role, person in PEOPLE.items()
        }
        self._make_what_pages_make()
        self.roles = {role: role for role in PEOPLE}
        cookies = {
            f"the {one.key} of {role.value}": one.value
            for role, visitor in self.visitors.items()
            for one in (visitor.client._cookies or {}).values()
            if one.http_only and len(one.value) > 20
        }
        self.secrets: dict[str, str] = cookies
        self.call_sids = [call.sid for call in self.world.phones.calls()]
        self.adapter = self.world.app.url_map.bind("afterhours.example")
        self.addresses: dict[str, list[str]] = {}
        self.forms: dict[str, list[Form]] = {}
        self._walk(Role.ADMINISTRATOR, most_pages)
        self._walk(Role.TECHNICIAN, most_pages // 4)
        self._learn_what_no_page_links()
        every = (path.partition("?")[0] for paths in self.addresses.values() for path in paths)
        self.last_parts = [path.rpartition("/")[2] for path in every]

    def close(self) -> None:
        self.world.close()

    def read_roles(self) -> None:
        """Which role each of the visitors has now: an administrator may have changed it."""
        with self.world.program.desk.store.read() as session:
            found = {account.email: Role(account.role) for account in session.scalars(select(Account))}
        self.roles = {role: found[f"{person or role.value}@example.com"] for role, person in PEOPLE.items()}

    def rule_of(self, path: str, method: str) -> str | None:
        """The route of an address, as it stands in the map."""
        try:
            rule, _ = self.adapter.match(path.partition("?")[0], method=method, return_rule=True)
        except Exception:  # noqa: BLE001 - not found, not allowed, elsewhere: no route of ours
            return None
        return str(rule.rule)

    def _give_it_a_history(self) -> None:
        world = self.world
        world.voicemail(attested=True, transcript=f"please hurry {MARK}")
        world.text(LEE, f"DONE 35 {MARK} new card")
        world.voicemail("+12165550123", emergency=True, attested=True)
        world.text(LEE, "ACK")
        world.text(CALLER, f"please hurry {MARK}")
        world.voicemail("+13305550147", attested=True, transcript=FORMULA)
        add_dealer_with_history(world)
        with world.program.desk.store.write() as tx:
            hostile = add_dealer(tx, "C/7", name=f"Sons & {FORMULA} {MARK}")
            add_work(world, tx, hostile, "165.00")
        sites = f"dealer,name,zone,product,software,licence_until,trunk\nC/7,{MARK},,emg,2.1,,{MARK}\n"
        import_file(world.program.desk, "sites", sites.encode(), is_dry_run=False, actor="test", now=world.now)
        world.advance(minutes=6)

    def _make_what_pages_make(self) -> None:
        boss = self.visitors[Role.MANAGER]
        seal = re.search(r'name="seal" value="([^"]+)"', boss.get("/invoices?through=2026-11-20").text)
        if seal:
            boss.post("/invoices", through="2026-11-20", seal=seal[1])
        boss.get("/bookings/new?dealer=ACME")
        slot = {"starts": "2026-11-23T10:00", "ends": "2026-11-23T11:00", "person": "lee", "product": "ucp"}
        what = {"dealer": "ACME", "phone": CALLER, "kind": "call", "note": MARK, "book": "Book it"}
        boss.post("/bookings/new", follows=True, **slot, **what)

    def _walk(self, role: Role, most_pages: int) -> None:
        """Every page that one gets to from the board, breadth first, one address or two of each route."""
        visitor, waiting, seen = self.visitors[role], ["/"], {"/"}
        asked = 0
        while waiting and asked < most_pages:
            path = waiting.pop(0)
            rule = self.rule_of(path, "GET")
            if rule is None or len(self.addresses.setdefault(f"GET {rule}", [])) >= 3:
                continue
            if path not in self.addresses[f"GET {rule}"]:
                self.addresses[f"GET {rule}"].append(path)
            asked += 1
            answer = visitor.get(path, follows=False)
            if answer.mimetype != "text/html":
                continue
            for form in forms_of(answer.text, path, role):
                self._keep(form)
            for link in links_of(answer.text, path):
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)

    def _learn_what_no_page_links(self) -> None:
        """Addresses that are shown once, or to programs alone: a feed, an invitation, a recording, files of pages."""
        visitor, desk = self.visitors[Role.TECHNICIAN], self.world.program.desk
        visitor.get("/on-call/feeds")
        shown = [re.search(r"/on-call/feeds/[\w-]+\.ics", visitor.post("/on-call/feeds").text)]
        invited = accounts.invite(
            desk, "new@example.com", name=MARK, role=Role.AUDITOR, actor="test", now=self.world.now
        )
        with self.world.app.app_context():
            heard = media_address(1)
        paths = [*(found[0] for found in shown if found), invited.path, "/static/console.css", "/static/../console.css"]
        for path in [*paths, *([heard.removeprefix(PUBLIC_URL)] if heard else [])]:
            for method in ("GET", "POST"):
                if (rule := self.rule_of(path, method)) is not None:
                    self.addresses.setdefault(f"{method} {rule}", []).append(path)

    def _keep(self, form: Form) -> None:
        rule = self.rule_of(form.action, form.method)
        if rule is None or form.action.startswith(_ENDS_A_SIGN_IN):
            return
        kept = self.forms.setdefault(f"{form.method} {rule}", [])
        if len(kept) < 6 and (form.page, form.action, form.names) not in {(f.page, f.action, f.names) for f in kept}:
            kept.append(form)
            addresses = self.addresses.setdefault(f"{form.method} {rule}", [])
            if form.action not in addresses:
                addresses.append(form.action)
