"""One case: what was promised, what was done, and what the caller said."""

from __future__ import annotations

import io
from datetime import timedelta

from flask import Response, abort, request, send_file

from triage.bootstrap import build_printer
from triage.policy.access import Permission
from triage.services.case_pack import export_case
from triage.services.case_page import audio_of
from triage.services.recordings import open_copy
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.case_forms import page_of, rendered
from webhooks.program import desk, program

_ONE_HEARING = timedelta(minutes=10)
"""A browser fetches what it plays in parts, and in any order: within that span they are one hearing."""


@console.get("/cases/<reference>")
@needs(Permission.READ_CASES)
def show_case(reference: str) -> tuple[str, int]:
    """The whole story of a case, as its dispute pack tells it, its recordings to play, and what can be done with it."""
    return rendered(page_of(reference))


@console.post("/cases/<reference>/pack")
@needs(Permission.READ_HISTORY)
def take_pack(reference: str) -> Response:
    """Everything about the case in one zip, with hashes. Who took it is part of the history."""
    program_, who = program(), signed_in()
    pack = export_case(
        desk(), program_.recordings, build_printer(), reference, actor=who.actor, now=program_.now(), is_awaited=True
    )
    name = f"case-{reference.strip().lstrip('#')}.zip"
    return send_file(io.BytesIO(pack.content), mimetype="application/zip", as_attachment=True, download_name=name)


@console.get("/cases/<reference>/recordings/<int:number>.wav")
@needs(Permission.READ_CASES)
def play_recording(reference: str, number: int) -> Response:
    """The audio of one voicemail of the case. Whoever hears any part of it is in the history."""
    if number not in audio_of(desk(), reference):
        abort(404)
    path = open_copy(
        desk(),
        program().recordings,
        number,
        listener=signed_in().actor if request.method == "GET" else None,
        now=program().now(),
        once_within=_ONE_HEARING,
    )
    return send_file(path, mimetype="audio/x-wav", conditional=True)
