"""How Twilio's REST APIs tell an account's standing, the registration of its number, and where it may text and call.

Shapes: docs/messaging/api/usapptoperson-resource and docs/voice/api/dialingpermissions-country-resource at twilio.com;
the others as Twilio's SDK reads them. Lists of the newer APIs name themselves in `meta`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from webhooks.simulator.rest_lists import page_of
from webhooks.simulator.rest_shapes import base
from webhooks.simulator.wire_forms import API_VERSION

if TYPE_CHECKING:
    from webhooks.simulator.phone_system import PhoneSystem

SERVICE = "MG" + "5" * 32
"""The messaging service that our number is in."""


def standing_routes(phone_system: PhoneSystem) -> Blueprint:
    """Of api.twilio.com, messaging.twilio.com, voice.twilio.com and accounts.twilio.com, all at one address."""
    routes = Blueprint("twilio_standing", __name__)
    _add_account(routes, phone_system)
    _add_registrations(routes, phone_system)
    _add_permissions(routes, phone_system)
    return routes


def _add_account(routes: Blueprint, phone_system: PhoneSystem) -> None:
    exchange = phone_system.exchange
    own = f"/{API_VERSION}/Accounts/{exchange.account_sid}"

    @routes.get(f"{own}/Balance.json")
    def balance() -> Response:
        found = {"account_sid": exchange.account_sid, "balance": phone_system.standing.balance, "currency": "USD"}
        return jsonify(found)

    @routes.get(f"{own}/OutgoingCallerIds.json")
    def caller_ids() -> Response:
        path, verified = f"{base(exchange)}/OutgoingCallerIds.json", phone_system.standing.verified
        return jsonify(page_of("outgoing_caller_ids", path, verified, str, lambda phone: {"phone_number": phone}))


def _add_registrations(routes: Blueprint, phone_system: PhoneSystem) -> None:
    exchange = phone_system.exchange

    @routes.get("/v1/Services")
    def services() -> Response:
        return _listed("services", [_service()])

    @routes.get("/v1/Services/<sid>")
    def service(sid: str) -> Response:
        return jsonify({**_service(), "sid": sid})

    def _service() -> dict[str, Any]:
        defers = phone_system.standing.defers
        return {"sid": SERVICE, "account_sid": exchange.account_sid, "use_inbound_webhook_on_number": defers}

    @routes.get("/v1/Services/<sid>/PhoneNumbers")
    def numbers(sid: str) -> Response:
        is_ours = sid == SERVICE and phone_system.standing.campaigns is not None
        ours = {"sid": exchange.ours.sid, "service_sid": sid, "phone_number": exchange.ours.number}
        return _listed("phone_numbers", [ours] if is_ours else [])

    @routes.get("/v1/Services/<sid>/Compliance/Usa2p")
    def campaigns(sid: str) -> Response:
        found = (phone_system.standing.campaigns or ()) if sid == SERVICE else ()
        return _listed("compliance", [{"messaging_service_sid": sid, "campaign_status": state} for state in found])

    @routes.get("/v1/Tollfree/Verifications")
    def verifications() -> Response:
        state = phone_system.standing.toll_free
        is_asked = state and request.args.get("TollfreePhoneNumberSid") == exchange.ours.sid
        return _listed("verifications", [{"status": state}] if is_asked else [])


def _add_permissions(routes: Blueprint, phone_system: PhoneSystem) -> None:
    @routes.get("/v1/DialingPermissions/Countries/<country>")
    def calls(country: str) -> Response:
        may = country not in phone_system.standing.no_calls_to
        return jsonify(iso_code=country, low_risk_numbers_enabled=may, high_risk_special_numbers_enabled=False)

    @routes.get("/v1/Messaging/GeoPermissions")
    def texts() -> Response:
        country = request.args.get("CountryCode", "")
        may = country not in phone_system.standing.no_texts_to
        return jsonify(permissions=[{"country_code": country, "type": "country", "enabled": may}])


def _listed(key: str, found: list[Mapping[str, Any]]) -> Response:
    """A page of the newer APIs, which names its list in `meta`."""
    url = request.base_url
    meta = {"page": 0, "page_size": 50, "key": key, "url": url, "first_page_url": url}
    return jsonify({key: found, "meta": {**meta, "next_page_url": None, "previous_page_url": None}})
