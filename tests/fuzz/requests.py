"""One request, drawn by dice: the same seed and number give the same one over the same ground.

What changes from run to run (tokens of forms, SIDs of calls) is filled in when it is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

from tests.fuzz import files, values
from tests.fuzz.ground import Ground
from tests.fuzz.pages import Field, Form
from tests.support.fixtures import DANA, LEE, MARIA
from tests.support.wire import call_form, recording_form, text_form
from tests.support.world import CALLER
from triage.policy.access import Role

Pair = tuple[str, str | tuple[str, str, bytes]]
"""A field and its value, or the name, type and bytes of a file."""

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW")
ASKED = (
    "first", "last", "window", "technician", "caller", "weekday", "hour", "figure", "page", "before", "sought", "state",
    "reference", "kind", "actor", "words", "at", "from", "by", "on", "product", "rotation", "starts", "ends", "code",
    "v",
    "dealer", "person", "quarter", "through", "next", "date", "number", "delivery", "turn", "repeats", "language",
    "error", "iss", "session_state",
)  # fmt: skip
POSTED = (
    "actor", "again", "amount", "at", "attested", "because", "began", "book", "by", "caller", "channels", "check",
    "code",
    "count", "dealer", "email", "emergency", "ended", "ends", "ends_on", "file", "first", "has_account", "kind", "last",
    "made_from", "minutes", "name", "note", "number", "on", "password", "person", "phone", "phones", "pin", "product",
    "quarter", "rate", "reason", "role", "rotation", "rows", "seal", "seen", "site", "starts", "state", "sure", "text",
    "through", "unit", "version", "weekday", "window", "words", "work", "zone", "code_", "__proto__", "csrf_token", "",
)  # fmt: skip
_TWILIO_FIELDS = (
    "Digits", "CallStatus", "RecordingStatus", "RecordingDuration", "RecordingStartTime", "RecordingSid",
    "RecordingUrl",
    "TranscriptionStatus", "TranscriptionText", "TranscriptionSid", "MessageStatus", "MessageSid", "SmsSid",
    "SmsStatus",
    "ErrorCode", "SequenceNumber", "CallDuration", "Timestamp", "DialCallStatus", "DialCallSid", "DialBridged",
    "AnsweredBy",
    "DialCallDuration", "From", "To", "Body", "FromCity", "FromState", "NumMedia", "Direction", "AccountSid", "CallSid",
    "StirVerstat", "SpeechResult", "CallerName", "bodySHA256",
)  # fmt: skip
_SENDERS = (CALLER, DANA, LEE, MARIA, "+16145550111", "+13305550147", "anonymous", "+266696687", "", "sip:x@y")
_STATUSES = ("completed", "queued", "ringing", "in-progress", "busy", "failed", "no-answer", "canceled", "sent",
    "delivered",
             "undelivered", "absent", "answered", "received")  # fmt: skip
_HEADERS = {
    "HTTP_HOST": ["evil.example", "", "afterhours.example:99999", "a b", "[::1",
    "x" * 3000, values.MARK, "127.0.0.1:8080"],
    "HTTP_COOKIE": ["", "=", ";;;", "__Host-afterhours=", "__Host-afterhours=" + "x" * 90, "__Host-afterhours-forms=x",
                    "__Host-afterhours-forms=e30.x.x",
                    "a=" + "x" * 9000, "a=b; " * 500,
                    "__Host-afterhours=x; __Host-afterhours=y; __Host-afterhours-forms=e30; __Host-afterhours-forms=x",
                    '__Host-afterhours="\\000\\777"', "\xff\xfe=\xff"],
    "HTTP_X_FORWARDED_FOR": ["10.0.0.1", "x" * 500, values.MARK, "::1", "1.1.1.1, 2.2.2.2, 3.3.3.3"],
    "HTTP_X_FORWARDED_HOST": ["evil.example", "evil.example, afterhours.example", values.MARK],
    "HTTP_X_FORWARDED_PROTO": ["http", "javascript", "https, http"],
    "HTTP_X_FORWARDED_PORT": ["8080", "x"],
    "HTTP_X_FORWARDED_PREFIX": ["/evil"],
    "HTTP_X_REAL_IP": ["10.0.0.1", values.MARK],
    "HTTP_FORWARDED": ["for=10.0.0.1;host=evil.example;proto=http", 'for="[::1', values.MARK],
    "HTTP_X_ORIGINAL_URL": ["/accounts"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "HTTP_ACCEPT": ["text/html", "application/json", "*/*;q=99", "x", "text/html;q=NaN", ""],
    "HTTP_ACCEPT_LANGUAGE": ["es", "x" * 2000, "es;q=9,en;q=-1,*;q=NaN", "es-" * 500, values.MARK, "\xff", ","],
    "HTTP_USER_AGENT": ["", values.MARK, "x" * 5000, "\x80\xff", "+16145550199"],
    "HTTP_REFERER": ["https://evil.example/", values.MARK],
    "HTTP_ORIGIN": ["https://evil.example", "null"],
    "HTTP_SEC_FETCH_DEST": ["empty", "image"],
    "HTTP_RANGE": ["bytes=0-", "bytes=99999-1", "bytes=-5", "x=1-2", "bytes=0-1,3-4," * 40],
    "HTTP_IF_MODIFIED_SINCE": ["yesterday", "Sat, 21 Nov 99999 02:30:00 GMT", "Sat, 21 Nov 2026 02:30:00 GMT"],
    "HTTP_IF_NONE_MATCH": ["*", '"x"', 'W/"x'],
    "HTTP_AUTHORIZATION": ["Basic !!!", "Bearer x", "Digest " + "x" * 500, "Basic eDp5"],
    "HTTP_TRANSFER_ENCODING": ["chunked", "identity", "x"],
    "HTTP_CONTENT_ENCODING": ["gzip", "br"],
    "HTTP_EXPECT": ["100-continue"],
    "HTTP_X_TWILIO_SIGNATURE": ["", "x", "\xe9" * 28, "A" * 10000],
    "CONTENT_LENGTH": ["", "0", "-1", "abc", "1", "99999999999999999999", "1e3", "٣"],
    "CONTENT_TYPE": ["", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=",
                     "multipart/form-data; boundary=" + "x" * 500, "application/x-www-form-urlencoded; charset=utf-7",
                     "application/x-www-form-urlencoded; charset=nowhere", "a/b/c;;;=", "\xff"],
    "REMOTE_ADDR": ["", "unix", "::1", "x"],
}  # fmt: skip


@dataclass(slots=True)
class Request:
    """`role` is None for somebody who is not signed in. `form` is what the fields came from: its page is read anew
    first where `is_fresh`. `signs` is with which token Twilio signs; None: not at all."""

    number: int
    rule: str
    method: str
    path: str
    query: str = ""
    role: Role | None = None
    fields: list[Pair] = field(default_factory=list)
    form: Form | None = None
    is_fresh: bool = False
    has_csrf: bool = True
    signs: str | None = None
    is_multipart: bool = False
    raw: tuple[str, bytes] | None = None
    """A type and a body as they are, and no form."""
    headers: dict[str, str] = field(default_factory=dict)

    def told(self) -> str:
        """In one line."""
        who = self.role.value if self.role else "nobody"
        sent = ", ".join(f"{name!r}={str(value)[:120]!r}" for name, value in self.fields)
        headers = f" {self.headers!r}"[:400] if self.headers else ""
        sealed = f" signed={self.signs}" if self.rule.startswith("/twilio") else f" csrf={self.has_csrf}"
        if self.raw is not None:
            sent = f"{self.raw[0]} {self.raw[1][:120]!r} of {len(self.raw[1])} bytes"
        return f"{self.method} {self.path[:300]}?{self.query[:300]} by {who}{sealed}{headers} {{{sent}}}"


def draw(ground: Ground, routes: list[tuple[str, str]], seed: int, number: int) -> Request:
    """`routes` are pairs of a method and a route of the map."""
    dice = Random(f"{seed}:{number}")
    phone_routes = [route for route in routes if route[1].startswith("/twilio/")]
    method, rule = dice.choice(phone_routes if dice.random() < 0.4 else routes)
    if dice.random() < 0.03:
        method = dice.choice(METHODS)
    known = ground.addresses.get(f"{method} {rule}", [])
    is_known = bool(known) and dice.random() < 0.75
    path = dice.choice(known) if is_known else _odd_path(rule, ground, dice)
    path, _, query = path.partition("?")
    request = Request(number, rule, method, path, query)
    if rule.startswith("/twilio/"):
        _as_phone_system(request, ground, dice)
    else:
        _as_visitor(request, ground, dice)
    if dice.random() < 0.25:
        _ask_more(request, dice)
    if request.method != "GET" and dice.random() < 0.05:
        request.raw = files.body(dice)
    if dice.random() < 0.12:
        for name in dice.sample(sorted(_HEADERS), dice.choice([1, 1, 1, 2, 4])):
            request.headers[name] = dice.choice(_HEADERS[name])
    return request


def _odd_path(rule: str, ground: Ground, dice: Random) -> str:
    def piece(found: re.Match[str]) -> str:
        kind = found[1] or ""
        if kind.startswith("any("):
            offered: list[str] = [*kind[4:-1].split(","), values.part(dice)]
            return dice.choice(offered).strip("\"' ")
        if kind == "int" and dice.random() < 0.7:
            return str(dice.choice([1, 1, 2, 3, 4, 5, 9, 2**31 - 1, 2**31, 2**63]))
        if dice.random() < 0.2:
            return dice.choice(ground.last_parts)
        return quote(values.part(dice).encode("utf-8", "surrogatepass"), safe=dice.choice(["", "/", "~"]))

    path = re.sub(r"<(?:([a-z]+(?:\([^)]*\))?):)?[a-z_]+>", piece, rule)
    if dice.random() < 0.03:
        path += dice.choice(["/", "//", "/..", "%2f", "%00", ";x", "%ff", "%ed%a0%80"])
    if dice.random() < 0.02:
        path = dice.choice(["//evil.example", "/", "/.", "/%2e%2e", "/\\", "/x/..", "/%2f"]) + path
    return path


def _as_visitor(request: Request, ground: Ground, dice: Random) -> None:
    forms = ground.forms.get(f"{request.method} {request.rule}", [])
    roles = [None, *ground.visitors]
    request.has_csrf = dice.random() < 0.93
    if forms and dice.random() < 0.85:
        form = dice.choice(forms)
        request.form, request.role = form, form.role if dice.random() < 0.75 else dice.choice([None, *roles])
        request.path = form.action.partition("?")[0] if dice.random() < 0.9 else request.path
        request.is_fresh = request.method == "POST" and form.holds_state and dice.random() < 0.5
        request.is_multipart = form.has_file or dice.random() < 0.05
        _fill_in(request, form, dice)
    else:
        request.role = dice.choice([Role.ADMINISTRATOR, Role.MANAGER, None, None, *roles])
        if request.method != "GET":
            request.fields = [(name, values.written(dice)) for name in dice.sample(POSTED, dice.randrange(8))]
            request.is_multipart = dice.random() < 0.1
    if request.method == "GET" and request.form is not None:
        request.query = _query(request.fields)
        request.fields = []


def _fill_in(request: Request, form: Form, dice: Random) -> None:
    """As a browser would, then a few fields otherwise."""
    pressed = dice.choice([field.name for field in form.fields if field.kind == "button"] or [""])
    wrong = dice.choice([0, 1, 1, 1, 2, 3, len(form.fields)])
    odd = set(dice.sample(range(len(form.fields)), min(wrong, len(form.fields))))
    pairs: list[Pair] = []
    for place, one in enumerate(form.fields):
        if one.name == "csrf_token" or (one.kind == "button" and one.name != pressed):
            continue
        if place not in odd:
            pairs += _as_shown(one, dice)
        elif one.kind == "file" and dice.random() < 0.9:
            is_calendar = "on-call" in form.action
            pairs.append((one.name, files.upload(dice, is_calendar=is_calendar)))
        elif one.offered and dice.random() < 0.4:
            pairs.append((one.name, dice.choice(one.offered)))
        elif dice.random() < 0.9:
            pairs += [(one.name, values.written(dice))] * dice.choice([1, 1, 1, 1, 2, 30])
    if dice.random() < 0.05:
        pairs += [(name, values.written(dice)) for name in dice.sample(POSTED, 3)]
    request.fields = pairs


def _as_shown(one: Field, dice: Random) -> list[Pair]:
    if one.kind == "file":
        return [(one.name, files.upload(dice, is_calendar=False))]
    if one.kind in {"checkbox", "radio"}:
        return [(one.name, one.offered[0])] if one.value or dice.random() < 0.3 else []
    if one.kind == "button":
        return [(one.name, one.offered[0])]
    if one.kind == "select":
        return [(one.name, dice.choice(one.offered) if one.offered and dice.random() < 0.5 else one.value)]
    if not one.value and one.kind in {"text", "textarea", "number"} and dice.random() < 0.5:
        return [(one.name, dice.choice(["7", "a word", "2026-11-24", "2026-11-24T10:00", "+16145550177", "12.50"]))]
    return [(one.name, one.value)]


def _as_phone_system(request: Request, ground: Ground, dice: Random) -> None:
    kind = dice.random()
    request.signs = "right" if kind < 0.8 else "wrong" if kind < 0.9 else None
    form = {"recording": recording_form, "sms": text_form}.get(request.rule.rpartition("/")[2], call_form)()
    form["From"] = dice.choice(_SENDERS)
    if "CallSid" in form and dice.random() < 0.7:
        form["CallSid"] = f"known:{dice.randrange(50)}"
    if "Body" in form:
        form["Body"] = values.command(dice)
    if request.rule.endswith("status") or dice.random() < 0.3:
        name = dice.choice(["CallStatus", "MessageStatus", "DialCallStatus", "RecordingStatus", "TranscriptionStatus"])
        form[name] = dice.choice(_STATUSES)
        form.setdefault("MessageSid", "SM" + f"{dice.randrange(9):032x}")
    if dice.random() < 0.6:
        form["Digits"] = dice.choice(["", "1", "2", "3", "9", "#", "*", "12", "6145550177", "hangup", "x", "1" * 400])
    for _ in range(dice.choice([0, 0, 1, 1, 2, 6])):
        form[dice.choice(_TWILIO_FIELDS)] = values.written(dice)
    request.fields = list(form.items())
    if dice.random() < 0.05:
        request.fields += dice.choices(request.fields, k=3)
    if dice.random() < 0.05:
        dropped = dice.randrange(len(request.fields))
        del request.fields[dropped]


def _ask_more(request: Request, dice: Random) -> None:
    names = dice.sample(ASKED, dice.choice([1, 1, 2, 5]))
    more = _query([(name, values.written(dice)[:3000]) for name in names])
    request.query = "&".join(part for part in (request.query, more) if part)
    if dice.random() < 0.05:
        request.query += dice.choice(["&", "=", "&&==", "%", "%zz", "%ff%fe", "&a[]=1&a[b]=2", ";", "#", "\xff"])


def _query(pairs: list[Pair]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value if isinstance(value, str) else '')}" for name, value in pairs)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
