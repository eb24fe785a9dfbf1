"""Every row of the tables that turn Twilio's words and numbers into ours, with the words written down here."""

from __future__ import annotations

from typing import get_args

import pytest

from triage.policy.delivery import Carrier
from triage.policy.delivery import DeliveryState as State
from triage.policy.twilio_words import (
    ALERT_CALL_STATUS,
    ASKED_CALL_STATUS,
    ERROR_CODES,
    MESSAGE_STATUS,
    SILENT_RECORDING,
    STATUS,
    UNANSWERED,
    UNEXPLAINED,
    meaning,
    telephone_number,
)

MESSAGES = [
    ("accepted", State.ACCEPTED),
    ("scheduled", State.ACCEPTED),
    ("queued", State.ACCEPTED),
    ("sending", State.ACCEPTED),
    ("sent", State.SENT),
    ("delivered", State.DELIVERED),
    ("read", State.DELIVERED),
    ("partially_delivered", State.DELIVERED),
    ("undelivered", State.FAILED),
    ("failed", State.FAILED),
    ("canceled", State.FAILED),
]
CALLS = [
    ("queued", State.ACCEPTED),
    ("initiated", State.ACCEPTED),
    ("ringing", State.SENT),
    ("in-progress", State.SENT),
    ("completed", State.FAILED),
    ("busy", State.FAILED),
    ("no-answer", State.FAILED),
    ("failed", State.FAILED),
    ("canceled", State.FAILED),
]
CODES = [  # code, words, permanent, blocks texts
    (20003, "Twilio refused our credentials", True, False),
    (20005, "the account is not active", True, False),
    (20429, "too many requests at once", False, False),
    (21211, "not a valid number", True, False),
    (21408, "SMS to that region is not enabled", True, False),
    (21602, "the text is empty", True, False),
    (21606, "our number cannot send SMS", True, False),
    (21610, "the phone opted out with STOP", True, True),
    (21611, "our number's queue is full", False, False),
    (21614, "not a mobile number", True, True),
    (21617, "the text is too long", True, False),
    (30001, "the queue overflowed", False, False),
    (30002, "the account is suspended", True, False),
    (30003, "the phone is off or has no signal", False, False),
    (30004, "the phone blocks us", True, False),
    (30005, "the number does not exist", True, False),
    (30006, "a landline, or the carrier cannot be reached", True, True),
    (30007, "filtered as spam", True, False),
    (30008, "lost on the way", False, False),
    (30022, "over the carrier's rate for us", False, False),
    (30023, "the day's limit of the carriers is reached", True, False),
    (30032, "our toll-free number is not verified", True, False),
    (30034, "our number is not registered with the carriers", True, False),
    (30036, "it was too late to deliver it", False, False),
    (63038, "the account's daily limit is reached", True, False),
]


@pytest.mark.parametrize(("word", "state"), MESSAGES)
def test_a_status_of_a_message(word: str, state: State) -> None:
    assert MESSAGE_STATUS[word] is state


@pytest.mark.parametrize(("word", "state"), CALLS)
def test_a_status_of_an_alert_call(word: str, state: State) -> None:
    assert ALERT_CALL_STATUS[word] is state


@pytest.mark.parametrize(("word", "state"), CALLS)
def test_a_status_of_a_call_that_puts_a_technician_through(word: str, state: State) -> None:
    picked_up = word in {"in-progress", "completed"}

    assert ASKED_CALL_STATUS[word] is (State.DELIVERED if picked_up else state)


@pytest.mark.parametrize(("code", "words", "permanent", "blocks"), CODES)
def test_an_error_code(code: int, words: str, permanent: bool, blocks: bool) -> None:
    what = meaning(code)

    assert (what.reason, what.is_permanent, what.blocks_texts) == (words, permanent, blocks)


def test_no_row_is_without_its_test() -> None:
    assert set(MESSAGE_STATUS) == {word for word, _ in MESSAGES}
    assert set(ALERT_CALL_STATUS) == set(ASKED_CALL_STATUS) == {word for word, _ in CALLS}
    assert {word for word, state in CALLS if state is State.FAILED} - {"failed"} == set(UNANSWERED)
    assert set(STATUS) == set(get_args(Carrier))
    assert set(ERROR_CODES) == {row[0] for row in CODES}
    assert {16101, 16102} == SILENT_RECORDING


@pytest.mark.parametrize("code", [None, 0, 1, 99999])
def test_a_code_that_the_table_lacks_may_pass(code: int | None) -> None:
    assert meaning(code) is UNEXPLAINED
    assert not UNEXPLAINED.is_permanent


@pytest.mark.parametrize("word", ["received", "receiving", "teleported", ""])
def test_what_is_no_status_of_ours_is_in_no_table(word: str) -> None:
    assert word not in MESSAGE_STATUS
    assert word not in ALERT_CALL_STATUS


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "anonymous",
        "Restricted",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "+7748283",
        "16145550199",
        "+1 614 555 0199",
        "+0145550199",
        "+1614555019912345",
        "+١٦١٤٥٥٥٠١٩٩",
        "sip:someone@example.com",
        "client:web",
        "+16145550199\n",
    ],
)
def test_what_is_no_telephone_number(written: str | None) -> None:
    assert telephone_number(written) is None


@pytest.mark.parametrize("written", ["+16145550199", "+4930123456", "+2901234", "+861012345678"])
def test_what_is_a_telephone_number(written: str) -> None:
    assert telephone_number(written) == written
