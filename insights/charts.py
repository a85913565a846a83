"""Charts as SVG, from plain values: no script, no style attribute; colours are classes of insights.css.

A chart that says something alone has a title and a description; one inside a table row, whose numbers stand beside it,
is hidden from screen readers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 760, 190
PLOT_WIDTH, PLOT_HEIGHT, PLOT_TOP = 716, 150, 16
GAP_SHARE = 0.2
MIN_LABEL_GAP = 62
# One ticket is no full column.
LEAST_SCALE = 4
SECONDS_SHOWN = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a stacked chart: a label under it, what the pointer says, and its parts from below."""

    label: str
    told: str
    parts: tuple[int, ...]


def tag(name: str, content: str = "", **attributes: str | float) -> str:
    """Write an element; `class_` and `aria_label` become `class` and `aria-label`, numbers get one decimal."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-") if key.startswith(("aria", "text", "class")) else key}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    return f"{value:.1f}".removesuffix(".0")


def drawing(
    content: str, *, name: str, width: float, height: float, title: str = "", description: str = "", key: str = ""
) -> SafeString:
    """Wrap marks into an SVG; `key` makes the ids of title and description unique on the page."""
    box = f"0 0 {width:g} {height:g}"
    if not title:
        return mark_safe(tag("svg", content or " ", class_=name, viewBox=box, aria_hidden="true"))  # noqa: S308 - escaped by tag()
    told = tag("title", escape(title), id=f"{key}-title") + tag("desc", escape(description), id=f"{key}-desc")
    return mark_safe(  # noqa: S308 - every text went through escape()
        tag(
            "svg",
            told + content,
            class_=name,
            viewBox=box,
            role="img",
            aria_labelledby=f"{key}-title {key}-desc",
        )
    )


# --- Parts of a whole ---------------------------------------------------------------------------
def ledger(parts: Sequence[tuple[str, int]], *, title: str, description: str) -> SafeString:
    """Draw one bar of parts, (class, count) from the start; classes carry a hatch or rails beside their colour."""
    total = sum(count for _, count in parts)
    gaps = 3 * max(0, sum(1 for _, count in parts if count) - 1)
    marks, x = [tag("defs", _hatch())], 0.0
    for name, count in parts:
        if not count:
            continue
        width = (1000 - gaps) * count / total
        marks.append(tag("rect", class_=f"l-{name}", x=x, y=0, width=width, height=40))
        if name == "assumed":
            marks.append(tag("rect", fill="url(#hatch)", x=x, y=0, width=width, height=40))
        if name == "verified":
            marks.append(tag("path", class_="rails", d=f"M{x:.1f} 6h{width:.1f}M{x:.1f} 34h{width:.1f}"))
        x += width + 3
    svg = drawing(
        "".join(marks), name="ledger", width=1000, height=40, title=title, description=description, key="ledger"
    )
    return mark_safe(svg.replace("<svg ", '<svg preserveAspectRatio="none" ', 1))  # noqa: S308 - our own text


def _hatch() -> str:
    line = tag("path", class_="hatch", d="M0 0V7")
    return tag(
        "pattern", line, id="hatch", width=7, height=7, patternUnits="userSpaceOnUse", patternTransform="rotate(45)"
    )


# --- Over days ----------------------------------------------------------------------------------
def columns(data: Sequence[Column], *, names: Sequence[str], title: str, description: str, key: str) -> SafeString:
    """Draw stacked columns; `names` are the classes of the parts."""
    top = nice_ceiling(max((sum(column.parts) for column in data), default=0), least=LEAST_SCALE)
    step = PLOT_WIDTH / max(len(data), 1)
    marks = [_scale(top)]
    for number, column in enumerate(data):
        marks.append(_column(column, names, x=number * step, step=step, top=top))
    marks.append(_day_labels([column.label for column in data], step))
    return drawing(
        "".join(marks), name="chart", width=WIDTH, height=HEIGHT, title=title, description=description, key=key
    )


def _column(column: Column, names: Sequence[str], *, x: float, step: float, top: int) -> str:
    gap = step * GAP_SHARE
    marks, y = [tag("title", escape(column.told))], float(PLOT_TOP + PLOT_HEIGHT)
    for name, count in zip(names, column.parts, strict=True):
        height = PLOT_HEIGHT * count / top
        y -= height
        if count:
            marks.append(tag("rect", class_=name, x=x + gap / 2, y=y, width=step - gap, height=max(height - 1, 0.6)))
    # The pointer finds the whole column, not only what is filled.
    marks.append(tag("rect", class_="hit", x=x, y=PLOT_TOP, width=step, height=PLOT_HEIGHT))
    return tag("g", "".join(marks))


def line(values: Sequence[int], labels: Sequence[str], *, title: str, description: str, key: str) -> SafeString:
    """Draw a line over days with a dot at its end."""
    top = nice_ceiling(max(values, default=0), least=LEAST_SCALE)
    step = PLOT_WIDTH / max(len(values), 1)
    points = [
        ((number + 0.5) * step, PLOT_TOP + PLOT_HEIGHT * (1 - value / top)) for number, value in enumerate(values)
    ]
    marks = [_scale(top)]
    if points:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        floor = PLOT_TOP + PLOT_HEIGHT
        marks.append(tag("path", class_="area", d=f"M{points[0][0]:.1f} {floor}L{path}L{points[-1][0]:.1f} {floor}Z"))
        marks.append(tag("path", class_="line", d=f"M{path}"))
        marks.append(tag("circle", class_="end", cx=points[-1][0], cy=points[-1][1], r=3.5))
    marks.append(_day_labels(labels, step))
    return drawing(
        "".join(marks), name="chart", width=WIDTH, height=HEIGHT, title=title, description=description, key=key
    )


def _scale(top: int) -> str:
    parts = 4 if top % 4 == 0 else 5 if top % 5 == 0 else 2 if top % 2 == 0 else 1
    marks = []
    for number in range(parts + 1):
        y = PLOT_TOP + PLOT_HEIGHT * (1 - number / parts)
        marks.append(tag("path", class_="grid", d=f"M0 {y:.1f}H{PLOT_WIDTH}"))
        shown = "ax" if number % 2 == parts % 2 else "ax z"
        marks.append(tag("text", f"{top * number // parts:,}", class_=shown, x=PLOT_WIDTH + 6, y=y + 4))
    return "".join(marks)


def _day_labels(labels: Sequence[str], step: float) -> str:
    """Write as many labels as fit, counted from the end, so that the last day has one."""
    every = max(1, math.ceil(MIN_LABEL_GAP / step))
    marks = []
    for order, number in enumerate(range(len(labels) - 1, -1, -every)):
        x = (number + 0.5) * step
        if x < MIN_LABEL_GAP / 2:
            # It would stick out at the start.
            continue
        shown = "ax" if order % 2 == 0 else "ax z"
        marks.append(tag("text", escape(labels[number]), class_=shown, x=x, y=HEIGHT - 6, text_anchor="middle"))
    return "".join(marks)


def nice_ceiling(value: int, *, least: int = 1) -> int:
    """Give the smallest round number that is at least a value: 1, 2, 4, 5 or 10 times a power of ten."""
    if value <= least:
        return least
    power: int = 10 ** (len(str(value - 1)) - 1)
    return next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= value)


# --- Inside table rows --------------------------------------------------------------------------
def intervals(shares: Sequence[tuple[str, float, tuple[float, float]]], *, top: float) -> SafeString:
    """Draw a dot with its interval per row, (hand, share, bounds), on a scale from 0 to `top`."""
    marks = [tag("path", class_="grid", d=f"M0 {7 + 12 * len(shares)}H240")]
    for row, (hand, share, (low, high)) in enumerate(shares):
        x, y = 6 + 228 * share / top, 9 + 12 * row
        start, end = 6 + 228 * low / top, 6 + 228 * min(high, top) / top
        marks.append(tag("path", class_=f"i-{hand}", d=f"M{start:.1f} {y}H{end:.1f}"))
        marks.append(_mark(hand, x, y))
    return drawing("".join(marks), name="iv", width=240, height=8 + 12 * len(shares))


def spreads(rows: Sequence[tuple[str, int, int]]) -> SafeString:
    """Draw a mark at the median and a line to the 90th percentile per row, (hand, seconds, seconds), on a log scale."""
    marks = [tag("path", class_="grid", d=f"M{_at(seconds):.1f} 0V{6 + 12 * len(rows)}") for seconds in SECONDS_SHOWN]
    for row, (hand, median, p90) in enumerate(rows):
        y = 9 + 12 * row
        marks.append(tag("path", class_=f"i-{hand}", d=f"M{_at(median):.1f} {y}H{_at(p90):.1f}"))
        marks.append(_mark(hand, _at(median), y))
    return drawing("".join(marks), name="iv", width=240, height=6 + 12 * len(rows))


def _mark(hand: str, x: float, y: float) -> str:
    if hand == "ai_agent":
        return tag("circle", class_="m-ai_agent", cx=x, cy=y, r=4.5)
    return tag("rect", class_=f"m-{hand}", x=x - 4, y=y - 4, width=8, height=8)


def _at(seconds: int) -> float:
    """Place a duration between a second and a week."""
    last = math.log(SECONDS_SHOWN[-1])
    return 6 + 228 * min(1.0, math.log(max(seconds, 1)) / last)


def spark(values: Sequence[int]) -> SafeString:
    """Draw a small line of how a count went, from zero, with a dot at its end."""
    top, step = max([*values, 1]), 80 / max(len(values) - 1, 1)
    points = [(number * step + 2, 20 - 16 * value / top) for number, value in enumerate(values)]
    if not points:
        return drawing("", name="spark", width=86, height=24)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return drawing(tag("polyline", points=path) + tag("circle", cx=x, cy=y, r=2.5), name="spark", width=86, height=24)


def share_bar(part: int, total: int, *, top: int) -> SafeString:
    """Draw a bar of a total on a scale up to `top`, its first part in the AI agent's colour."""
    scale = 120 / max(top, 1)
    marks = tag("rect", class_="c-ai", x=0, y=1, width=part * scale, height=8) + tag(
        "rect", class_="c-rest", x=part * scale, y=1, width=(total - part) * scale, height=8
    )
    return drawing(marks, name="sharebar", width=120, height=10)
