"""Twilio's JSON of accounts, messages, calls, recordings and numbers; figures are strings, as there."""

from __future__ import annotations

from typing import Any

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.records import Call, Message, Recording, rfc2822
from webhooks.simulator.wire_forms import API_VERSION, segments

Json = dict[str, Any]


def base(exchange: Exchange) -> str:
    return f"/{API_VERSION}/Accounts/{exchange.account_sid}"


def account_json(exchange: Exchange, status: str, kind: str) -> Json:
    uri = base(exchange)
    created = rfc2822(exchange.clock.now())
    return {
        "sid": exchange.account_sid,
        "owner_account_sid": exchange.account_sid,
        "friendly_name": "Simulated phone system",
        "status": status,
        "type": kind,
        "auth_token": None,  # nosec B105 # none is told
        "date_created": created,
        "date_updated": created,
        "subresource_uris": {name.lower(): f"{uri}/{name}.json" for name in ("Messages", "Calls", "Recordings")},
        "uri": f"{uri}.json",
    }


def message_json(exchange: Exchange, message: Message) -> Json:
    uri = f"{base(exchange)}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": exchange.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(message.created_at),
        "date_sent": rfc2822(message.sent_at),
        "date_updated": rfc2822(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def call_json(exchange: Exchange, call: Call) -> Json:
    uri = f"{base(exchange)}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": exchange.account_sid,
        "annotation": None,
        "answered_by": call.answered_by,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.ended_at or call.started_at or call.created_at),
        "direction": call.direction,
        "duration": None if call.seconds is None else str(call.seconds),
        "end_time": rfc2822(call.ended_at),
        "forwarded_from": None,
        "from": call.from_,
        "from_formatted": call.from_,
        "group_sid": None,
        "parent_call_sid": call.parent_sid,
        "phone_number_sid": exchange.ours.sid,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "start_time": rfc2822(call.started_at or (call.created_at if call.is_over else None)),
        "status": call.status,
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def recording_json(exchange: Exchange, recording: Recording) -> Json:
    uri = f"{base(exchange)}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": exchange.account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "channels": 1,
        "conference_sid": None,
        "date_created": rfc2822(recording.created_at),
        "date_updated": rfc2822(recording.created_at),
        "duration": str(recording.seconds) if recording.status == "completed" else "-1",
        "encryption_details": None,
        "error_code": None,
        "media_url": f"https://api.twilio.com{uri}",
        "price": None,
        "price_unit": "USD",
        "source": recording.source,
        "start_time": rfc2822(recording.started_at),
        "status": recording.status,
        "subresource_uris": {"transcriptions": f"{uri}/Transcriptions.json"},
        "uri": f"{uri}.json",
    }


def number_json(exchange: Exchange) -> Json:
    ours = exchange.ours
    uri = f"{base(exchange)}/IncomingPhoneNumbers/{ours.sid}"
    return {
        "sid": ours.sid,
        "account_sid": exchange.account_sid,
        "api_version": API_VERSION,
        "phone_number": ours.number,
        "friendly_name": ours.number,
        "capabilities": {name: name in ours.can for name in ("voice", "sms", "mms", "fax")},
        "voice_url": ours.voice_url,
        "voice_method": ours.voice_method,
        "voice_fallback_url": ours.voice_fallback_url,
        "voice_fallback_method": "POST",
        "voice_application_sid": ours.voice_application_sid,
        "sms_url": ours.sms_url,
        "sms_method": ours.sms_method,
        "sms_fallback_url": ours.sms_fallback_url,
        "sms_fallback_method": "POST",
        "sms_application_sid": ours.sms_application_sid,
        "status_callback": ours.status_callback,
        "status_callback_method": ours.status_callback_method,
        "trunk_sid": ours.trunk_sid or None,
        "status": "in-use",
        "uri": f"{uri}.json",
    }
