"""Charts as SVG that stands in a page, drawn with leather: it is there in no time, as a page has to be.

The SVG has neither styles nor scripts, so that the strictest content policy lets it pass: what it looks like, in light
and dark, is up to the style sheet of its page.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import lru_cache
from typing import Any

import leather
from leather import theme
from leather.shapes import Columns, Dots, Line, Shape

from triage.policy.chart import Chart

_WIDTH, _HEIGHT = 400, 140
_KEPT = frozenset({"transform", "text-anchor", "dy"})
_NUMBERS = frozenset({"x", "y", "x1", "y1", "x2", "y2", "width", "height", "cx", "cy", "r"})
_ABOVE = 4
"""How far above its column or point a value stands."""

theme.margin = 0.025  # of the width
theme.tick_size = 3
theme.tick_font_char_width, theme.tick_font_char_height = 4, 8


class Svg:
    """Draws charts for a page."""

    def draw(self, chart: Chart) -> str:
        """An `<svg>` element; its words are the chart's title and what `in_words` says."""
        return _drawn(chart)


@lru_cache(maxsize=64)
def _drawn(chart: Chart) -> str:
    """Kept: a month that is over keeps its charts."""
    root = ET.Element("svg", {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "aria-label": chart.in_words()})
    ET.SubElement(root, "title").text = chart.title
    root.extend(_drawing(chart))
    return ET.tostring(root, encoding="unicode")


def _drawing(chart: Chart) -> list[ET.Element]:
    """What leather draws, but for its background, and bare of how it would look."""
    drawn = leather.Chart()
    keys = [str(at) for at in range(len(chart.labels))]  # as labels, weeks of several years could be the same
    names, scale = chart.names(), leather.Linear(chart.least(), chart.most())
    drawn.set_x_scale(leather.Ordinal(keys))
    drawn.set_y_scale(scale)
    drawn.add_x_axis([key for key in keys if names[int(key)]], lambda key, *_: names[int(key)])
    drawn.add_y_axis(
        [tick for tick in scale.ticks() if chart.is_share or tick == int(tick)], lambda at, *_: chart.said(at)
    )
    drawn.add_series(leather.Series(list(zip(keys, chart.values, strict=True))), _WithValues(chart))
    parts: list[ET.Element] = list(drawn.to_svg_group(_WIDTH, _HEIGHT))[1:]
    for part in parts:
        _strip(part)
    return parts


class _WithValues(Shape):  # type: ignore[misc] # leather has no types
    """Columns for counts, a line with its points for shares; over them what they come to, where there is room."""

    def __init__(self, chart: Chart) -> None:
        self._shapes = (Line(), Dots(radius=2)) if chart.is_share else (Columns(),)
        self._values = chart.shown_values()

    def validate_series(self, series: Any) -> None:
        """Labels and numbers, as a chart has them."""

    def to_svg(self, width: float, height: float, x_scale: Any, y_scale: Any, series: Any, palette: Any) -> ET.Element:
        group = ET.Element("g")
        group.extend(shape.to_svg(width, height, x_scale, y_scale, series, palette) for shape in self._shapes)
        for point, words in zip(series.data(), self._values, strict=True):
            if words:
                above = y_scale.project(point.y, height, 0) - _ABOVE
                place = {"x": str(x_scale.project(point.x, 0, width)), "y": str(above), "text-anchor": "middle"}
                ET.SubElement(group, "text", place).text = words
        return group


def _strip(drawn: ET.Element) -> None:
    """Only what says where something is: without colours, lines for the names, and more digits than anybody sees."""
    for axis in drawn.iterfind(".//g[@class='axis bottom']/g"):
        for line in axis.findall("line"):
            axis.remove(line)
    for element in drawn.iter():
        for name, value in list(element.attrib.items()):
            if name in _NUMBERS:
                element.set(name, _short(value))
            elif name == "d":
                element.set(name, " ".join(each if each.isalpha() else _short(each) for each in value.split()))
            elif name not in _KEPT:
                del element.attrib[name]


def _short(number: str) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")
