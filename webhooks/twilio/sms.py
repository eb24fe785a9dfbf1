"""A text to our number."""

from __future__ import annotations

from flask import Response, request

from triage.errors import AnomalousRequest
from triage.services.technician_texts import LONGEST_SENDER, Text, take_text
from webhooks.program import desk, program
from webhooks.twilio import form, twilio
from webhooks.twilio.twiml import reply

_LONGEST_BODY = 1600


@twilio.post("/sms")
def sms() -> Response:
    """Done and answered once for each message, however often it is posted."""
    sender, body = request.form.get("From", ""), request.form.get("Body", "")
    if not sender or len(sender) > LONGEST_SENDER or not sender.isprintable():
        raise AnomalousRequest("From", "wanted the sender's number")
    if len(body) > _LONGEST_BODY:
        raise AnomalousRequest("Body", f"wanted {_LONGEST_BODY} characters at most")
    text = Text(message_sid=form.sid("MessageSid", "SM", "MM"), from_number=sender, body=body.replace("\x00", ""))
    answer = take_text(desk(), text, program().now())
    program().bell.ring()
    return reply(answer)
