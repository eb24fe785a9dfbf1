"""What alert calls say: for the ear, the most important words first, and never for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy import spoken_alert as words
from triage.policy.fields import WindowName
from triage.policy.term_words import FLAG_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.wording import Card

NOW = datetime(2026, 3, 5, 4, 2, tzinfo=UTC)
DUE = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
LETTERS_A_SECOND = 15
MENU = "To take it, press 1. To take it and call back now, 2. To pass it on, 3. To hear the message, 9."


def a_card(**known: Any) -> Card:
    defaults = {"reference": "1042", "window": "overnight", "caller": "+13105551234", "place": None}
    return Card(**{**defaults, "due": DUE, "flags": (), **known})


def test_case_and_menu_are_said_twice(terms: Terms) -> None:
    said = f"Support case 1 0 4 2. 118 minutes left. Overnight, from 3 1 0, 5 5 5, 1 2 3 4. {MENU}"

    assert words.opening(a_card(), "ladder", NOW, terms, is_owner=False) == [said, said]


def test_the_language_of_a_caller_who_chose_spanish_is_said(terms: Terms) -> None:
    said, _ = words.opening(a_card(language="es"), "ladder", NOW, terms, is_owner=False)

    assert f"5 5 5, 1 2 3 4. They speak Spanish. {MENU}" in said


def test_emergency_is_the_first_thing_that_is_heard(terms: Terms) -> None:
    said, _ = words.opening(a_card(flags=("emergency",)), "breach", DUE, terms, is_owner=False)

    assert said.startswith("Support emergency, case 1 0 4 2, overdue. It is due now. Overnight, from 3 1 0, 5 5 5")


@pytest.mark.parametrize(
    ("reason", "left", "stands"),
    [
        ("ladder", 31, "case 1 0 4 2. 31 minutes left."),
        ("ladder", 30, "case 1 0 4 2, at risk. 30 minutes left."),
        ("ladder", -1, "case 1 0 4 2, overdue. 1 minute late."),
        ("at_risk", 1, "case 1 0 4 2, at risk. 1 minute left."),
        ("nobody", 90, "case 1 0 4 2, nobody is on call. 90 minutes left."),
        ("exhausted", 60, "case 1 0 4 2, nobody took it. 60 minutes left."),
        ("resume", 60, "case 1 0 4 2, no callback yet. 60 minutes left."),
        ("emergency", 60, "case 1 0 4 2, which you took. 60 minutes left."),
    ],
)
def test_case_says_how_it_stands_when_it_is_heard(reason: str, left: int, stands: str, terms: Terms) -> None:
    said, _ = words.opening(a_card(), reason, DUE - timedelta(minutes=left), terms, is_owner=False)

    assert f"Support {stands}" in said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((0, "It is due now"), (1, "1 second left"), (59, "59 seconds left"), (60, "1 minute left")),
        *((119, "1 minute left"), (7200, "120 minutes left"), (4 * 3600 - 1, "239 minutes left")),
        *((4 * 3600, "4 hours left"), (-40, "40 seconds late"), (-720, "12 minutes late"), (-86_400, "24 hours late")),
    ],
)
def test_time_left_is_said_in_whole_units(seconds: int, said: str) -> None:
    assert words.time_left(DUE, DUE - timedelta(seconds=seconds)) == said


def test_owner_is_told_that_it_is_theirs(terms: Terms) -> None:
    card = a_card(owner="Dana", is_held=True)

    said, _ = words.opening(card, "breach", DUE + timedelta(minutes=15), terms, is_owner=True)

    assert said.startswith("Support case 1 0 4 2, yours, overdue. 15 minutes late.")
    assert said.endswith("To call back now, press 2. To pass it on, 3. To hear the message, 9.")


def test_call_says_who_had_it_and_since_when_as_the_text_does(terms: Terms) -> None:
    card = a_card(owner="Lee", since=NOW - timedelta(minutes=45))

    others, _ = words.opening(card, "ladder", NOW, terms, is_owner=False)
    owner, _ = words.opening(card, "resume", NOW, terms, is_owner=False, was_theirs=True)

    assert others.startswith("Support case 1 0 4 2. 118 minutes left. Lee had it since 10 17 PM; no callback yet.")
    assert owner.startswith("Support case 1 0 4 2, which you took at 10 17 PM; no callback yet. 118 minutes left.")


@pytest.mark.parametrize(
    ("product", "flags", "said"),
    [
        ("ucp", (), "1 2 3 4. UCP. To take"),
        ("application", ("not_attested",), "1 2 3 4. Application. Not attested. To take"),
        ("server", ("emergency",), "1 2 3 4. Server. To take"),
        ("unknown", ("not_attested",), "1 2 3 4. Not attested. To take"),
    ],
)
def test_call_names_the_product_and_what_was_not_attested(
    product: ProductLine, flags: tuple[str, ...], said: str, terms: Terms
) -> None:
    assert said in words.opening(a_card(product=product, flags=flags), "ladder", NOW, terms, is_owner=False)[0]


def test_whoever_may_take_it_over_is_told_from_whom(terms: Terms) -> None:
    card = a_card(owner="Dana", is_held=True)

    said, _ = words.opening(card, "breach", DUE, terms, is_owner=False)

    assert said.endswith(
        "Dana has it. To take it over, press 1. To take it over and call back now, 2. To hear the message, 9."
    )


@pytest.mark.parametrize(
    ("known", "is_owner", "menu"),
    [
        ({"caller": None}, False, "To take it, press 1. To pass it on, 3. To hear the message, 9."),
        ({"caller": "+18765550102"}, True, "To pass it on, press 3. To hear the message, 9."),
        ({"has_recording": False}, False, "To take it, press 1. To take it and call back now, 2. To pass it on, 3."),
    ],
)
def test_what_cannot_be_done_is_not_offered(known: dict[str, Any], is_owner: bool, menu: str, terms: Terms) -> None:
    assert words.menu(a_card(**known), terms, is_owner=is_owner) == menu


def test_after_taking_it_the_number_is_said_twice_and_then_what_the_call_can_do(terms: Terms) -> None:
    assert words.taken(a_card(flags=("not_attested",)), NOW, terms) == [
        "Case 1 0 4 2 is yours. 118 minutes left. Call 3 1 0, 5 5 5, 1 2 3 4.",
        "Again: 3 1 0, 5 5 5, 1 2 3 4.",
        "The caller did not say that they are on site.",
        "To call back now, press 2. To pass it on, 3. To hear the message, 9.",
    ]


def test_number_that_is_withheld_may_be_in_the_message(terms: Terms) -> None:
    card = a_card(caller=None, due=None)

    assert (
        words.taken(card, NOW, terms)[0] == "Case 1 0 4 2 is yours. Their number is not known. The message may say it."
    )
    said, _ = words.opening(card, "ladder", NOW, terms, is_owner=False)
    assert said.startswith("Support case 1 0 4 2. Overnight, from an unknown number.")


@pytest.mark.parametrize(
    ("following", "whom"),
    [
        ([], "Nobody has it; the next round of alerts comes in its time."),
        (["Dana"], "Now it goes to Dana."),
        (["Dana", "Sam", "Maria"], "Now it goes to Dana, Sam and Maria."),
        (["Ada", "Bo", "Cy", "Di", "Ed"], "Now it goes to Ada, Bo, Cy and Di."),
    ],
)
def test_whoever_passes_hears_whom_it_goes_to(following: list[str], whom: str) -> None:
    assert words.passed(a_card(), following) == [f"You passed on case 1 0 4 2. {whom}", "Goodbye."]


def test_whoever_is_late_hears_who_has_it() -> None:
    assert words.nothing_to_do(a_card(owner="Dana", is_held=True), "acknowledged") == [
        "Dana has case 1 0 4 2. Nothing for you to do.",
        "Goodbye.",
    ]
    assert words.nothing_to_do(a_card(owner="Dana"), "called_back")[0] == (
        "Case 1 0 4 2 is called back. Nothing for you to do."
    )


CARDS = st.builds(
    Card,
    reference=st.integers(1000, 99_999).map(str),
    window=st.sampled_from(get_args(WindowName)),
    caller=st.none() | st.integers(10_000_000, 999_999_999_999_999).map("+{}".format),
    place=st.none() | st.text(max_size=60),
    due=st.none() | st.timedeltas(timedelta(-4), timedelta(4)).map(lambda span: DUE + span),
    flags=st.sets(st.sampled_from(sorted(FLAG_WORDS))).map(lambda flags: tuple(sorted(flags))),
    product=st.sampled_from(get_args(ProductLine)),
    owner=st.none() | st.sampled_from(["Dana", "Bartholomew"]),
    since=st.none() | st.timedeltas(timedelta(-2), timedelta(0)).map(lambda span: NOW + span),
    is_held=st.booleans(),
)


@given(
    card=CARDS,
    reason=st.sampled_from(["ladder", "by_name", "resume", "at_risk", "breach", "nobody", "exhausted"]),
    is_owner=st.booleans(),
)
def test_whatever_is_said_takes_fifteen_seconds_at_most(card: Card, reason: str, is_owner: bool, terms: Terms) -> None:
    said, again = words.opening(card, reason, NOW, terms, is_owner=is_owner)

    assert said == again
    assert len(said) <= 15 * LETTERS_A_SECOND
    assert "_" not in said
    assert said.index("case") < 20
