"""Which role may use which route. A route that says nothing is a fault, and shut."""

from __future__ import annotations

import pytest

from tests.support.visitor import Visitor, signed_in
from tests.support.wire import Wire
from tests.support.world import World
from triage.policy.access import Role, may
from webhooks.console.access import access_of

ALL, NONE = "everybody", "nobody"
T, M, AU, AD = (role.value for role in (Role.TECHNICIAN, Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR))
ROUTES = {
    "GET /": {T, M, AU, AD},
    "GET /account": {T, M, AU, AD},
    "GET /account/second-factor": {T, M, AU, AD},
    "GET /account/second-factor/qr.svg": {T, M, AU, AD},
    "GET /accounts": {AU, AD},
    "GET /accounts/<int:number>": {AU, AD},
    "GET /accounts/invite": {AD},
    "GET /bookings": {T, M, AU, AD},
    "GET /bookings/<int:number>": {T, M, AU, AD},
    "GET /bookings/new": {T, M, AD},
    "POST /bookings/<int:number>/cancel": {T, M, AD},
    "POST /bookings/<int:number>/finish": {T, M, AD},
    "POST /bookings/<int:number>/move": {T, M, AD},
    "POST /bookings/<int:number>/start": {T, M, AD},
    "POST /bookings/new": {T, M, AD},
    "GET /cases": {T, M, AU, AD},
    "GET /cases/<reference>": {T, M, AU, AD},
    "GET /cases/<reference>/recordings/<int:number>.wav": {T, M, AU, AD},
    "GET /dealers": {T, M, AU, AD},
    "GET /dealers/<dealer:code>": {T, M, AU, AD},
    "GET /dealers/<dealer:code>/change": {M, AD},
    "GET /dealers/<dealer:code>/ledger": {T, M, AU, AD},
    "GET /dealers/<dealer:code>/ledger/borrow": {M, AD},
    "GET /dealers/<dealer:code>/ledger/correct": {M, AD},
    "GET /dealers/<dealer:code>/statement/<quarter>": {M, AU, AD},
    "GET /quarters": {M, AU, AD},
    "POST /dealers/<dealer:code>/ledger/borrow": {M, AD},
    "POST /dealers/<dealer:code>/ledger/borrow/<quarter>/take-back": {M, AD},
    "POST /dealers/<dealer:code>/ledger/correct": {M, AD},
    "POST /dealers/<dealer:code>/statement/<quarter>/export/<kind>": {M, AU, AD},
    "POST /quarters": {M, AD},
    "GET /dealers/<dealer:code>/purchases/new": {M, AD},
    "GET /dealers/<dealer:code>/shared-numbers": {M, AD},
    "GET /dealers/<dealer:code>/sites/<int:number>": {M, AD},
    "GET /dealers/<dealer:code>/sites/new": {M, AD},
    "GET /dealers/<dealer:code>/technicians/<int:number>": {M, AD},
    "GET /dealers/<dealer:code>/technicians/new": {M, AD},
    "GET /dealers/import": {M, AD},
    "GET /dealers/new": {M, AD},
    "POST /dealers/<dealer:code>/change": {M, AD},
    "POST /dealers/<dealer:code>/purchases/new": {M, AD},
    "POST /dealers/<dealer:code>/shared-numbers": {M, AD},
    "POST /dealers/<dealer:code>/sites/<int:number>": {M, AD},
    "POST /dealers/<dealer:code>/sites/new": {M, AD},
    "POST /dealers/<dealer:code>/technicians/<int:number>": {M, AD},
    "POST /dealers/<dealer:code>/technicians/new": {M, AD},
    "POST /dealers/export/<kind>": {M, AD},
    "POST /dealers/import": {M, AD},
    "POST /dealers/new": {M, AD},
    "GET /history": {M, AU, AD},
    "GET /history/chain": {M, AU, AD},
    "GET /invitation/<token>": {ALL},
    "GET /invoices": {M, AU, AD},
    "GET /invoices/<number>": {M, AU, AD},
    "GET /invoices/runs/<int:number>": {M, AU, AD},
    "GET /reports/billing": {M, AU, AD},
    "GET /reports/sla": {M, AU, AD},
    "GET /reports/sla/cases": {M, AU, AD},
    "GET /policy": {T, M, AU, AD},
    "GET /policy/versions": {T, M, AU, AD},
    "GET /policy/versions/<first>/<second>": {T, M, AU, AD},
    "GET /new-person": {M, AD},
    "GET /numbers/<int:number>": {T, M, AD},
    "GET /people": {T, M, AU, AD},
    "GET /people/<person>": {T, M, AU, AD},
    "GET /people/<person>/number": {T, M, AD},
    "GET /people/<person>/remove": {M, AD},
    "GET /on-call": {T, M, AU, AD},
    "GET /on-call/calendar": {T, M, AU, AD},
    "GET /on-call/closures": {T, M, AU, AD},
    "GET /on-call/feeds": {T, M, AU, AD},
    "GET /on-call/feeds/<token>.ics": {ALL},
    "GET /on-call/import": {M, AD},
    "GET /on-call/new-rotation": {M, AD},
    "GET /on-call/overrides": {T, M, AU, AD},
    "GET /on-call/rotations/<name>": {T, M, AU, AD},
    "GET /on-call/swap": {M, AD},
    "GET /sign-in": {ALL},
    "GET /sign-in/code": {T, M, AU, AD},
    "GET /sign-in/provider": {ALL},
    "GET /sign-in/provider/answer": {ALL},
    "GET /static/<path:name>": {ALL},
    "POST /accounts/<int:number>/person": {AD},
    "POST /cases/<reference>/attempt": {T, M, AD},
    "POST /cases/<reference>/call": {T, M, AD},
    "POST /cases/<reference>/close": {T, M, AD},
    "POST /cases/<reference>/correct": {M, AD},
    "POST /cases/<reference>/reopen": {M, AD},
    "POST /cases/<reference>/dealer": {M, AD},
    "POST /cases/<reference>/hand-over": {T, M, AD},
    "POST /cases/<reference>/note": {T, M, AD},
    "POST /cases/<reference>/pack": {M, AU, AD},
    "POST /cases/<reference>/take": {T, M, AD},
    "GET /system": {M, AU, AD},
    "GET /sessions": {T, M, AU, AD},
    "GET /sessions/<int:number>": {T, M, AU, AD},
    "GET /sessions/new": {T, M, AD},
    "POST /account/password": {T, M, AU, AD},
    "POST /account/second-factor": {T, M, AU, AD},
    "POST /account/sign-ins/end": {T, M, AU, AD},
    "POST /accounts/<int:number>/disable": {AD},
    "POST /accounts/<int:number>/link": {AD},
    "POST /accounts/<int:number>/link/password": {AD},
    "POST /accounts/<int:number>/role": {AD},
    "POST /accounts/invite": {AD},
    "POST /history/chain": {M, AU, AD},
    "POST /history/export": {M, AU, AD},
    "POST /invitation/<token>": {ALL},
    "POST /invoices": {M, AD},
    "POST /invoices/<number>/pdf": {M, AU, AD},
    "POST /invoices/runs/<int:number>/export/<form>": {M, AD},
    "POST /new-person": {M, AD},
    "POST /numbers/<int:number>": {T, M, AD},
    "POST /people/<person>/channels": {T, M, AD},
    "POST /people/<person>/name": {M, AD},
    "POST /people/<person>/number": {T, M, AD},
    "POST /people/<person>/remove": {M, AD},
    "POST /people/<person>/test": {T, M, AD},
    "POST /on-call/closures": {M, AD},
    "POST /on-call/closures/open": {M, AD},
    "POST /on-call/feeds": {T, M, AU, AD},
    "POST /on-call/feeds/<int:number>/revoke": {T, M, AU, AD},
    "POST /on-call/import": {M, AD},
    "POST /on-call/new-rotation": {M, AD},
    "POST /on-call/overrides": {M, AD},
    "POST /on-call/overrides/<int:number>/lift": {M, AD},
    "POST /on-call/rotations/<name>/remove": {M, AD},
    "POST /on-call/rotations/<name>": {M, AD},
    "POST /on-call/swap": {M, AD},
    "POST /reports/billing/export/<kind>": {M, AU, AD},
    "POST /reports/sla/export/<kind>": {M, AU, AD},
    "POST /sign-in": {ALL},
    "POST /sign-in/code": {T, M, AU, AD},
    "POST /sign-out": {T, M, AU, AD},
    "POST /sessions/<int:number>/correct": {M, AD},
    "POST /sessions/<int:number>/withdraw": {M, AD},
    "POST /sessions/new": {T, M, AD},
}
"""Every route of the console, and who may use it."""


def test_every_route_is_listed_here_with_its_roles(sqlite_wire: Wire) -> None:
    found: dict[str, set[str]] = {}
    for rule in sqlite_wire.app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            access = access_of(sqlite_wire.app.view_functions[rule.endpoint])
            who = {NONE} if access is None else {ALL}
            if access is not None and access.permission is not None:
                who = {role.value for role in Role if may(role, access.permission)}
            found |= {f"{method} {rule.rule}": who for method in rule.methods or () if method in {"GET", "POST"}}

    assert found == ROUTES


def test_no_other_route_is_the_consoles_and_nothing_else_reads_its_cookies(sqlite_wire: Wire) -> None:
    others = {rule.rule for rule in sqlite_wire.app.url_map.iter_rules() if not rule.endpoint.startswith("console.")}

    assert {rule for rule in others if not rule.startswith("/twilio/")} == {"/healthz", "/readyz", "/metrics"}


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_is_listed_and_nothing_else(role: Role, world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, role)
    got: dict[str, int] = {}
    for route in ROUTES:
        method, path = route.split()
        path = path.replace("<int:number>", "99").replace("<token>", "x").replace("<path:name>", "console.css")
        if path not in {"/sign-out", "/sign-in", "/sign-in/code"}:
            call = visitor.get if method == "GET" else visitor.post
            got[route] = call(path, follows=False).status_code

    refused = {route for route, status in got.items() if status == 403}
    assert refused == {route for route in got if not ROUTES[route] & {ALL, role.value}}
    assert not [route for route, status in got.items() if status >= 500]


def test_a_visitor_sees_the_sign_in_and_nothing_else(world: World) -> None:
    visitor = Visitor(world.app)
    visitor.get("/sign-in")
    for route, who in ROUTES.items():
        method, path = route.split()
        path = path.replace("<int:number>", "99")
        if who != {ALL}:
            call = visitor.get if method == "GET" else visitor.post
            answer = call(path, follows=False)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in"), route


def test_a_route_that_does_not_say_whom_it_is_for_is_shut(
    world: World, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = signed_in(world, Role.ADMINISTRATOR)
    monkeypatch.setitem(world.app.view_functions, "console.board", lambda: "open")

    assert visitor.get("/").status_code == 403
