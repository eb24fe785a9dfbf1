"""What Twilio posts. Every route here is signed; an unsigned request gets 403 and no word more."""

from __future__ import annotations

from flask import Blueprint

from webhooks.twilio.signature import refuse_unsigned

twilio = Blueprint("twilio", __name__, url_prefix="/twilio")
twilio.before_request(refuse_unsigned)

from webhooks.twilio import alert, bridge, hear, recording, sms, status, voice  # noqa: E402, F401 - these add their routes
