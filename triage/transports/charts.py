"""Charts drawn with ReportLab: into a PDF, and as SVG that stands in a page.

The SVG has neither styles nor scripts, so that the strictest content policy lets it pass: what it looks like, in light
and dark, is up to the style sheet of its page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib.colors import HexColor

from triage.policy.chart import Chart

_INK, _RULE, _MARK = HexColor("#1a1a1a"), HexColor("#c8c8c8"), HexColor("#0f5e66")
_MOST_LABELS = 24
_MOST_POINTS_WITH_VALUES = 14
_FONT_SIZE = 8


class Svg:
    """Draws charts for a page."""

    def draw(self, chart: Chart) -> str:
        """An `<svg>` element; its words are the chart's title and what `in_words` says."""
        return drawn(chart)


@lru_cache(maxsize=64)
def drawn(chart: Chart) -> str:
    """Kept, since the charts of a page take as long as all of its figures, and a month that is over keeps its own."""
    text: str = renderSVG.drawToString(drawing(chart, 400, 140, "Helvetica"))
    return _for_a_page(text[text.index("<svg") :], chart)


def drawing(chart: Chart, width: float, height: float, font: str) -> Drawing:
    """The chart in points. `font` is one that ReportLab knows."""
    body = HorizontalLineChart() if chart.is_share else VerticalBarChart()
    body.x, body.y, body.width, body.height = 34, 22, width - 40, height - 40
    body.data = [list(chart.values)]
    shown = -(-len(chart.labels) // _MOST_LABELS)
    _set_names(body.categoryAxis, [name if not at % shown else "" for at, name in enumerate(chart.labels)], font)
    _set_scale(body.valueAxis, chart, font)
    if chart.is_share:
        line = body.lines[0]
        line.strokeColor, line.strokeWidth = _MARK, 1.5
        line.symbol = makeMarker("FilledCircle", size=4, fillColor=_MARK, strokeColor=_MARK)
        body.lineLabelFormat = _share if len(chart.values) <= _MOST_POINTS_WITH_VALUES else None
        labels = body.lineLabels
    else:
        body.bars[0].fillColor, body.bars[0].strokeColor = _MARK, None
        body.groupSpacing, body.barSpacing = 4, 0
        longest = max(len(_count(value)) for value in chart.values)
        has_room = len(chart.values) * (longest + 1) * _FONT_SIZE / 2 < width
        body.barLabelFormat = _count if has_room else None
        labels = body.barLabels
        labels.nudge = 6
    labels.fontName, labels.fontSize, labels.fillColor = font, _FONT_SIZE - 1, _INK
    whole = Drawing(width, height)
    whole.add(body)
    return whole


def _set_names(axis: Any, names: list[str], font: str) -> None:
    axis.categoryNames = names
    axis.visibleTicks = 0
    _set_type(axis, font)


def _set_scale(axis: Any, chart: Chart, font: str) -> None:
    """Counts from nothing on; shares from the ten below the least one, where a line from nothing would be flat."""
    if chart.is_share:
        axis.valueMin = max(int(min(chart.values) * 10 - 0.01), 0) / 10
        axis.valueMax = 1.0
        axis.labelTextFormat = _whole_share
    else:
        axis.valueMin = 0
        axis.labelTextFormat = _whole_count
        axis.forceZero = 1
    axis.visibleGrid, axis.gridStrokeColor, axis.gridStrokeWidth = 1, _RULE, 0.5
    axis.visibleAxis = axis.visibleTicks = 0
    axis.maximumTicks = 5
    _set_type(axis, font)


def _set_type(axis: Any, font: str) -> None:
    axis.strokeColor = _RULE
    labels = axis.labels
    labels.fontName, labels.fontSize, labels.fillColor = font, _FONT_SIZE, _INK


def _share(value: float) -> str:
    return f"{value:.1%}"


def _whole_share(value: float) -> str:
    return f"{value:.0%}"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value else ""


def _whole_count(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else ""


def _for_a_page(svg: str, chart: Chart) -> str:
    """The drawing without ids, styles and colours of its own, with words for whoever does not see it."""
    box = re.search(r'viewBox="[^"]+"', svg)
    assert box is not None  # noqa: S101 - ReportLab writes one
    drawn = svg[svg.index('<g id="group"') :].replace(' id="group"', "", 1)
    bare = re.sub(r">\s+<", "><", re.sub(r' style="[^"]*"', "", drawn)).strip()
    words = f"<title>{escape(chart.title)}</title>"
    return f'<svg {box[0]} role="img" aria-label={quoteattr(chart.in_words())}>{words}{bare}'
