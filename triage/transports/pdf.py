"""A paper in type, as PDF.

Its typeface lies in the file, so that it looks the same everywhere. The same paper gives the same bytes.
"""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from itertools import zip_longest
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from triage.policy.case_story import LACKING
from triage.policy.chart import Chart
from triage.policy.paper import Facts, Heading, Paper, Part, Table, Words
from triage.transports.charts import drawing

_REGULAR, _BOLD = "Vera", "VeraBd"
_MARGIN = 0.75 * inch
_WIDTH = LETTER[0] - 2 * _MARGIN
_INK, _GREY, _RULE, _SHADE = (HexColor(code) for code in ("#1a1a1a", "#595959", "#c8c8c8", "#efefef"))
_LEAST_OF_A_ROW = 24
"""Points; a row is taken apart only where it is longer than what is left of its page, and is the first there."""
_FRAME = 6
"""Points that ReportLab leaves free inside its margins."""
_NAMES_TAKE = 0.2
_CHART = 1.7 * inch
_ROOM_FOR_A_START = 1.2 * inch
"""So much of a page has to be left for a heading and the first lines beneath it."""
_ROOM_FOR_FACTS = 2.8 * inch
"""The same, where facts with a title follow, which stay together."""

_BODY = ParagraphStyle("body", fontName=_REGULAR, fontSize=8.5, leading=12, textColor=_INK, splitLongWords=1)
_QUOTE = ParagraphStyle("quote", _BODY, leftIndent=12, rightIndent=12, spaceBefore=4, spaceAfter=6)
_CELL = ParagraphStyle("cell", _BODY, fontSize=7.5, leading=10)
_NAME = ParagraphStyle("name", _CELL, textColor=_GREY)
_HEAD = ParagraphStyle("head", _CELL, fontName=_BOLD)
_TITLE = ParagraphStyle("title", _BODY, fontName=_BOLD, fontSize=19, leading=24)
_VERDICT = ParagraphStyle("verdict", _BODY, fontName=_BOLD, fontSize=10.5, leading=15, spaceAfter=4)
_HEADING = ParagraphStyle("heading", _BODY, fontName=_BOLD, fontSize=11.5, leading=15, spaceBefore=14, spaceAfter=5)
_SUBHEADING = ParagraphStyle("subheading", _BODY, fontName=_BOLD, spaceBefore=7, spaceAfter=2)


class Pdf:
    """Sets papers in type."""

    def print(self, paper: Paper) -> bytes:
        """A paper as the bytes of a PDF, on US letter pages."""
        for name in (_REGULAR, _BOLD):
            registerFont(TTFont(name, f"{name}.ttf"))
        out = io.BytesIO()
        pages = SimpleDocTemplate(
            out,
            pagesize=LETTER,
            leftMargin=_MARGIN - _FRAME,
            rightMargin=_MARGIN - _FRAME,
            topMargin=_MARGIN + 12,
            bottomMargin=_MARGIN + 6,
            title=_shown(paper.title),
            author="afterhours",
            subject=_shown(paper.verdict),
            lang="en-US",
            invariant=1,
        )
        content: list[Flowable] = [_words(paper.title, _TITLE), _words(paper.verdict, _VERDICT)]
        for part, following in zip_longest(paper.parts, paper.parts[1:]):
            content += _set(part, following)
        pages.build(content, canvasmaker=lambda *args, **kwargs: _Numbered(paper, *args, **kwargs))
        return out.getvalue()


class _Numbered(Canvas):  # type: ignore[misc] # ReportLab ships no types
    """Pages that know how many they are: each is held back until the last one is there."""

    def __init__(self, paper: Paper, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._paper = paper
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - ReportLab's name
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._held, start=1):
            self.__dict__.update(page)
            self._furnish(number, len(self._held))
            super().showPage()
        super().save()

    def _furnish(self, number: int, count: int) -> None:
        top, bottom, right = LETTER[1] - _MARGIN, _MARGIN - 8, LETTER[0] - _MARGIN
        self.setFont(_REGULAR, 7.5)
        self.setFillColor(_GREY)
        self.setStrokeColor(_RULE)
        self.drawString(_MARGIN, top, _shown(self._paper.running))
        self.drawRightString(right, top, f"page {number} of {count}")
        self.drawString(_MARGIN, bottom, _shown(self._paper.foot))
        self.setLineWidth(0.5)
        self.line(_MARGIN, top - 5, right, top - 5)
        self.line(_MARGIN, bottom + 11, right, bottom + 11)


def _set(part: Part, following: Part | None) -> list[Flowable]:
    match part:
        case Heading(text):
            is_kept_whole = isinstance(following, Facts) and following.title
            room = _ROOM_FOR_FACTS if is_kept_whole else _ROOM_FOR_A_START
            return [CondPageBreak(room), _words(text, _HEADING)]
        case Words(text, is_quoted):
            return [_words(f"\u201c{text}\u201d", _QUOTE)] if is_quoted else [Spacer(0, 3), _words(text, _BODY)]
        case Facts(rows, title):
            return [KeepTogether([_words(title, _SUBHEADING), _facts(rows)])] if title else [_facts(rows)]
        case Table(heads, shares, rows):
            return [Spacer(0, 5), _table(heads, shares, rows)]
        case Chart():
            return [KeepTogether([_words(part.title, _SUBHEADING), drawing(part, _WIDTH - _FRAME, _CHART, _REGULAR)])]


def _facts(rows: tuple[tuple[str, str], ...]) -> Flowable:
    return Grid(
        [[_words(name, _NAME), _cell(value)] for name, value in rows],
        colWidths=[_WIDTH * _NAMES_TAKE, _WIDTH * (1 - _NAMES_TAKE)],
        splitInRow=_LEAST_OF_A_ROW,
        style=[*_PADDING, ("LINEBELOW", (0, 0), (-1, -1), 0.25, _RULE)],
    )


def _table(heads: tuple[str, ...], shares: tuple[float, ...], rows: tuple[tuple[str, ...], ...]) -> Flowable:
    return Grid(
        [[_words(head, _HEAD) for head in heads], *([_cell(cell) for cell in row] for row in rows)],
        colWidths=[_WIDTH * share for share in shares],
        repeatRows=1,
        splitInRow=_LEAST_OF_A_ROW,
        style=[
            *_PADDING,
            ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, _RULE),
        ],
    )


_PADDING = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]


def _words(text: str, style: ParagraphStyle) -> Flowable:
    return Paragraph(escape(_shown(text)), style)


def _cell(text: str) -> Flowable:
    first, *asides = (escape(_shown(line)) for line in text.split("\n"))
    small = "".join(f'<br/><font size="6.5" color="#595959">{aside}</font>' for aside in asides)
    return Paragraph(first + small, _CELL)


def _shown(text: str) -> str:
    """The text with what the typeface lacks marked as such."""
    return "".join(char if ord(char) in _glyphs() else LACKING for char in unicodedata.normalize("NFC", text))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(getFont(_REGULAR).face.charToGlyph) & frozenset(getFont(_BOLD).face.charToGlyph)
