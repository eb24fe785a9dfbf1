"""Charts drawn with ReportLab, for a PDF."""

from __future__ import annotations

from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib.colors import HexColor

from triage.policy.chart import Chart

_INK, _RULE, _MARK = HexColor("#1a1a1a"), HexColor("#c8c8c8"), HexColor("#0f5e66")
_FONT_SIZE = 8


def drawing(chart: Chart, width: float, height: float, font: str) -> Drawing:
    """The chart in points. `font` is one that ReportLab knows."""
    body = HorizontalLineChart() if chart.is_share else VerticalBarChart()
    body.x, body.y, body.width, body.height = 34, 22, width - 40, height - 40
    body.data = [list(chart.values)]
    _set_names(body.categoryAxis, chart.names(), font)
    _set_scale(body.valueAxis, chart, font)
    shows_values = any(chart.shown_values())
    if chart.is_share:
        line = body.lines[0]
        line.strokeColor, line.strokeWidth = _MARK, 1.5
        line.symbol = makeMarker("FilledCircle", size=4, fillColor=_MARK, strokeColor=_MARK)
        body.lineLabelFormat = _share if shows_values else None
        labels = body.lineLabels
    else:
        body.bars[0].fillColor, body.bars[0].strokeColor = _MARK, None
        body.groupSpacing, body.barSpacing = 4, 0
        body.barLabelFormat = _count if shows_values else None
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
    axis.valueMin = chart.least()
    if chart.is_share:
        axis.valueMax = chart.most()
        axis.labelTextFormat = chart.said
    else:
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


def _count(value: float) -> str:
    return f"{value:,.0f}" if value else ""


def _whole_count(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else ""
