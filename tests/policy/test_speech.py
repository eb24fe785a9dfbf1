"""What is said to the ear: times, money, spans and numbers, in English and Spanish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest

from triage.policy.fields import WindowName
from triage.policy.phone import Language
from triage.policy.speech import clock, digits, money, of_window, sentences, span_in_words
from triage.policy.terms import Terms

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)  # Friday 9:30 PM in New York


@pytest.mark.parametrize(
    ("span", "english", "spanish"),
    [
        (7200, "2 hours", "2 horas"),
        (3600, "1 hour", "una hora"),
        (5400, "90 minutes", "90 minutos"),
        (60, "1 minute", "un minuto"),
        (90, "90 seconds", "90 segundos"),
        (1, "1 second", "un segundo"),
        (0, "0 seconds", "0 segundos"),
    ],
)
def test_span_is_said_in_its_largest_whole_unit(span: int, english: str, spanish: str) -> None:
    assert (span_in_words(timedelta(seconds=span)), span_in_words(timedelta(seconds=span), "es")) == (english, spanish)


@pytest.mark.parametrize(
    ("amount", "english", "spanish"),
    [
        ("247.50", "247 dollars and 50 cents", "247 dólares con 50 centavos"),
        ("165.00", "165 dollars", "165 dólares"),
        ("0.05", "0 dollars and 5 cents", "0 dólares con 5 centavos"),
    ],
)
def test_money_is_said_in_dollars_and_cents(amount: str, english: str, spanish: str) -> None:
    assert (money(Decimal(amount), "en"), money(Decimal(amount), "es")) == (english, spanish)


@pytest.mark.parametrize(
    ("at", "english", "spanish"),
    [
        ("2026-11-20T23:30", "11 30 PM", "a las 11 y media de la noche"),
        ("2026-11-20T22:05", "10 oh 5 PM", "a las 10 y 5 de la noche"),
        ("2026-11-21T01:15", "1 15 AM", "a la una y cuarto de la madrugada"),
        ("2026-11-21T00:00", "12 AM", "a las 12 de la madrugada"),
        ("2026-11-21T12:00", "12 PM on Saturday", "el sábado a las 12 del mediodía"),
        ("2026-11-21T13:40", "1 40 PM on Saturday", "el sábado a la una y 40 de la tarde"),
        ("2026-11-23T10:00", "10 AM on Monday", "el lunes a las 10 de la mañana"),
        ("2026-11-30T10:00", "10 AM on Monday, November 30", "el lunes 30 de noviembre a las 10 de la mañana"),
    ],
)
def test_time_is_said_as_on_the_contracts_wall(at: str, english: str, spanish: str, terms: Terms) -> None:
    instant = datetime.fromisoformat(f"{at}-05:00")

    assert clock(instant, NOW, "en", terms) == english
    assert clock(instant, NOW, "es", terms) == spanish


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("1001", "1 0 0 1"),
        ("+16145550199", "6 1 4, 5 5 5, 0 1 9 9"),
        ("+442079460123", "4 4 2 0 7 9 4 6 0 1 2 3"),
    ],
)
def test_numbers_are_said_digit_by_digit(written: str, spoken: str) -> None:
    assert digits(written) == spoken


@pytest.mark.parametrize(
    ("window", "language", "words"),
    [
        ("evening", "en", "evening hours: 2 hours, 165 dollars, 30 minutes, 75"),
        ("overnight", "en", "overnight hours: 2 hours, 247 dollars and 50 cents, 1 hour, 75"),
        ("overnight", "es", "horario nocturno: 2 horas, 247 dólares con 50 centavos, una hora, 75"),
    ],
)
def test_greeting_states_the_terms_of_its_window(
    window: WindowName, language: Language, words: str, terms: Terms
) -> None:
    sentence = "{window}: {within}, {rate}, {minimum}, {percent}"

    assert of_window(sentence, window, language, terms) == words


@pytest.mark.parametrize("language", get_args(Language))
def test_no_shipped_sentence_is_empty(language: Language, terms: Terms) -> None:
    spoken = sentences(language, terms).model_dump()

    assert [name for name, text in spoken.items() if not text] == []
