"""Where a callback may be dialled to: what the owner allows, and no more of it than the caps (toll fraud).

Numbers come from the phone network or from the caller's keypad, never from what somebody said or wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from triage.policy.terms import Dialing, Terms


class Refusal(StrEnum):
    """Why a number is not dialled."""

    NO_NUMBER = "no_number"  # the caller withheld it and keyed none
    NOT_A_NUMBER = "not_a_number"  # no number of any numbering plan
    COUNTRY = "country"  # of a region that the policy does not name
    KIND = "kind"  # premium rate, shared cost, pager: anything that the policy does not name
    NEVER = "never"  # begins with what the policy forbids, or has a forbidden exchange
    CAP_NUMBER = "cap_number"  # this number was dialled too often
    CAP_NIGHT = "cap_night"  # too many calls in one night


@dataclass(frozen=True, slots=True)
class Dialled:
    """How often callbacks went out within the policy's spans: to this number, and to anybody."""

    to_number: int
    to_anybody: int


def refusal_of(number: str | None, terms: Terms) -> Refusal | None:
    """Why a number in E.164 is never dialled under these terms; None where it may be."""
    if number is None:
        return Refusal.NO_NUMBER
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return Refusal.NOT_A_NUMBER
    rule = terms.dialing
    if _is_forbidden(number, parsed, rule):
        return Refusal.NEVER
    if not phonenumbers.is_valid_number(parsed):
        return Refusal.NOT_A_NUMBER
    if phonenumbers.region_code_for_number(parsed) not in rule.countries:
        return Refusal.COUNTRY
    kind = PhoneNumberType.to_string(phonenumbers.number_type(parsed)).lower()
    return None if kind in rule.kinds else Refusal.KIND


def cap_reached(dialled: Dialled, terms: Terms) -> Refusal | None:
    """Which cap forbids one more callback; None where none does."""
    if dialled.to_number >= terms.dialing.per_number:
        return Refusal.CAP_NUMBER
    if dialled.to_anybody >= terms.dialing.per_night:
        return Refusal.CAP_NIGHT
    return None


def _is_forbidden(number: str, parsed: PhoneNumber, rule: Dialing) -> bool:
    national = str(parsed.national_number)
    is_north_american = parsed.country_code == 1
    return number.startswith(rule.never) or (is_north_american and national[3:6] in rule.never_exchanges)
