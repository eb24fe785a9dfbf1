"""Twilio's REST API, as far as a daemon like ours uses it."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from webhooks.simulator.faults import Hang, Refused, Unreachable
from webhooks.simulator.in_process import HANG_HEADER
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest_lists import page_of, time_filter, value_filter
from webhooks.simulator.rest_shapes import (
    account_json,
    base,
    call_json,
    message_json,
    number_json,
    recording_json,
)
from webhooks.simulator.rest_standing import standing_routes
from webhooks.simulator.sound import tone

_OF_THE_API = ("/2010-04-01/", "/v1/")
NUMBER_SETTINGS = {
    "VoiceUrl": "voice_url",
    "VoiceFallbackUrl": "voice_fallback_url",
    "SmsUrl": "sms_url",
    "SmsFallbackUrl": "sms_fallback_url",
    "StatusCallback": "status_callback",
    "VoiceMethod": "voice_method",
    "SmsMethod": "sms_method",
    "StatusCallbackMethod": "status_callback_method",
}


def create_rest_app(phone_system: PhoneSystem) -> Flask:
    """A Flask app with the REST API alone; `twilio.rest.Client` works against it."""
    app = Flask("webhooks.simulator", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined] # the default provider has it
    app.before_request(lambda: _admit(phone_system))
    app.after_request(lambda answer: _dated(answer, phone_system.now))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Hang, lambda _: _lost("hang"))
    app.register_error_handler(Unreachable, lambda _: _lost("unreachable"))
    app.register_error_handler(404, _not_found)
    own = base(phone_system.exchange)
    app.add_url_rule(f"{own}.json", "account_fetch", lambda: _account(phone_system))
    api = Blueprint("twilio_api", __name__, url_prefix=own)
    _add_messages(api, phone_system)
    _add_calls(api, phone_system)
    _add_recordings(api, phone_system)
    _add_numbers(api, phone_system)
    app.register_blueprint(api)
    app.register_blueprint(standing_routes(phone_system))
    return app


def _admit(phone_system: PhoneSystem) -> None:
    """Only with this account's credentials; other paths are the page's business."""
    if not request.path.startswith(_OF_THE_API):
        return
    given = request.authorization
    password = phone_system.keys.get((given.username or "") if given else "")
    offered = (given.password or "") if given else ""
    if password is None or not hmac.compare_digest(password.encode(), offered.encode()):
        raise Refused(20003, "Authenticate", 401)
    if request.method == "GET":
        phone_system.faults.before_read()


def _dated(answer: Response, now: datetime) -> Response:
    answer.date = now
    return answer


def _account(phone_system: PhoneSystem) -> Response:
    standing = phone_system.standing
    return jsonify(account_json(phone_system.exchange, standing.status, standing.kind))


def _refused(refusal: Refused) -> Response:
    answer = jsonify(
        code=refusal.code,
        message=refusal.message,
        more_info=f"https://www.twilio.com/docs/errors/{refusal.code}",
        status=refusal.status,
    )
    answer.status_code = refusal.status
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer


def _lost(how: str) -> Response:
    """Over a network nothing would come back; a server can at best answer that something is wrong."""
    answer = _refused(Refused(20500, "An internal server error has occurred", 500))
    answer.headers[HANG_HEADER] = how
    return answer


def _not_found(error: HTTPException) -> Response | HTTPException:
    if not request.path.startswith(_OF_THE_API):
        return error
    return _refused(Refused(20404, f"The requested resource {request.path} was not found", 404))


def _found(records: dict[str, Any], sid: str) -> Any:
    if sid not in records:
        raise Refused(20404, f"The requested resource {request.path} was not found", 404)
    return records[sid]


def _add_messages(api: Blueprint, phone_system: PhoneSystem) -> None:
    exchange = phone_system.exchange

    @api.post("/Messages.json")
    def message_create() -> tuple[Response, int]:
        phone_system.faults.before_create()
        form = request.form
        message = phone_system.texting.create(
            to=form.get("To", ""),
            body=form.get("Body", ""),
            from_=form.get("From", ""),
            service_sid=form.get("MessagingServiceSid"),
            status_callback=form.get("StatusCallback"),
        )
        phone_system.faults.after_create()
        return jsonify(message_json(exchange, message)), 201

    @api.get("/Messages.json")
    def message_list() -> Response:
        to, from_, in_time = value_filter("To"), value_filter("From"), time_filter("DateSent")
        shown = [
            m
            for m in phone_system.messages()
            if to(m.to)
            and from_(m.from_)
            and in_time(m.sent_at or m.created_at)
            and phone_system.is_listed(m.created_at)
        ]
        path = f"{base(exchange)}/Messages.json"
        return jsonify(page_of("messages", path, shown, lambda m: m.sid, lambda m: message_json(exchange, m)))

    @api.get("/Messages/<sid>.json")
    def message_fetch(sid: str) -> Response:
        return jsonify(message_json(exchange, _found(exchange.messages, sid)))


def _add_calls(api: Blueprint, phone_system: PhoneSystem) -> None:
    exchange = phone_system.exchange

    @api.post("/Calls.json")
    def call_create() -> tuple[Response, int]:
        phone_system.faults.before_create()
        form = request.form
        call = phone_system.calling.create(
            to=form.get("To", ""),
            from_=form.get("From", ""),
            url=form.get("Url"),
            twiml=form.get("Twiml"),
            status_callback=form.get("StatusCallback"),
            events=frozenset(form.getlist("StatusCallbackEvent")),
            timeout=min(form.get("Timeout", 60, type=int), 600),
            detects_machines="MachineDetection" in form,
            send_digits=form.get("SendDigits", ""),
        )
        phone_system.faults.after_create()
        return jsonify(call_json(exchange, call)), 201

    @api.get("/Calls.json")
    def call_list() -> Response:
        to, from_, status, parent = (value_filter(name) for name in ("To", "From", "Status", "ParentCallSid"))
        started, ended = time_filter("StartTime"), time_filter("EndTime")
        shown = [
            call
            for call in phone_system.calls()
            if to(call.to)
            and from_(call.from_)
            and status(call.status)
            and parent(call.parent_sid)
            and started(call.started_at or call.created_at)
            and ended(call.ended_at or call.created_at)
            and phone_system.is_listed(call.created_at)
        ]
        path = f"{base(exchange)}/Calls.json"
        return jsonify(page_of("calls", path, shown, lambda c: c.sid, lambda c: call_json(exchange, c)))

    @api.get("/Calls/<sid>.json")
    def call_fetch(sid: str) -> Response:
        return jsonify(call_json(exchange, _found(exchange.calls, sid)))

    @api.post("/Calls/<sid>.json")
    def call_update(sid: str) -> Response:
        _found(exchange.calls, sid)
        status = request.form.get("Status", "")
        if status not in {"canceled", "completed"}:
            raise Refused(20001, "Status must be canceled or completed; the simulator cannot redirect a live call")
        return jsonify(call_json(exchange, phone_system.calling.hang_up(sid, status)))


def _add_recordings(api: Blueprint, phone_system: PhoneSystem) -> None:
    exchange = phone_system.exchange

    def listed(path: str, call_sid: str | None) -> Response:
        of_call, in_time = value_filter("CallSid"), time_filter("DateCreated")
        shown = [
            recording
            for recording in phone_system.recordings()
            if call_sid in {None, recording.call_sid}
            and of_call(recording.call_sid)
            and in_time(recording.created_at)
            and phone_system.is_listed(recording.created_at)
        ]
        return jsonify(page_of("recordings", path, shown, lambda r: r.sid, lambda r: recording_json(exchange, r)))

    @api.get("/Recordings.json")
    def recording_list() -> Response:
        return listed(f"{base(exchange)}/Recordings.json", None)

    @api.get("/Calls/<call_sid>/Recordings.json")
    def recording_list_of_call(call_sid: str) -> Response:
        return listed(f"{base(exchange)}/Calls/{call_sid}/Recordings.json", call_sid)

    @api.get("/Recordings/<sid>.json")
    def recording_fetch(sid: str) -> Response:
        return jsonify(recording_json(exchange, _found(exchange.recordings, sid)))

    @api.delete("/Recordings/<sid>.json")
    def recording_delete(sid: str) -> tuple[str, int]:
        with exchange.lock:
            del exchange.recordings[_found(exchange.recordings, sid).sid]
        return "", 204

    @api.get("/Recordings/<sid>")
    @api.get("/Recordings/<sid>.wav")
    @api.get("/Recordings/<sid>.mp3")
    def recording_media(sid: str) -> Response:
        recording = _found(exchange.recordings, sid)
        if recording.status != "completed":
            raise Refused(20404, "The recording has no audio", 404)
        return Response(recording.audio or tone(recording.seconds), content_type="audio/x-wav")


def _add_numbers(api: Blueprint, phone_system: PhoneSystem) -> None:
    exchange = phone_system.exchange

    @api.get("/IncomingPhoneNumbers.json")
    def number_list() -> Response:
        ours = [exchange.ours] if value_filter("PhoneNumber")(exchange.ours.number) else []
        path = f"{base(exchange)}/IncomingPhoneNumbers.json"
        return jsonify(page_of("incoming_phone_numbers", path, ours, lambda o: o.sid, lambda _: number_json(exchange)))

    @api.route("/IncomingPhoneNumbers/<sid>.json", methods=["GET", "POST"])
    def number_fetch_or_update(sid: str) -> Response:
        _found({exchange.ours.sid: exchange.ours}, sid)
        for name, attribute in NUMBER_SETTINGS.items():
            if name in request.form:
                setattr(exchange.ours, attribute, request.form[name])
        return jsonify(number_json(exchange))
