"""What has to hold at the phone system beside our number's settings: the account itself, what carriers want to know of
a number that texts, and to which countries we may text and call. Pure rules: facts in, faults with their mends out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import phonenumbers

from triage.policy.limits import BALANCE_LOW

Fault = tuple[str, str]
"""What is wrong, and how to mend it; nothing to mend where it is only told."""

_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
_APPROVED, _VERIFIED = "TWILIO_APPROVED", "VERIFIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """`status` and `kind` in Twilio's words; `balance` is None of a subaccount, which has none."""

    status: str
    kind: str
    balance: Decimal | None
    currency: str

    @property
    def is_trial(self) -> bool:
        return self.kind == "Trial"


def is_toll_free(number: str) -> bool:
    return number.startswith("+1") and number[2:5] in _TOLL_FREE


def countries_of(phones: Collection[str]) -> list[str]:
    """The regions of telephone numbers, such as US; what is no number of any is left out."""
    found = set()
    for phone in phones:
        try:
            region = phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))
        except phonenumbers.NumberParseException:
            continue
        found |= {region} if region else set()
    return sorted(found)


def of_account(account: AccountStanding) -> Iterator[Fault]:
    if account.status != "active":
        yield f"the account is {account.status}: no text and no call goes out, and nobody is answered", _CONSOLE
    if account.balance is not None and account.balance < BALANCE_LOW:
        what = f"{account.balance:.2f} {account.currency} are left on the account: without funds nothing goes out"
        yield what, "add funds in Twilio's console, and turn auto-recharge on"


def of_trial(phones: Sequence[tuple[str, str]], verified: Collection[str]) -> Iterator[Fault]:
    """`phones` are names and numbers. A trial reaches verified numbers alone, and every call begins with its notice."""
    unreached = [name for name, phone in phones if phone not in verified]
    names = f", so not those of {', '.join(unreached)}" if unreached else ""
    told = f"the account is a trial: it reaches only numbers that were verified there{names}"
    yield told, "upgrade it in Twilio's console"


def of_registration(number: str, campaigns: Sequence[str] | None, toll_free: str | None) -> Iterator[Fault]:
    """Carriers in the USA block texts of numbers that nobody registered (30034, 30032).

    `campaigns` are the states of those that our number belongs to, None where it is in no messaging service.
    """
    if is_toll_free(number):
        if toll_free != _APPROVED:
            state = toll_free or "not asked for"
            told = f"the verification of our toll-free number is {state}: carriers block its texts"
            yield told, "ask for it in Twilio's console, under Toll-free verification"
    elif number.startswith("+1") and _VERIFIED not in (campaigns or ()):
        state = "in no messaging service" if campaigns is None else _states(campaigns)
        told = f"our number is {state}: carriers in the USA block texts of no registered campaign (A2P 10DLC)"
        yield told, "register brand and campaign in Twilio's console, and put the number into its messaging service"


def of_service(*, keeps_texts: bool) -> Iterator[Fault]:
    if keeps_texts:
        told = "a messaging service keeps the texts to our number for itself: no ACK and no DONE arrives here"
        yield told, "set it in Twilio's console, under Integration, to Defer to sender's webhook"


def of_permission(country: str, what: str) -> Fault:
    told = f"{what} to {country} are not permitted, and somebody of the roster, or a caller, is there"
    return told, f"permit {country} in Twilio's console, under Geo permissions"


def _states(campaigns: Sequence[str]) -> str:
    if not campaigns:
        return "in a messaging service without a campaign"
    return f"in a campaign that is {' and '.join(campaigns)}"


_CONSOLE = "see Twilio's console: why, and what it asks for"
