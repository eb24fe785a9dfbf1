"""What has to hold of every answer, and of what was logged meanwhile."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator

from tests.fuzz.ground import Ground
from tests.fuzz.requests import Request
from tests.fuzz.sending import Answer
from tests.fuzz.values import FORMULA, MARK
from tests.support.fixtures import DANA, LEE, MARIA
from tests.support.visitor import PASSWORD
from tests.support.world import CALLER, OUR_NUMBER, PUBLIC_URL, TOKEN
from triage.policy.access import may
from webhooks.console.access import access_of
from webhooks.console.layout import HEADERS

_NUMBER = re.compile(r"(?<![0-9A-Za-z.])\+?1?[2-9]\d{9}(?!\d)|\+\d{8,15}(?!\d)")
_TRACE = (b"Traceback (most recent", b'File "/', b"sqlalchemy.exc", b"psycopg.errors", b"werkzeug.exceptions")
_PAGES = {200, 400, 403, 404, 409}
_POLICY = "Content-Security-Policy"
_REFUSED = {303, 304, *range(400, 500)}
_NUMBERS = tuple(number[2:] for number in (CALLER, DANA, LEE, MARIA, OUR_NUMBER, "+12165550123", "+13305550147"))


def faults(ground: Ground, request: Request, answer: Answer, logged: str) -> Iterator[str]:
    """In words; none where all holds."""
    if answer.status >= 500 and not (request.rule == "/readyz" and answer.status == 503):  # no scheduler sweeps here
        yield f"answered {answer.status}"
    yield from faults_by_itself(answer)
    yield from _admission(ground, request, answer)
    yield from _log(ground, logged)


def faults_by_itself(answer: Answer) -> Iterator[str]:
    """What no answer may be, whatever was asked."""
    yield from _headers(answer)
    yield from _body(answer)


def _headers(answer: Answer) -> Iterator[str]:
    for name, value in answer.headers.items():
        if "\r" in value or "\n" in value:
            yield f"header {name}: {value!r}"
    kept = answer.headers.get("Cache-Control", "")
    if kept != "no-store" and "private" not in kept:
        yield f"may be kept: {kept!r}"
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        yield "may be sniffed"
    goes = answer.headers.get("Location")
    if goes is not None and not re.match(r"/(?![/\\])", goes.removeprefix(PUBLIC_URL)):
        yield f"sends elsewhere: {goes[:200]!r}"
    lacking = [name for name in HEADERS if name not in answer.headers]
    if lacking:
        yield f"an answer without {lacking}"
    is_page = answer.type == "text/html" and answer.body and answer.status in _PAGES
    if is_page and answer.headers[_POLICY] != HEADERS[_POLICY]:
        yield "a page with another policy than pages have"


def _body(answer: Answer) -> Iterator[str]:
    if any(trace in answer.body for trace in _TRACE):
        yield "shows its insides"
    if answer.type in {"text/html", "image/svg+xml", "text/xml"} and MARK.encode() in answer.body:
        yield f"{answer.type} with markup that somebody wrote"
    if answer.type == "text/csv" and answer.status == 200:
        csv.field_size_limit(2**24)
        for row in csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))):
            if any(cell.startswith(FORMULA) for cell in row):
                yield "a cell that a spreadsheet would reckon"
                return
    if answer.type.endswith("spreadsheetml.sheet") and answer.status == 200:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
            if any(b"<f>" in book.read(name) or b"<hyperlink" in book.read(name) for name in book.namelist()):
                yield "a book that reckons or leads somewhere"
    if answer.type == "text/calendar" and re.search(rb"(?m)^(=|@|ATTACH|ATTENDEE|URL|X-MARK|<)", answer.body):
        yield "a calendar with a line that somebody wrote"


def _admission(ground: Ground, request: Request, answer: Answer) -> Iterator[str]:
    """Who may not, gets nothing; what is not signed or bears no token of a form, changes nothing."""
    rule = ground.rule_of(request.path, request.method)
    if rule is None or "HTTP_COOKIE" in request.headers:
        return
    if rule.startswith("/twilio/") and "<token>" not in rule:
        if request.signs != "right" and answer.status not in _REFUSED:
            yield f"unsigned, and answered {answer.status}"
        return
    view = _view(ground, request)
    access = access_of(view) if view is not None else None
    if access is None or access.permission is None or request.method in {"OPTIONS", "HEAD"}:
        return
    is_let_in = request.role is not None and may(ground.roles[request.role], access.permission)
    if not is_let_in and answer.status not in _REFUSED:
        yield f"no permission, and answered {answer.status}"
    if request.method == "POST" and not request.has_csrf and answer.status not in _REFUSED:
        yield f"no token of a form, and answered {answer.status}"


def _view(ground: Ground, request: Request) -> object:
    try:
        endpoint, _ = ground.adapter.match(request.path, method=request.method)
    except Exception:  # noqa: BLE001 - not found or elsewhere
        return None
    return ground.world.app.view_functions[endpoint]


def _log(ground: Ground, logged: str) -> Iterator[str]:
    if not logged:
        return
    if "request_crashed" in logged:
        yield "an exception that nothing expected: " + logged[-3000:]
    yield from (f"a log with {what}: {logged[:1500]}" for what in secrets_in(logged, ground.secrets))


def secrets_in(logged: str, secrets: dict[str, str]) -> Iterator[str]:
    """What kinds of secrets a log holds: `secrets` are values by their kind."""
    if any(number in logged for number in _NUMBERS) or _NUMBER.search(_without_ids(logged)):
        yield "a full number"
    known = {**secrets, "a password": PASSWORD, "Twilio's token": TOKEN, "a transcript": "please hurry"}
    for what, value in known.items():
        if value and value in logged:
            yield what


def _without_ids(logged: str) -> str:
    """Instants, hashes and ids are no numbers of telephones."""
    return re.sub(r'"(timestamp|claim|hash|request_id)": ?"[^"]*"|\d{4}-\d\d-\d\d[T ][\d:.+]+|": ?\d+[,}]', "", logged)
