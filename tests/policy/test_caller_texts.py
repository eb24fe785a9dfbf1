"""What callers read, in both languages: one segment a case, nothing that a phone cannot show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from triage.policy.caller_texts import (
    Question,
    Standing,
    passed_on,
    question_in,
    receipt,
    status,
    taken,
    why_never,
    why_not_now,
)
from triage.policy.gsm7 import is_gsm7, segments
from triage.policy.lifecycle import CaseState
from triage.policy.terms import Terms

FRIDAY_NIGHT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)  # 9:30 PM EST
SOON, MONDAY, FAR = (FRIDAY_NIGHT + timedelta(hours=hours) for hours in (2, 60.5, 400))


def standing(state: CaseState = CaseState.OPEN, **facts: Any) -> Standing:
    given: dict[str, Any] = {
        "is_hang_up": False,
        "due": SOON,
        "technician": None,
        "called_at": None,
        "was_reached": True,
        "closed_at": None,
    }
    return Standing(reference="1042", state=state, **(given | facts))


@pytest.mark.parametrize(
    ("due", "language", "text"),
    [
        (
            SOON,
            "en",
            (
                "Support: we have your message. Your case is 1042. A technician calls you by 11:30 PM EST."
                " Reply STATUS for news, STOP for no texts."
            ),
        ),
        (
            MONDAY,
            "es",
            (
                "Soporte: tenemos su mensaje. Su caso es 1042."
                " Un técnico va a llamarle antes de las 10:00 AM EST del lun."
                " Responda ESTADO (noticias) o STOP (cancelar)."
            ),
        ),
        (
            None,
            "en",
            (
                "Support: we have your message. Your case is 1042. It is kept until we next open."
                " Reply STATUS for news, STOP for no texts."
            ),
        ),
        (
            FRIDAY_NIGHT,
            "es",
            (
                "Soporte: tenemos su mensaje. Su caso es 1042. Un técnico va a llamarle lo antes posible."
                " Responda ESTADO (noticias) o STOP (cancelar)."
            ),
        ),
    ],
)
def test_receipt_says_the_reference_and_what_is_promised(
    due: datetime | None, language: str, text: str, terms: Terms
) -> None:
    assert receipt("1042", due=due, may_ask=True, language=language, now=FRIDAY_NIGHT, terms=terms) == text


def test_receipt_offers_status_only_where_it_is_answered(terms: Terms) -> None:
    text = receipt("1042", due=SOON, may_ask=False, language="en", now=FRIDAY_NIGHT, terms=terms)

    assert text.endswith("by 11:30 PM EST. Reply STOP for no texts.")


def test_a_language_that_nobody_wrote_is_english(terms: Terms) -> None:
    assert receipt("1042", due=SOON, may_ask=True, language="xx", now=SOON, terms=terms).startswith("Support:")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("due", [SOON, MONDAY, FAR, FRIDAY_NIGHT - timedelta(hours=1), None])
def test_every_text_fits_one_segment(language: str, due: datetime | None, terms: Terms) -> None:
    reference, now = "10423", FRIDAY_NIGHT
    texts = [
        receipt(reference, due=due, flags=flags, may_ask=True, language=language, now=now, terms=terms)
        for flags in ([], ["no_recording"], ["little_said"])
    ]
    if due:
        texts.append(taken(reference, "Wilhelmina-Constance", due=due, language=language, now=now, terms=terms))

    assert [text for text in texts if not is_gsm7(text) or segments(text) > 1] == []


@pytest.mark.parametrize(
    ("case", "english", "spanish"),
    [
        (
            standing(),
            "Case 1042 waits for a technician, who calls you by 11:30 PM EST.",
            "El caso 1042 espera a un técnico, que va a llamarle antes de las 11:30 PM EST.",
        ),
        (
            standing(due=FRIDAY_NIGHT),
            "Case 1042 waits for a technician. The call was due by 9:30 PM EST and is late.",
            "Caso 1042: espera a un técnico. Debimos llamarle antes de las 9:30 PM EST.",
        ),
        (
            standing(CaseState.ACKNOWLEDGED, technician="Lee"),
            "Case 1042: Lee has it and calls you by 11:30 PM EST.",
            "Caso 1042: lo atiende Lee, que va a llamarle antes de las 11:30 PM EST.",
        ),
        (
            standing(CaseState.ACKNOWLEDGED, technician="Lee", due=FRIDAY_NIGHT),
            "Case 1042: Lee has it. The call was due by 9:30 PM EST and is late.",
            "Caso 1042: lo atiende Lee. Debimos llamarle antes de las 9:30 PM EST.",
        ),
        (
            standing(CaseState.OPEN, technician="Lee"),  # had it, and did not call in time
            "Case 1042 waits for a technician, who calls you by 11:30 PM EST.",
            "El caso 1042 espera a un técnico, que va a llamarle antes de las 11:30 PM EST.",
        ),
        (
            standing(CaseState.DEFERRED, due=MONDAY),
            "Case 1042 waits for our support hours. We call you by Mon 10:00 AM EST.",
            "El caso 1042 espera nuestro horario de soporte. Vamos a llamarle antes de las 10:00 AM EST del lun.",
        ),
        (
            standing(CaseState.REVIEW, due=None),
            "Case 1042 is kept for our office to look at. No call is promised.",
            "El caso 1042 queda para nuestra oficina. No se promete una llamada.",
        ),
        (
            standing(CaseState.REVIEW, due=None, is_hang_up=True),
            "Case 1042: we heard no message. Please call again.",
            "Caso 1042: no recibimos su mensaje. Llame otra vez, por favor.",
        ),
        (
            standing(CaseState.CALLED_BACK, technician="Lee", called_at=SOON),
            "Case 1042: Lee called you back, 11:30 PM EST.",
            "Caso 1042: llamada de Lee hecha a las 11:30 PM EST.",
        ),
        (
            standing(CaseState.CALLED_BACK, technician="Lee", called_at=SOON, was_reached=False),
            "Case 1042: we called and did not reach you, 11:30 PM EST. Please call again.",
            "Caso 1042: le llamamos a las 11:30 PM EST sin encontrarle. Llame otra vez, por favor.",
        ),
        (
            standing(CaseState.CLOSED, called_at=SOON, closed_at=FRIDAY_NIGHT - timedelta(days=10)),
            "Case 1042 was closed, Nov 10, 9:30 PM EST.",
            "El caso 1042 fue cerrado a las 9:30 PM EST del 10 nov.",
        ),
    ],
)
def test_status_says_who_has_it_and_by_when(case: Standing, english: str, spanish: str, terms: Terms) -> None:
    assert status([case], language="en", now=FRIDAY_NIGHT, terms=terms) == english
    assert status([case], language="es", now=FRIDAY_NIGHT, terms=terms) == spanish


@pytest.mark.parametrize("language", ["en", "es"])
def test_status_of_many_cases_is_two_segments_at_the_most(language: str, terms: Terms) -> None:
    text = status([standing(due=FRIDAY_NIGHT - timedelta(days=30))] * 12, language=language, now=SOON, terms=terms)

    assert text.count("\n") == 3
    assert text.splitlines()[-1] == {"en": "and 9 more", "es": "y otros 9"}[language]
    assert segments(text) <= 2
    assert is_gsm7(text)


@pytest.mark.parametrize(
    ("body", "question"),
    [
        ("STATUS", Question(None, None)),
        ("  status? ", Question(None, None)),
        ("Estado", Question(None, "es")),
        ("¿Estado?", Question(None, "es")),
        ("status 1042", Question("1042", None)),
        ("Status: #1042.", Question("1042", None)),
        ("STATUS 1009 please", Question("1009", None)),
        ("Hi, what's the status of case #1042?", Question("1042", None)),
        ("1042 status", Question("1042", None)),
        ("¿cuál es el estado de mi caso 1042, por favor?", Question("1042", "es")),
        ("what is the status", Question(None, None)),
        ("status 12", Question(None, None)),
        ("status of the lobby phones: all 2400 dead", Question(None, None, is_all=False)),
        ("status 1042? door code is 77123", Question("1042", None, is_all=False)),
        ("my number is 6145550199, status", Question(None, None)),
        ("any news?", None),
        ("STATUSES", None),
        ("", None),
    ],
)
def test_the_word_is_a_question_whatever_stands_around_it(body: str, question: Question | None) -> None:
    assert question_in(body) == question


@pytest.mark.parametrize(
    ("name", "is_later", "english", "spanish"),
    [
        ("Lee", False, "1042: passed on to Lee.", "1042: pasamos su mensaje a Lee."),
        (None, False, "1042: we passed it on.", "1042: pasamos su mensaje al equipo."),
        (None, True, "1042: we pass it on when we open.", "1042: pasamos su mensaje al abrir."),
    ],
)
def test_other_words_are_answered_by_who_reads_them(
    name: str | None, is_later: bool, english: str, spanish: str
) -> None:
    assert passed_on("1042", name, language="en", waits_for_opening=is_later) == english
    assert passed_on("1042", name, language="es", waits_for_opening=is_later) == spanish


@pytest.mark.parametrize(
    ("number", "on_roster", "opted_out", "why"),
    [
        ("+16145550199", False, False, None),
        ("+16145550199", True, False, "the number of somebody on the roster"),
        ("+16145550199", False, True, "texts do not reach this number, or it opted out"),
        ("+442071838750", False, False, "not a number that we text: country"),
        ("+19005550123", False, False, "not a number that we text: never"),
        (None, False, False, "not a number that we text: no number"),
    ],
)
def test_who_is_never_texted(
    number: str | None, on_roster: bool, opted_out: bool, why: str | None, terms: Terms
) -> None:
    assert why_never(number, is_on_roster=on_roster, is_opted_out=opted_out, terms=terms) == why


def test_a_caller_gets_so_many_texts_and_none_once_somebody_has_called(terms: Terms) -> None:
    assert why_not_now(sent=3, is_called_back=False, terms=terms) is None
    assert why_not_now(sent=4, is_called_back=False, terms=terms) == "the caller got enough texts"
    assert why_not_now(sent=0, is_called_back=True, terms=terms) == "somebody has called by now"
