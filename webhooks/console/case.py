"""One case: what was promised, what was done, and what the caller said."""

from __future__ import annotations

from flask import Response, abort, request, send_file

from triage.policy.access import Permission
from triage.services.case_page import audio_of
from triage.services.recordings import open_copy
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.case_forms import page_of, rendered
from webhooks.program import desk, program


@console.get("/cases/<reference>")
@needs(Permission.READ_CASES)
def show_case(reference: str) -> tuple[str, int]:
    """The whole story of a case, as its dispute pack tells it, its recordings to play, and what can be done with it."""
    return rendered(page_of(reference))


@console.get("/cases/<reference>/recordings/<int:number>.wav")
@needs(Permission.READ_CASES)
def play_recording(reference: str, number: int) -> Response:
    """The audio of one voicemail of the case. Whoever begins to hear it becomes part of the history."""
    if number not in audio_of(desk(), reference):
        abort(404)
    begins = request.method == "GET" and request.headers.get("Range", "bytes=0-").startswith("bytes=0-")
    listener = signed_in().actor if begins else None
    path = open_copy(desk(), program().recordings, number, listener=listener, now=program().now())
    return send_file(path, mimetype="audio/x-wav", conditional=True)
