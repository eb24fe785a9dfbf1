"""The pages as somebody with a browser meets them."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta
from threading import enumerate as threads

import pytest
from flask import Flask

from tests.support.logs import Logs
from tests.support.visitor import PASSWORD, Visitor, app_of, signed_in
from tests.support.wire import Wire, text_form
from tests.support.world import CALLER, World
from triage.policy.access import Role
from triage.services import accounts
from webhooks.app import PAGES, create_app, get_pages_ready_for_visitors
from webhooks.console.browser import name_of
from webhooks.console.sign_in import own_path

pytestmark = pytest.mark.usefixtures("quick_hashes")
TOKEN_COOKIE = "__Host-afterhours"


@pytest.mark.thorough
@pytest.mark.on_both
def test_an_administrator_invites_somebody_who_signs_in_and_is_shut_out(world: World) -> None:
    boss = signed_in(world, Role.ADMINISTRATOR)
    boss.get("/accounts/invite")
    page = boss.post("/accounts/invite", name="Lee Okafor", email="Lee@example.com", role="manager", person="lee")
    link = re.search(r"<code>https://afterhours\.example(/invitation/[^<]+)</code>", page.text)
    assert link
    lee = Visitor(world.app, agent="Mozilla/5.0 (iPhone) Version/26.0 Safari/604.1")
    welcome = lee.get(link[1])
    page = lee.post(link[1], password=PASSWORD, again=PASSWORD)
    app = app_of(page)
    codes = lee.post("/account/second-factor", code=app.at(world.now))
    world.clock.tick(timedelta(minutes=1))
    mine = lee.get("/account")
    again = Visitor(world.app)
    asked = again.sign_in("lee@example.com")
    inside = again.post("/sign-in/code", code=app.at(world.now))
    boss.get("/accounts/2")
    boss.post("/accounts/2/role", role="auditor")
    listed = boss.post("/accounts/2/disable")

    assert "Welcome, Lee Okafor" in welcome.text
    assert len(re.findall(r"<li><code>[A-Z2-9-]{29}</code>", codes.text)) == 10
    assert "10 recovery codes left" in mine.text
    assert "Safari on iPhone" in mine.text
    assert "authenticator app" in asked.text
    assert "<small>manager</small></a>" in inside.text
    assert "Auditor" in listed.text
    assert "disabled" in listed.text
    assert "E-mail or password is wrong" not in again.get("/").text
    assert again.get("/", follows=False).status_code == 303
    assert "E-mail or password is wrong" in again.sign_in("lee@example.com").text


def test_who_is_sent_to_sign_in_comes_back_to_the_page_they_wanted(world: World) -> None:
    codes = signed_in(world, Role.AUDITOR).codes
    visitor = Visitor(world.app)
    visitor.get("/accounts?state=active")
    visitor.post("/sign-in", email="auditor@example.com", password=PASSWORD)
    answer = visitor.give_code(codes, world)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts?state=active")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/cases/1001", True),
        ("/accounts?state=active&a=%20b", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("/\t/evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
    ],
)
def test_nobody_is_sent_to_another_host(path: str | None, kept: bool) -> None:
    assert own_path(path) == (path if kept else None)


def test_cookies_are_for_this_host_encrypted_only_and_no_script_reads_them(world: World) -> None:
    visitor = Visitor(world.app)
    form = visitor.get("/sign-in").headers["Set-Cookie"]
    signed_in(world, Role.TECHNICIAN)
    answer = visitor.post("/sign-in", email="technician@example.com", password=PASSWORD, follows=False)
    cookies = [form, *answer.headers.getlist("Set-Cookie")]

    assert {cookie.split("=")[0] for cookie in cookies} == {f"{TOKEN_COOKIE}-forms", TOKEN_COOKIE}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("base", "status", "begins"), [("http://127.0.0.1:8080", 200, "afterhours-forms="), ("http://10.1.2.3", 403, None)]
)
def test_without_tls_it_works_on_this_machine_alone(
    base: str, status: int, begins: str | None, sqlite_url: str
) -> None:
    with closing(Wire(sqlite_url, public_url=base)) as wire:
        answer = Visitor(wire.app, base).get("/sign-in")

    assert answer.status_code == status
    assert answer.headers["Set-Cookie"].startswith(begins) if begins else "The console needs HTTPS" in answer.text


def test_every_answer_says_what_browsers_may_do_with_it(world: World) -> None:
    visitor = Visitor(world.app)
    for path in ("/sign-in", "/static/console.css", "/invitation/none"):
        headers = visitor.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert headers["Referrer-Policy"] == "same-origin"

    for path in ("/healthz", "/nothing", "/twilio/voice", "//evil.example/x", "/twilio//voice"):
        others = visitor.client.get(path, base_url="https://evil.example")
        policy = dict(part.split(" ", 1) for part in others.headers["Content-Security-Policy"].split("; "))
        assert (policy["default-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3
        assert others.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert not {"Set-Cookie", "Location"} & {*others.headers.keys()}


def test_a_file_is_kept_by_browsers_under_the_address_of_its_version_alone(world: World) -> None:
    visitor = Visitor(world.app)
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.get("/sign-in").text)

    assert {path.split("?")[0] for path in files} == {"/static/icon.svg", "/static/console.css"}
    for path in files:
        assert visitor.get(path).headers["Cache-Control"] == "private, max-age=86400"
        assert visitor.get(f"{path}0").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/nothing", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("/nothing", "*/*", "application/json"),
        ("/nothing", "application/json", "application/json"),
        ("/twilio/nothing", "text/html", "application/json"),
        ("/account/nothing", "text/html", "text/html"),
    ],
)
def test_an_address_of_nobodys_is_a_page_for_browsers_alone(path: str, accept: str, kind: str, world: World) -> None:
    answer = Visitor(world.app).client.get(path, headers={"Accept": accept})

    assert (answer.status_code, answer.mimetype) == (404, kind)
    if kind == "text/html":
        assert "There is nothing here." in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_no_page_holds_a_script_a_style_or_somebody_elses_markup(world: World) -> None:
    boss = signed_in(world, Role.ADMINISTRATOR)
    world.voicemail("+12165550123", attested=True, transcript="<b>call</b> <script>me</script>")
    pages = ["/", "/account", "/account/second-factor", "/accounts", "/accounts/1", "/accounts/invite", "/cases/1001"]
    pages += ["/people", "/people/lee", "/people/lee/number", "/people/lee/remove", "/new-person"]
    pages += ["/policy", "/policy/versions", "/history", "/history/chain", "/system"]

    for path in pages:
        text = boss.get(path).text
        text = re.sub(r'<script src="/static/live\.js\?v=\w+" defer></script>', "", text)  # ours, and no other
        assert re.findall(r"<script|<style|style=|\son\w+=|javascript:|<b>", text) == [], path
        assert "Administrator &lt;b&gt;" in text


def test_an_administrator_says_who_an_account_is_in_the_roster(world: World) -> None:
    signed_in(world, Role.TECHNICIAN)
    boss = signed_in(world, Role.ADMINISTRATOR)

    boss.get("/accounts/1")
    linked = boss.post("/accounts/1/person", person="lee")
    stranger = boss.post("/accounts/1/person", person="nobody")

    assert "In the roster the account is Lee Okafor now." in linked.text
    assert '<option selected value="lee">' in linked.text
    assert stranger.status_code == 409
    assert accounts.show_account(world.program.desk, 1, world.now)["person"] == "lee"


@pytest.mark.on_both
def test_what_no_database_takes_is_told_and_breaks_nothing(world: World) -> None:
    boss = signed_in(world, Role.ADMINISTRATOR)
    boss.get("/accounts/invite")
    named = boss.post("/accounts/invite", name="Lee\0", email="lee@example.com", role="auditor", person="")
    mailed = boss.post("/accounts/invite", name="Lee", email="lee\0@example.com", role="auditor", person="")
    huge = boss.post(f"/accounts/{9**40}/disable")
    visitor = Visitor(world.app)
    visitor.get("/sign-in")
    entered = visitor.post("/sign-in", email="\0@example.com", password="\0")

    assert [answer.status_code for answer in (named, mailed, huge, entered)] == [400, 400, 404, 400]


def test_a_form_from_elsewhere_changes_nothing_and_says_so(world: World) -> None:
    visitor = signed_in(world, Role.ADMINISTRATOR)
    for token in ("", "wrong"):
        answer = visitor.post("/accounts/invite", csrf_token=token, name="x", email="x@example.com", role="auditor")
        assert answer.status_code == 400
        assert "Nothing was changed: try again" in answer.text

    assert len(accounts.list_accounts(world.program.desk, world.now)) == 1


def test_a_sign_in_that_ended_says_so_to_whoever_sends_a_form(world: World) -> None:
    visitor = signed_in(world, Role.AUDITOR)
    world.clock.tick(timedelta(hours=12))

    page = visitor.post("/account/sign-ins/end")

    assert "Sign in" in page.text
    assert "Your sign-in has ended, so nothing was changed." in page.text
    assert '<p class="note" role="status">You were signed out after 12 hours without use.</p>' in page.text


def test_the_page_to_sign_in_says_why_the_last_sign_in_ended_and_nothing_to_who_signed_out(world: World) -> None:
    visitor, other = signed_in(world, Role.AUDITOR), Visitor(world.app)
    other.sign_in("auditor@example.com")
    other.give_code(visitor.codes, world)
    visitor.get("/account")
    visitor.post("/account/sign-ins/end", which="all", known=PASSWORD)

    assert "You were signed out: from another browser, or because the password," in other.get("/").text
    visitor.get("/account")
    assert "You were signed out" not in visitor.post("/sign-out").text
    assert "You were signed out" not in Visitor(world.app).get("/").text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": "", "password": ""}, ["Write your e-mail address.", "Write your password."]),
        ({"email": "technician@example.com", "password": "wrong"}, ["E-mail or password is wrong."]),
        ({"email": "x" * 300, "password": "y" * 300}, ["That is no e-mail address.", "Too long: take 200"]),
    ],
)
def test_a_form_says_what_to_mend(fields: dict[str, str], told: list[str], world: World) -> None:
    visitor = Visitor(world.app)
    visitor.get("/sign-in")

    answer = visitor.post("/sign-in", email=fields["email"], password=fields["password"])

    assert answer.status_code == 400
    assert [words for words in told if words not in answer.text] == []


def test_under_a_path_of_the_public_address_links_keep_it(sqlite_url: str) -> None:
    with closing(Wire(sqlite_url, public_url="https://afterhours.example/support")) as wire:
        visitor = Visitor(wire.app)

        assert visitor.get("/", follows=False).headers["Location"] == "/support/sign-in"
        assert 'href="/support/static/console.css?v=' in visitor.get("/sign-in").text


def test_a_database_that_is_down_is_told_in_words_and_the_style_sheet_is_there(sqlite_wire: Wire) -> None:
    with sqlite_wire.program.desk.store.connection() as connection:
        connection.exec_driver_sql("ALTER TABLE form_keys RENAME TO gone")
    visitor = Visitor(create_app(sqlite_wire.program))  # one that knows no key yet
    answer = visitor.get("/sign-in")

    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert visitor.get("/static/console.css").status_code == 200


def test_the_qr_code_is_a_picture_of_its_own_for_its_owner_only(world: World) -> None:
    visitor = signed_in(world, Role.TECHNICIAN)
    visitor.get("/account/second-factor")
    answer = visitor.get("/account/second-factor/qr.svg")

    assert answer.mimetype == "image/svg+xml"
    assert "<path" in answer.text
    assert "style" not in answer.text
    assert Visitor(world.app).get("/account/second-factor/qr.svg", follows=False).status_code == 303


def test_a_new_second_factor_asks_for_the_password_again(world: World) -> None:
    visitor = signed_in(world, Role.MANAGER)
    app = app_of(visitor.get("/account/second-factor"))
    refused = visitor.post("/account/second-factor", code=app.at(world.now), present="wrong")
    done = visitor.post("/account/second-factor", code=app.at(world.now), present=PASSWORD)

    assert "The present password is wrong." in refused.text
    assert "Keep these codes" in done.text


def test_a_changed_password_and_other_browsers_are_dealt_with_on_one_page(world: World) -> None:
    here, there = signed_in(world, Role.TECHNICIAN), Visitor(world.app)
    there.sign_in("technician@example.com")
    there.give_code(here.codes, world)
    assert there.get("/", follows=False).status_code == 200
    here.get("/account")
    weak = here.post("/account/password", present=PASSWORD, password="short", again="shorter")
    wrong = here.post("/account/sign-ins/end", which="all", known="wrong")
    none = here.post("/account/sign-ins/end", which="99", known=PASSWORD)
    still_there = there.get("/", follows=False).status_code
    ended = here.post("/account/sign-ins/end", which="2", known=PASSWORD)
    there_now = there.get("/", follows=False).status_code
    new = "another long password"
    changed = here.post("/account/password", present=PASSWORD, password=new, again=new)

    assert (weak.status_code, "The two are not the same" in weak.text) == (400, True)
    assert "The present password is wrong." in wrong.text
    assert "Choose a sign-in of the list." in none.text
    assert still_there == 200
    assert "That browser is signed out." in ended.text
    assert there_now == 303
    assert "Your password is changed." in changed.text


def test_signing_out_ends_it_for_whoever_kept_the_cookie(world: World) -> None:
    visitor = signed_in(world, Role.TECHNICIAN)
    kept = visitor.cookie(TOKEN_COOKIE)
    visitor.post("/sign-out")
    thief = Visitor(world.app)
    assert kept
    thief.client.set_cookie(TOKEN_COOKIE, kept, domain="afterhours.example", secure=True)

    assert visitor.cookie(TOKEN_COOKIE) is None
    assert thief.get("/", follows=False).headers["Location"] == "/sign-in"


def test_logs_hold_no_email_no_password_no_link_and_no_code(world: World, logs: Logs) -> None:
    boss = signed_in(world, Role.ADMINISTRATOR)
    boss.post("/accounts/invite", name="Lee", email="lee@example.com", role="auditor", person="")
    Visitor(world.app).sign_in("lee@example.com", "my secret guess")
    Visitor(world.app).get("/invitation/some-token-of-mine")

    for secret in ("@example.com", "my secret guess", "some-token-of-mine", PASSWORD):
        assert secret not in logs.text


def test_the_phone_system_needs_no_cookie_and_no_form(wire: Wire) -> None:
    answer = wire.post("/twilio/sms", text_form(From=CALLER))

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone) CriOS/142.0 Mobile Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel) Version/26.0 Safari/605.1.15", "Safari on Mac"),
        ("curl/8", "A browser"),
    ],
)
def test_a_browser_is_named_as_its_owner_would(agent: str, name: str) -> None:
    assert name_of(agent) == name


@pytest.mark.thorough
def test_the_first_visitor_gets_all_pages_ready_and_a_call_none(world: World) -> None:
    app = create_app(world.program)
    get_pages_ready_for_visitors(app)
    visitor = Visitor(app)

    visitor.get("/healthz")
    visitor.post("/twilio/voice")
    read_by_calls = _pages_ready(app)
    visitor.get("/sign-in")
    visitor.get("/sign-in")
    readers = [thread for thread in threads() if thread.name == PAGES]
    for reader in readers:
        reader.join()

    assert (read_by_calls, len(readers), _pages_ready(app)) == (0, 1, len(app.jinja_env.list_templates()))


def _pages_ready(app: Flask) -> int:
    """How many templates are read."""
    assert app.jinja_env.cache is not None
    return len(app.jinja_env.cache)
