"""Reports: how an SMS that we sent fares, and how calls in and out do."""

from __future__ import annotations

from flask import Response, request

from triage.services.delivery_reports import DeliveryReport, take_report
from triage.services.inbound import PostedCall, take_call_status
from webhooks.program import desk, program
from webhooks.twilio import form, twilio


@twilio.post("/message-status")
def message_status() -> Response:
    """A delivery report of an SMS. Unknown, late and repeated ones are answered 2xx: repeating them helps nobody."""
    is_new_name = "MessageSid" in request.form
    _take(
        form.sid("MessageSid" if is_new_name else "SmsSid", "SM", "MM"),
        form.word("MessageStatus" if "MessageStatus" in request.form else "SmsStatus"),
    )
    return Response(status=204)


@twilio.post("/call-status")
def call_status() -> Response:
    """The status of a call: of one that we placed, or of one to our number."""
    call_sid, status = form.sid("CallSid", "CA"), form.word("CallStatus")
    if "delivery" in request.args or request.form.get("Direction", "").startswith("outbound"):
        _take(call_sid, status)
    else:
        posted = PostedCall(call_sid=call_sid, from_number=form.caller(), from_place=form.place())
        take_call_status(desk(), posted, status, form.number("SequenceNumber"), program().now())
    return Response(status=204)


def _take(provider_sid: str, status: str) -> None:
    delivery = request.args.get("delivery", "")
    report = DeliveryReport(
        provider_sid=provider_sid,
        status=status,
        error_code=form.number("ErrorCode"),
        delivery_id=int(delivery) if delivery.isdecimal() and len(delivery) < 10 else None,
    )
    take_report(desk(), report, program().now())
    program().bell.ring()
