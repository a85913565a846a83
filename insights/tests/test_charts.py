"""Charts: valid XML that a strict content security policy lets through, with the right marks."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from insights import charts

TRICKY = 'A "quoted" <b>&amp; name'


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(str(svg))


def rects(svg: str, name: str) -> list[dict[str, str]]:
    return [mark.attrib for mark in parsed(svg).iter("rect") if mark.get("class") == name]


ALL = {
    "ledger": charts.ledger([("verified", 3), ("assumed", 1), ("open", 0)], title=TRICKY, description=TRICKY),
    "columns": charts.columns(
        [charts.Column(label=TRICKY, told=TRICKY, parts=(3, 1, 0))],
        names=("c-ai", "c-agent", "c-rest"),
        title=TRICKY,
        description=TRICKY,
        key="days",
    ),
    "line": charts.line([1, 5, 2], ["1 Mar", TRICKY, "3 Mar"], title=TRICKY, description=TRICKY, key="backlog"),
    "intervals": charts.intervals([("ai_agent", 0.5, (0.4, 0.6)), ("person", 0.9, (0.2, 1.0))], top=1.0),
    "spreads": charts.spreads([("ai_agent", 4, 60), ("person", 3600, 90000)]),
    "spark": charts.spark([1, 0, 4]),
    "share_bar": charts.share_bar(2, 5, top=10),
    "no days": charts.columns([], names=(), title="t", description="d", key="k"),
    "no line": charts.line([], [], title="t", description="d", key="k"),
    "no spark": charts.spark([]),
    "no intervals": charts.intervals([], top=1.0),
}


@pytest.mark.parametrize("name", ALL)
def test_every_chart_is_xml_without_script_or_style(name):
    root = parsed(ALL[name])
    assert root.tag == "svg"
    for mark in root.iter():
        assert mark.tag not in {"script", "style", "foreignObject", "image"}
        assert not [key for key in mark.attrib if key == "style" or key.startswith("on") or "href" in key]
    assert "NaN" not in ALL[name]
    assert not re.search(r"#[0-9a-f]{3,6}\b", ALL[name]), "colours belong to the style sheet"


@pytest.mark.parametrize("name", ["ledger", "columns", "line"])
def test_a_chart_that_stands_alone_tells_what_it_shows(name):
    root = parsed(ALL[name])
    ids = {mark.get("id"): mark.text for mark in root if mark.tag in {"title", "desc"}}
    assert root.get("role") == "img"
    assert [ids[key] for key in root.get("aria-labelledby").split()] == [TRICKY, TRICKY]


@pytest.mark.parametrize("name", ["intervals", "spreads", "spark", "share_bar"])
def test_a_chart_beside_its_numbers_is_hidden_from_screen_readers(name):
    assert parsed(ALL[name]).get("aria-hidden") == "true"


def test_the_parts_of_the_ledger_fill_it_in_proportion():
    svg = charts.ledger([("verified", 30), ("people", 10), ("open", 0)], title="t", description="d")
    (verified,), (people,) = rects(svg, "l-verified"), rects(svg, "l-people")
    assert float(verified["width"]) == pytest.approx(3 * float(people["width"]), abs=0.4)
    assert float(people["x"]) + float(people["width"]) == pytest.approx(1000, abs=0.2)
    assert rects(svg, "l-open") == []


def test_columns_are_stacked_from_below_to_scale():
    column = charts.Column(label="1 Mar", told="", parts=(6, 2))
    svg = charts.columns([column], names=("c-ai", "c-agent"), title="t", description="d", key="k")
    (ai,), (agent,) = rects(svg, "c-ai"), rects(svg, "c-agent")
    floor = charts.PLOT_TOP + charts.PLOT_HEIGHT
    assert float(ai["y"]) == pytest.approx(floor - charts.PLOT_HEIGHT * 6 / 10, abs=0.1)
    assert float(agent["y"]) == pytest.approx(floor - charts.PLOT_HEIGHT * 8 / 10, abs=0.1)
    assert float(agent["y"]) + float(agent["height"]) < float(ai["y"])


def test_a_line_ends_at_its_last_value():
    svg = charts.line([0, 10], ["a", "b"], title="t", description="d", key="k")
    (end,) = parsed(svg).iter("circle")
    assert float(end.get("cy")) == charts.PLOT_TOP


@pytest.mark.parametrize("count", [7, 30, 90, 366])
def test_day_labels_never_touch_and_the_last_day_has_one(count):
    data = [charts.Column(label=f"d{number}", told="", parts=(1,)) for number in range(count)]
    svg = charts.columns(data, names=("c-ai",), title="t", description="d", key="k")
    labels = [mark for mark in parsed(svg).iter("text") if (mark.text or "").startswith("d")]
    places = sorted(float(mark.get("x")) for mark in labels)
    assert f"d{count - 1}" in {mark.text for mark in labels}
    assert min(b - a for a, b in pairwise(places)) >= charts.MIN_LABEL_GAP - 0.2


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (5, 5), (7, 10), (11, 20), (41, 50), (100, 100), (101, 200), (4001, 5000)],
)
def test_scales_end_at_round_numbers(value, top):
    assert charts.nice_ceiling(value) == top


def test_a_single_ticket_is_no_full_column():
    column = charts.Column(label="1 Mar", told="", parts=(1,))
    svg = charts.columns([column], names=("c-ai",), title="t", description="d", key="k")
    assert float(rects(svg, "c-ai")[0]["height"]) < charts.PLOT_HEIGHT / 3


def test_an_interval_spans_its_bounds_and_stays_inside():
    svg = charts.intervals([("ai_agent", 0.5, (0.25, 2.0))], top=1.0)
    path = next(mark for mark in parsed(svg).iter("path") if mark.get("class") == "i-ai_agent")
    assert path.get("d") == "M63.0 9H234.0"


def test_durations_are_placed_on_a_log_scale_between_a_second_and_a_week():
    svg = charts.spreads([("ai_agent", 0, 10**9), ("person", 1, 604800)])
    marks = {mark.get("class"): mark.get("d") for mark in parsed(svg).iter("path") if mark.get("class") != "grid"}
    assert marks == {"i-ai_agent": "M6.0 9H234.0", "i-person": "M6.0 21H234.0"}


def test_hands_differ_by_shape():
    root = parsed(charts.spreads([("ai_agent", 4, 60), ("person", 4, 60)]))
    assert [mark.tag for mark in root.iter() if str(mark.get("class")).startswith("m-")] == ["circle", "rect"]
