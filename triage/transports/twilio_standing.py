"""What Twilio says of the account, of our number's registration, and of where we may text and call.

Shapes: https://www.twilio.com/docs/messaging/api/usapptoperson-resource (campaigns) and
https://www.twilio.com/docs/voice/api/dialingpermissions-country-resource; balance, verified numbers, toll-free
verifications and the countries of texts as the SDK of Twilio has them.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from triage.errors import TransportError
from triage.policy.standing import AccountStanding
from triage.transports.twilio_client import Account, is_not_found, our_errors

_MOST = 100


class TwilioStanding:
    """Each raises OutcomeUnknown or TransportError. Needs the domains of Twilio that nothing else of ours asks."""

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account

    def account(self) -> AccountStanding:
        with our_errors():
            ours = self._client.api.accounts(self._account.account_sid)
            found = ours.fetch()
        balance, currency = self._balance(ours)
        return AccountStanding(status=str(found.status), kind=str(found.type), balance=balance, currency=currency)

    def verified_numbers(self) -> frozenset[str]:
        with our_errors():
            return frozenset(each.phone_number for each in self._client.outgoing_caller_ids.list(limit=_MOST))

    def campaigns(self) -> list[str] | None:
        with our_errors():
            services = self._services()
            found = [each.campaign_status for ours in services for each in ours.us_app_to_person.list(limit=_MOST)]
        return [str(state) for state in found] if services else None

    def keeps_texts(self) -> bool:
        with our_errors():
            return any(not each.fetch().use_inbound_webhook_on_number for each in self._services())

    def toll_free(self) -> str | None:
        with our_errors():
            numbers = self._client.incoming_phone_numbers.list(phone_number=self._account.sender, limit=1)
            asked = self._at("messaging").v1.tollfree_verifications
            found = [each for number in numbers for each in asked.list(tollfree_phone_number_sid=number.sid, limit=1)]
        return str(found[0].status) if found else None

    def may_call(self, country: str) -> bool:
        with our_errors():
            found = self._at("voice").v1.dialing_permissions.countries(country).fetch()
        return bool(found.low_risk_numbers_enabled)

    def may_text(self, country: str) -> bool:
        with our_errors():
            found = self._at("accounts").v1.messaging_geopermissions.fetch(country_code=country)
        return any(each["country_code"] == country and each["enabled"] for each in found.permissions or ())

    def _balance(self, ours: Any) -> tuple[Decimal | None, str]:
        try:
            with our_errors():
                found = ours.balance.fetch()
            return Decimal(found.balance), str(found.currency)
        except TransportError as error:
            if not is_not_found(error):
                raise
        except (InvalidOperation, TypeError):
            pass
        return None, ""

    def _services(self) -> list[Any]:
        """Those that our number is in; where we send by one, that one alone."""
        services, named = self._at("messaging").v1.services, self._account.messaging_service_sid
        every = [services(sid) for sid in ([named] if named else [each.sid for each in services.list(limit=_MOST)])]
        return [each for each in every if self._has_our_number(each)]

    def _has_our_number(self, service: Any) -> bool:
        return any(each.phone_number == self._account.sender for each in service.phone_numbers.list(limit=_MOST))

    def _at(self, domain: str) -> Any:
        """One of Twilio's domains, or the stand-in that takes the place of all."""
        found = getattr(self._client, domain)
        if self._account.api_base:
            found.base_url = self._account.api_base
        return found
