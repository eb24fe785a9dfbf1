"""Charts in a page: drawings that say in words what they show, and bring neither style nor markup of their own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from triage.policy.chart import Chart
from triage.transports.svg import Svg

HOURS = tuple(f"{hour:02}" for hour in range(24))
WEEKS = tuple(f"Nov {1 + at % 28}" for at in range(105))


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(Svg().draw(chart))  # noqa: S314 - ours


def words_in(drawing: ET.Element) -> list[str]:
    return [each.text or "" for each in drawing.iter("text")]


def test_a_column_stands_for_each_count_and_its_value_over_it() -> None:
    drawing = drawn(Chart(title="Messages", labels=("Mon", "Tue", "Wed"), values=(1_500, 0, 750)))

    heights = [float(each.get("height", "")) for each in drawing.iter("rect")]
    assert heights == [pytest.approx(2 * heights[2], abs=0.1), 0, heights[2]]
    assert words_in(drawing) == ["Mon", "Tue", "Wed", "500", "1,000", "1,500", "0", "1,500", "750"]
    assert drawing.get("aria-label") == "Messages. Mon: 1,500, Tue: 0, Wed: 750."


def test_a_line_joins_the_shares_and_none_is_outside_of_the_drawing() -> None:
    drawing = drawn(Chart(title="Kept", labels=("a", "b", "c"), values=(0.72, 1.0, 0.95), is_share=True))

    points = [float(each.get("cy", "")) for each in drawing.iter("circle")]
    assert points[0] > points[2] > points[1] == 0
    assert len(list(drawing.iter("path"))) == 1
    assert {"70%", "100%", "72.0%", "95.0%"} <= set(words_in(drawing))


@pytest.mark.parametrize(
    "chart",
    [
        Chart(title="Hours", labels=HOURS, values=(1_999,) * 24),
        Chart(title="Weeks", labels=WEEKS, values=(0.9,) * 105, is_share=True),
        Chart(title="Nothing", labels=HOURS, values=(0,) * 24),
        Chart(title="One", labels=("Mon",), values=(1.0,), is_share=True),
    ],
    ids=lambda chart: chart.title,
)
def test_words_that_stand_side_by_side_have_room(chart: Chart) -> None:
    places = [(float(each.get("x", "")), each) for each in drawn(chart).iter("text") if each.get("dy") != "0.32em"]

    for side_by_side in (
        [each for each in places if each[1].get("dy")],
        [each for each in places if not each[1].get("dy")],
    ):
        for (left, word), (right, other) in pairwise(side_by_side):
            assert right - left > 2.4 * (len(word.text or "") + len(other.text or ""))
    assert places


def test_a_drawing_has_no_style_of_its_own_and_hostile_words_stay_words() -> None:
    svg = Svg().draw(Chart(title='<script>"&', labels=("<b>",), values=(1,)))

    assert not re.search(r"style|<script|<b>|\bid=|href|class|fill|stroke|font", svg)
    assert ET.fromstring(svg).findtext("title") == '<script>"&'  # noqa: S314 - ours
