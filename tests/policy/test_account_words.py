"""What is told of a dealer's account: in a line of an alert, on the page, to the caller, and once a case is closed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.test_wording import CARDS, NOW, counted_slowly
from triage.policy.account_words import DealerAccount, Drawn, callback, expected, greeting, left, texted
from triage.policy.closing_words import billed
from triage.policy.gsm7 import is_gsm7
from triage.policy.session_price import Work
from triage.policy.terms import Terms
from triage.policy.wording import Card, again, alert

STANDARD = callback("evening", "standard", "ucp", is_billable=True)
SERVER = callback("support_hours", "standard", "server", is_billable=True)
NIGHT = callback("overnight", "after_hours", "ucp", is_billable=True)
NEVER = callback("evening", "standard", "discontinued", is_billable=False)


def account(**known: Any) -> DealerAccount:
    return DealerAccount(**{"dealer": "Acme", "technician": "Kim Reyes", **known})


ACCOUNTS = st.builds(
    DealerAccount,
    dealer=st.text(min_size=1, max_size=120) | st.sampled_from(["{" * 120, "Zürich Telefonía, S.A."]),
    technician=st.none() | st.text(max_size=80),
    prepaid_minutes=st.integers(0, 100_000),
    credit_minutes=st.integers(0, 100_000),
    over_minutes=st.integers(0, 10_000),
    must_prepay=st.booleans(),
)


@pytest.mark.parametrize(
    ("known", "work", "longest", "shortest", "page"),
    [
        (
            {"prepaid_minutes": 60, "credit_minutes": 140},
            STANDARD,
            "Acme (Kim): draws prepaid 1 h, then credits 2 h 20 min.",
            "Acme: 3 h 20 min left.",
            (
                "This session draws prepaid, then credits; what is over the credits is billed at the quarter's end,"
                " $82.50 per 30 min (C6, R6)."
            ),
        ),
        (
            {"credit_minutes": 140, "must_prepay": True},
            STANDARD,
            "Acme (Kim): draws credits 2 h 20 min, then must prepay.",
            "Acme: 2 h 20 min left, then must prepay.",
            "This session draws credits; the rest is billed at once, $165.00/h, 30 min at least (R2).",
        ),
        (
            {"prepaid_minutes": 60, "credit_minutes": 140},
            SERVER,
            "Acme (Kim): draws prepaid 1 h.",
            "Acme: 1 h left.",
            "This session draws prepaid; the rest is billed at once, $165.00/h, 30 min at least (R2).",
        ),
        (
            {"credit_minutes": 140, "must_prepay": True},
            NIGHT,
            "Acme (Kim): must prepay, $247.50/h, 60 min min; 2 h 20 min left unused.",
            "Acme: must prepay.",
            (
                "This session draws nothing, as what is left does not pay for it (C2, C5);"
                " all of it is billed at once, $247.50/h, 60 min at least (R1)."
            ),
        ),
        (
            {"over_minutes": 70},
            STANDARD,
            "Acme (Kim): no credits left, $82.50 per 30 min with the quarter.",
            "Acme: over the credits.",
            "This session draws nothing; it is billed with the quarter, $82.50 per 30 min (C6, R6).",
        ),
        ({"credit_minutes": 140}, NEVER, "Acme (Kim).", "Acme.", "This session is not billed."),
    ],
)
def test_what_pays_is_told_at_length_in_short_and_on_the_page(
    known: dict[str, Any], work: Work, longest: str, shortest: str, page: str, terms: Terms
) -> None:
    lines = texted(account(**known), work, terms)

    assert (lines[0], lines[-1]) == (longest, shortest)
    assert expected(account(**known), work, terms) == page


def test_what_is_left_is_told_with_what_is_over() -> None:
    assert left(account(prepaid_minutes=60, credit_minutes=45)) == "Left now: 1 h of prepaid and 45 min of credits."
    assert left(account(over_minutes=70)) == "Left now: nothing. Over its credits this quarter: 1 h 10 min."


@given(card=CARDS, known=ACCOUNTS, work=st.sampled_from([STANDARD, SERVER, NIGHT, NEVER]))
def test_any_alert_with_any_dealer_is_gsm7_and_two_segments_at_the_most(
    card: Card, known: DealerAccount, work: Work, terms: Terms
) -> None:
    text = again(alert(replace(card, account=texted(known, work, terms)), "ladder", NOW, terms))

    assert is_gsm7(text)
    assert counted_slowly(text) <= 2
    assert text.count("\n") == 2


@given(known=ACCOUNTS)
def test_any_greeting_is_one_line_that_can_be_spoken(known: DealerAccount, terms: Terms) -> None:
    for window in ("evening", "overnight"):
        for language in ("en", "es"):
            said = greeting(known, window, language, terms)
            assert said.isprintable()
            assert len(said) < 200


def test_what_nothing_paid_for_is_priced_behind_what_something_did() -> None:
    drawn = Drawn(dealer="Acme", prepaid_minutes=10, credit_minutes=0, over_minutes=0, left_minutes=0)

    assert billed("1042", 40, Decimal("82.50"), "standard", drawn) == (
        "1042 is closed: 40 min, 10 min from Acme's prepaid hours, the rest: standard rate, $82.50."
    )
