"""What the webhook is measured beside: a bare Flask view with the same signature check and one durable insert."""

from __future__ import annotations

import logging
import sys
from threading import local

import pysqlite3.dbapi2 as sqlite3
import waitress
from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator


def create_app(public_url: str, token: str, database: str) -> Flask:
    app = Flask(__name__)
    validator = RequestValidator(token)
    mine = local()

    def connection() -> sqlite3.Connection:
        if not hasattr(mine, "connection"):
            mine.connection = sqlite3.connect(database, isolation_level=None, timeout=5)
            mine.connection.execute("PRAGMA journal_mode=WAL")
            mine.connection.execute("PRAGMA synchronous=FULL")
        return mine.connection

    with connection() as begun:
        begun.execute("CREATE TABLE voicemails (sid TEXT PRIMARY KEY, call TEXT, caller TEXT, seconds TEXT)")

    @app.post("/twilio/recording")
    def recording() -> Response:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(public_url + request.path, request.form, signature):
            abort(403)
        row = [request.form[name] for name in ("RecordingSid", "CallSid", "From", "RecordingDuration")]
        connection().execute("INSERT INTO voicemails VALUES (?, ?, ?, ?)", row)
        return Response(status=204)

    return app


if __name__ == "__main__":
    host, port, token, database = sys.argv[1:]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(create_app(f"http://{host}:{port}", token, database), host=host, port=int(port), threads=8)
