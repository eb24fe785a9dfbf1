"""The parameters that Twilio sends with its webhooks."""

from __future__ import annotations

from datetime import datetime

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.records import Call, Message, Recording, Transcript, rfc2822

API_VERSION = "2010-04-01"


def place(prefix: str, number: str) -> dict[str, str]:
    """Where a number is at home, as far as its digits say; nothing for a withheld one."""
    if not number.startswith("+1"):
        return {}
    city, state, zip_code = _PLACES.get(number[2:5], ("", "", ""))
    values = {"City": city, "State": state, "Zip": zip_code, "Country": "US"}
    return {prefix + name: value for name, value in values.items()}


_PLACES = {
    "212": ("NEW YORK", "NY", "10001"),
    "216": ("CLEVELAND", "OH", "44114"),
    "312": ("CHICAGO", "IL", "60601"),
    "412": ("PITTSBURGH", "PA", "15222"),
    "513": ("CINCINNATI", "OH", "45202"),
    "614": ("COLUMBUS", "OH", "43215"),
}


def voice_form(exchange: Exchange, call: Call) -> dict[str, str]:
    """What comes with every request for TwiML."""
    form = {
        "CallSid": call.sid,
        "AccountSid": exchange.account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "CallStatus": call.status,
        "ApiVersion": API_VERSION,
        "Direction": call.direction,
        **place("From", call.from_),
        **place("Caller", call.from_),
        **place("To", call.to),
        **place("Called", call.to),
    }
    if call.direction == "inbound":
        form |= {
            "CallToken": "%7B%22parentCallInfoToken%22%3A%22simulated%22%7D",
            "StirVerstat": "TN-Validation-Passed-A",
        }
    if call.parent_sid:
        form["ParentCallSid"] = call.parent_sid
    if call.answered_by:
        form["AnsweredBy"] = call.answered_by
    return form


def call_report_form(exchange: Exchange, call: Call, status: str, at: datetime) -> dict[str, str]:
    """What comes with a call status callback. `at` is when the call came into that status."""
    form = voice_form(exchange, call) | {
        "CallStatus": status,
        "Timestamp": rfc2822(at) or "",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.reports),
    }
    if call.is_over:
        seconds = call.seconds or 0
        form |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60)), "SipResponseCode": "200"}
    return form


def recording_url(exchange: Exchange, recording_sid: str) -> str:
    return f"https://api.twilio.com/{API_VERSION}/Accounts/{exchange.account_sid}/Recordings/{recording_sid}"


def recording_form(exchange: Exchange, recording: Recording) -> dict[str, str]:
    """What comes with a recording status callback: no From, no To, no CallStatus."""
    form = {
        "AccountSid": exchange.account_sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording_url(exchange, recording.sid),
        "RecordingStatus": recording.status,
        "RecordingChannels": "1",
        "RecordingSource": recording.source,
        "RecordingStartTime": rfc2822(recording.started_at) or "",
        "RecordingTrack": "both",
    }
    if recording.status == "completed":
        form["RecordingDuration"] = str(recording.seconds)
    return form


def transcript_form(exchange: Exchange, call: Call, transcript: Transcript) -> dict[str, str]:
    """What comes with a transcription callback."""
    url = recording_url(exchange, transcript.recording_sid)
    return {
        "TranscriptionSid": transcript.sid,
        "TranscriptionText": transcript.text or "",
        "TranscriptionStatus": "failed" if transcript.text is None else "completed",
        "TranscriptionUrl": f"{url}/Transcriptions/{transcript.sid}",
        "TranscriptionType": "fast",
        "RecordingSid": transcript.recording_sid,
        "RecordingUrl": url,
        "CallSid": call.sid,
        "AccountSid": exchange.account_sid,
        "From": call.from_,
        "To": call.to,
        "CallStatus": call.status,
        "ApiVersion": API_VERSION,
        "Direction": call.direction,
    }


def inbound_text_form(exchange: Exchange, message: Message) -> dict[str, str]:
    """What comes with a text to our number."""
    return {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "SmsStatus": "received",
        "AccountSid": exchange.account_sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": "0",
        "NumSegments": str(segments(message.body)),
        "ApiVersion": API_VERSION,
        **place("From", message.from_),
        **place("To", message.to),
    }


def message_report_form(
    exchange: Exchange, message: Message, status: str, code: int | None, at: datetime
) -> dict[str, str]:
    """What comes with a delivery report."""
    form = {
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "AccountSid": exchange.account_sid,
        "From": message.from_,
        "To": message.to,
        "ApiVersion": API_VERSION,
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if code is not None:
        form["ErrorCode"] = str(code)
    if status in {"delivered", "undelivered"}:
        form["RawDlrDoneDate"] = at.strftime("%y%m%d%H%M")
    return form


_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_LONG = frozenset("^{}\\[~]|€\f")


def segments(body: str) -> int:
    """How many SMS a carrier makes of this text."""
    if all(letter in _GSM_7 or letter in _GSM_7_LONG for letter in body):
        size, whole, part = len(body) + sum(letter in _GSM_7_LONG for letter in body), 160, 153
    else:
        size, whole, part = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if size <= whole else -(-size // part)
