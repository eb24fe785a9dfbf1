"""What the webhook is measured beside: a bare Flask view on gunicorn with the same signature check, which writes the
rows that a voicemail leaves in the daemon, by SQL written out, in one durable transaction. It decides nothing."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from threading import local
from typing import Any

import psycopg
import pysqlite3.dbapi2 as sqlite3
from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

CASES = (
    "INSERT INTO cases (version, state, window, support_day, product, is_emergency, flags, clauses, rate, is_billable,"
    " language, policy, caller, answered_at, left_at, opened_at, callback_due, ladder_base_at, ladder_step,"
    " ladder_round, ladder_passed) VALUES (1, 'open', 'overnight', :no, 'unknown', :no, '[]', '[]', 'after_hours',"
    " :yes, 'en', :policy, :caller, :now, :now, :now, :due, :now, 0, 1, '[]') RETURNING id"
)
VOICEMAILS = (
    "INSERT INTO voicemails (case_id, recording_sid, call_sid, status, is_confirmed, duration_s, left_at, received_at)"
    " VALUES (:case, :recording, :call, 'completed', :yes, :seconds, :now, :now) RETURNING id"
)
OTHERS = (
    "INSERT INTO calls (sid, from_number, is_emergency, product, language) VALUES (:call, :caller, :no, '', 'en')",
    "INSERT INTO timers (case_id, kind, due_at) VALUES (:case, 'ladder', :now)",
    "INSERT INTO timers (case_id, kind, due_at) VALUES (:case, 'at_risk', :due)",
    "INSERT INTO timers (case_id, kind, due_at) VALUES (:case, 'breach', :due)",
    "INSERT INTO recording_copies (voicemail_id, state, attempts, next_attempt_at) VALUES (:voicemail, '', 0, :now)",
    (
        "INSERT INTO look_ups (case_id, call_sid, recording_sid, attempts, next_attempt_at)"
        " VALUES (:case, :call, :recording, 0, :now)"
    ),
)
HEAD = "SELECT number, hash FROM chain_head WHERE id = 1"
EVENTS = (
    "INSERT INTO events (number, case_id, at, kind, actor, details, hash)"
    " VALUES (:number, :case, :now, :kind, 'caller', :details, :hash)"
)
MOVE_HEAD = "UPDATE chain_head SET number = :number, hash = :hash WHERE id = 1"


def create_app() -> Flask:
    """Its address, token and database come from the environment, as gunicorn hands them on."""
    app = Flask(__name__)
    validator = RequestValidator(os.environ["BARE_TOKEN"])
    public_url, database = os.environ["BARE_URL"], os.environ["BARE_DATABASE"]
    mine = local()

    def writes() -> _Sqlite | _Postgres:
        if not hasattr(mine, "writes"):
            mine.writes = _Sqlite(database) if database.startswith("sqlite") else _Postgres(database)
        found: _Sqlite | _Postgres = mine.writes
        return found

    @app.post("/twilio/recording")
    def recording() -> Response:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(public_url + request.path, request.form, signature):
            abort(403)
        writes().keep(request.form)
        return Response(status=204)

    return app


class _Sqlite:
    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=5)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._policy = self._connection.execute("SELECT version FROM policy_versions").fetchone()[0]

    def keep(self, form: Any) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        _write_all(self._connection.execute, {**_values(form), "policy": self._policy, "no": 0, "yes": 1})
        self._connection.execute("COMMIT")


class _Postgres:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url.replace("+psycopg", ""))
        with self._connection.transaction():
            found = self._connection.execute("SELECT version FROM policy_versions").fetchone()
        self._policy = found[0] if found else ""

    def keep(self, form: Any) -> None:
        with self._connection.transaction():
            self._connection.execute("SELECT number FROM chain_head FOR UPDATE")
            _write_all(self._ask, {**_values(form), "policy": self._policy, "no": False, "yes": True})

    def _ask(self, statement: str, values: dict[str, Any]) -> Any:
        return self._connection.execute(_PERCENT[statement], values)


def _in_percent(statement: str, names: tuple[str, ...]) -> str:
    """The statement with psycopg's way to name values."""
    for name in sorted(names, key=len, reverse=True):
        statement = statement.replace(f":{name}", f"%({name})s")
    return statement.replace(" window,", ' "window",')


_NAMES = ("case", "voicemail", "recording", "call", "caller", "seconds", "policy", "now", "due", "no", "yes", "number")
_PERCENT = {
    statement: _in_percent(statement, (*_NAMES, "kind", "details", "hash"))
    for statement in (CASES, VOICEMAILS, *OTHERS, HEAD, EVENTS, MOVE_HEAD)
}


def _values(form: Any) -> dict[str, Any]:
    now = datetime.now(UTC)  # noqa: TID251 - the daemon's clock is not what is measured
    return {
        "recording": form["RecordingSid"],
        "call": form["CallSid"],
        "caller": form["From"],
        "seconds": int(form["RecordingDuration"]),
        "now": str(now.replace(tzinfo=None)),
        "due": str((now + timedelta(hours=2)).replace(tzinfo=None)),
    }


def _write_all(ask: Any, values: dict[str, Any]) -> None:
    values["case"] = ask(CASES, values).fetchone()[0]
    values["voicemail"] = ask(VOICEMAILS, values).fetchone()[0]
    for statement in OTHERS:
        ask(statement, values)
    number, digest = ask(HEAD, values).fetchone()
    for kind in ("case_opened", "voicemail_left"):
        details = json.dumps({"recording": values["recording"], "call": values["call"]})
        number, digest = number + 1, hashlib.sha256(f"{number}{digest}{details}".encode()).hexdigest()
        ask(EVENTS, {**values, "number": number, "hash": digest, "kind": kind, "details": details})
    ask(MOVE_HEAD, {"number": number, "hash": digest})
