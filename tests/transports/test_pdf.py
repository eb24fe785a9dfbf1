"""Papers in type: nobody's words are markup, and nothing is too long for a page."""

from __future__ import annotations

import re

import pytest

from triage.policy.paper import Facts, Heading, Paper, Part, Table, Words
from triage.transports import pdf
from triage.transports.pdf import Pdf

HOSTILE = (
    '<b>bold</b> <img src="file:///etc/passwd"/> & &amp; </para> \x00\x1b[2J\u202eright to left\u202c שלום 中文 e\u0301'
)


def paper(*parts: Part) -> Paper:
    return Paper(title=HOSTILE, verdict=HOSTILE, running=HOSTILE, foot=HOSTILE, parts=parts)


def pages(printed: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", printed))


def test_the_same_paper_gives_the_same_bytes() -> None:
    parts = (Heading("one"), Words("two", is_quoted=True), Facts((("three", "four\nfive"),), title="six"))

    first = Pdf().print(paper(*parts))
    Pdf().print(paper(Words("another, with ñ")))

    assert Pdf().print(paper(*parts)) == first


@pytest.mark.thorough
@pytest.mark.parametrize("words", [HOSTILE, "W" * 1600, "中" * 1600, "a\u0301" * 800, ""])
def test_any_words_are_printed_in_any_place(words: str) -> None:
    row = (words, words, words)

    printed = Pdf().print(
        paper(
            Heading(words),
            Words(words),
            Words(words, is_quoted=True),
            Facts(((words[:40], words),), title=words),
            Table(("a", "b", "c"), (0.3, 0.4, 0.3), (row, row)),
        )
    )

    assert printed.startswith(b"%PDF-")


def test_a_long_table_goes_on_on_the_next_page() -> None:
    rows = tuple((str(number), "what", "who") for number in range(100))

    assert pages(Pdf().print(paper(Table(("a", "b", "c"), (0.3, 0.4, 0.3), rows)))) == 3


def test_what_the_typeface_lacks_is_marked_and_what_it_has_in_two_parts_is_put_together() -> None:
    Pdf().print(paper())

    assert pdf._shown("señor e\u0301 中\u202e") == "señor é ◊◊"
