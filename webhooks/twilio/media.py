"""Recordings for a call to play: an address that names one recording, cannot be guessed and ends after minutes.

What fetches media for a call signs nothing that we could rely on, so the token alone opens the door.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, request, send_file
from itsdangerous import BadData, URLSafeSerializer

from triage.errors import NotFound
from triage.services.recordings import is_playable, open_copy
from webhooks.program import desk, program

media = Blueprint("media", __name__, url_prefix="/twilio/media")

GOOD_FOR = timedelta(minutes=10)
_LONGEST_TOKEN = 200


def media_address(voicemail_id: int, listener: str = "phone system") -> str | None:
    """Where the audio of a voicemail can be heard for some minutes; None where there is none on our disk.

    `listener` is the actor who is going to hear it, such as `person:lee`: playing becomes part of the history.
    """
    if not program().settings.signing_tokens or not is_playable(desk(), voicemail_id):
        return None
    token = _serializer().dumps([voicemail_id, int((program().now() + GOOD_FOR).timestamp()), listener])
    return f"{program().settings.public_url}/twilio/media/{token}.wav"


@media.get("/<token>.wav")
def play(token: str) -> Response:
    """The audio that a token names; 404 for every other, whatever is wrong with it."""
    now = program().now()
    voicemail_id, listener = _read(token, now)
    begins = request.headers.get("Range", "bytes=0-").startswith("bytes=0-")
    try:
        path = open_copy(
            desk(),
            program().recordings,
            voicemail_id,
            listener=listener if request.method == "GET" else None,
            now=now,
            once_within=timedelta(0) if begins else GOOD_FOR,  # a further part of what is heard already
        )
    except NotFound:
        abort(404)
    return send_file(path, mimetype="audio/x-wav", conditional=True)


def _read(token: str, now: datetime) -> tuple[int, str]:
    """The voicemail that a token of ours names and who is to hear it; anything else is answered with 404."""
    if len(token) > _LONGEST_TOKEN or not program().settings.signing_tokens:
        abort(404)
    try:
        voicemail_id, ends, listener = _serializer().loads(token)
    except (BadData, ValueError, TypeError):
        abort(404)
    if now.timestamp() >= ends:
        abort(404)
    return voicemail_id, listener


def _serializer() -> URLSafeSerializer:
    """Signs with the present auth token; during a rotation the one before counts too."""
    return URLSafeSerializer(
        list(reversed(program().settings.signing_tokens)),
        salt="afterhours recording",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
