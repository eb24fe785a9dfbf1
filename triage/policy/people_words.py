"""What people of the roster are texted, or told by call, about their own number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from triage.policy.delivery_words import outcome_in_words
from triage.policy.event_words import ALERT_WORDS
from triage.policy.fields import Channel
from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.people import ending
from triage.policy.roster import Person
from triage.policy.speech import digits
from triage.policy.terms import Terms
from triage.policy.twilio_words import UNANSWERED
from triage.policy.wording import wall_clock

TEST = "TEST"
"""How a test alert by text begins."""
SPOKEN_TEST = "This is a test"
CODE_TAKEN_OUT = "(a code, taken out)"
"""What is kept of the words of a code that counts no more."""


def code(digits_of_code: str, by: Channel, until: datetime, now: datetime, terms: Terms) -> str:
    """The code that proves a number. Nobody who did not ask for it has to do anything."""
    if by == "voice":
        said = f"{digits(digits_of_code[:3])}, {digits(digits_of_code[3:])}"
        return f"After hours support. Somebody asked for on-call alerts to come to this phone. The code is {said}."
    return (
        f"{digits_of_code} is the code for on-call alerts of after-hours support to come to this phone."
        f" It counts until {wall_clock(until, now, terms)}. Not asked for? Ignore it."
    )


def moved(person: Person, number: str, call: Person | None, by: Channel) -> str:
    """What the old number is told once another one counts."""
    return _unless_you(
        f"On-call alerts for {_name(person)} go to the number that ends in {ending(number)} now", call, by
    )


def channels_changed(person: Person, call: Person | None, by: Channel) -> str:
    ways = " and ".join(WAYS[channel] for channel in person.channels)
    return _unless_you(f"On-call alerts for {_name(person)} come by {ways} from now on", call, by)


def removed(person: Person, call: Person | None, by: Channel) -> str:
    return _unless_you(f"{_name(person)} is off the on-call roster: no more alerts come to this phone", call, by)


def test_alert(by: Channel, asked_by: str) -> str:
    """A test alert. Nobody has to do anything about it."""
    who = one_line(asked_by, 40)
    if by == "voice":
        return to_gsm7(f"{SPOKEN_TEST} call of after hours support, asked for by {who}. Nothing for you to do.")
    return to_gsm7(f"{TEST} of on-call alerts, asked for by {who}. Nothing for you to do. Alerts reach this phone.")


WAYS: dict[str, str] = {"sms": "text", "voice": "call", "bridge": "call"}


def what_was_sent(row: Mapping[str, Any], reason: str | None, reference: str | None) -> str:
    """What a text or call was about, without its words. `reason` is its alert's."""
    about = f" {reference}" if reference else ""
    if row["channel"] == "bridge":
        return f"to put them through, case{about}"
    if reason is not None:
        return f"alert of case{about}: {ALERT_WORDS.get(reason, reason)}"
    if reference is None and str(row["body"]).startswith((TEST, SPOKEN_TEST)):
        return "test"
    return f"notice about case{about}" if reference else "notice"


def what_became_of(row: Mapping[str, Any], *, is_alert: bool) -> str:
    """A call that asks for nothing has done all it can once somebody, or something, picked up."""
    if row["channel"] == "voice" and not is_alert and row["reason"] == UNANSWERED["completed"]:
        return "picked up"
    return outcome_in_words(row)


def _unless_you(sentence: str, call: Person | None, by: Channel) -> str:
    if call is None:
        return to_gsm7(f"{sentence}. Was that not you? Tell whoever runs after-hours support.")
    number = digits(call.phone) if by == "voice" else call.phone
    return to_gsm7(f"{sentence}. Was that not you? Call {_name(call)}, {number}.")


def _name(person: Person) -> str:
    return one_line(person.name, 40)
