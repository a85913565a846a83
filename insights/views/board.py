"""The dashboard as its page shows it: figures in words, with charts and the lists behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from insights import charts, words
from insights.cohorts import Scope
from insights.figures import AI_AGENT, ENDINGS, PEOPLE, Slice, Summary
from insights.statistics import Share, Spread

SHORT_NAMES = {AI_AGENT: "ai", PEOPLE: "people"}
MOST_PARTS = 8
MOST_SINGLE_DAYS, WEEK = 14, 7
HANDS = (AI_AGENT, PEOPLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure as it is written, what it was before, and the list behind it (empty without one)."""

    text: str
    before: str = ""
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a table: its name, a small chart, and its figures."""

    name: str
    hint: str = ""
    chart: SafeString | str = ""
    cells: tuple[Cell, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All panels of the page."""

    headline: str
    period: str
    compared: str
    automation: Line
    ledger_chart: SafeString
    endings: tuple[Line, ...]
    days_chart: SafeString
    days: tuple[Line, ...]
    quality: tuple[Line, ...]
    times: tuple[Line, ...]
    reasons: tuple[Line, ...]
    reasons_total: Cell
    backlog_chart: SafeString
    backlog_total: Cell
    waits: tuple[Line, ...]
    ages: tuple[Line, ...]
    parts: tuple[tuple[str, str, tuple[Line, ...], int], ...]
    channels: tuple[Line, ...]
    not_counted: Cell


def query_of(scope: Scope, *, days: int = 0, **more: str) -> str:
    """Write a scope as the query of an address; `days` for a period that moves with today."""
    period = scope.period
    dates = {"days": str(days)} if days else {"from": period.first.isoformat(), "to": period.last.isoformat()}
    kept = {"team": scope.team, "channel": scope.channel}
    return urlencode(dates | {key: value for key, value in (kept | more).items() if value})


def board_of(summary: Summary, scope: Scope) -> Board:
    """Prepare every panel."""
    before = scope.period.before
    return Board(
        headline=words.headline(summary),
        period=words.period(scope.period),
        compared=words.days(before.first, before.last),
        automation=_automation(summary, scope),
        ledger_chart=_ledger(summary),
        endings=_endings(summary, scope),
        days_chart=_days_chart(summary),
        days=_days(summary, scope),
        quality=_quality(summary, scope),
        times=_times(summary, scope),
        reasons=_reasons(summary, scope),
        reasons_total=_count(
            summary.now.handoff_count, summary.before.handoff_count, _link(scope, "handoffs", summary.now.handoff_count)
        ),
        backlog_chart=_backlog_chart(summary),
        backlog_total=_count(summary.backlog.total, None, _link(scope, "backlog", summary.backlog.total)),
        waits=tuple(
            Line(name=name, hint=hint, cells=(_now(summary.backlog.waits[key], scope, "backlog", key),))
            for key, (name, hint) in words.WAITS.items()
        ),
        ages=tuple(
            Line(name=name, cells=(_now(summary.backlog.ages[key], scope, "backlog_age", key),))
            for key, name in words.AGES.items()
        ),
        parts=_parts(summary, scope),
        channels=_part_lines(summary.channels, scope, "channel"),
        not_counted=_count(summary.now.not_counted, None, _link(scope, "not_counted", summary.now.not_counted)),
    )


# --- Cells --------------------------------------------------------------------------------------
def _link(scope: Scope, figure: str, count: int, value: str = "") -> str:
    """Give the address of the tickets behind a figure; none behind a zero."""
    if not count:
        return ""
    return f"{reverse('insights:tickets', args=[figure])}?{query_of(scope, value=value)}"


def _count(count: int, before: int | None, href: str) -> Cell:
    return Cell(
        text=words.number(count),
        before="" if before is None else words.change(count, before),
        note="" if before is None else f"{words.number(before)} before",
        href=href,
    )


def _now(count: int, scope: Scope, figure: str, value: str) -> Cell:
    return _count(count, None, _link(scope, figure, count, value))


# --- How tickets ended --------------------------------------------------------------------------
def _automation(summary: Summary, scope: Scope) -> Line:
    now, before = summary.now.automation, summary.before.automation
    is_comparable = now.is_enough and before.is_enough
    return Line(
        name="Automation rate",
        hint=f"95 % interval {words.bounds(now.interval)}" if now.is_enough else "too few for a rate",
        cells=(
            Cell(
                text=words.rate(now),
                before=words.points(now.value, before.value) if is_comparable else "",
                note=f"{words.percent(before.value)} before",
                href=_link(scope, "automated", now.count),
            ),
        ),
    )


def _ledger(summary: Summary) -> SafeString:
    parts = [(ending, summary.now.endings.get(ending, 0)) for ending in ENDINGS]
    told = ", ".join(f"{words.number(count)} {words.ENDINGS[ending][0]}" for ending, count in parts)
    return charts.ledger(parts, title="How the tickets of the period ended", description=f"{told}.")


def _endings(summary: Summary, scope: Scope) -> tuple[Line, ...]:
    now, before = summary.now, summary.before
    lines = []
    for ending in ENDINGS:
        name, hint = words.ENDINGS[ending]
        count, back = now.endings.get(ending, 0), now.reversed_endings.get(ending, 0)
        share = Share(count=count, total=now.tickets).value
        lines.append(
            Line(
                key=ending,
                name=name,
                hint=hint,
                cells=(
                    _count(count, before.endings.get(ending, 0), _link(scope, ending, count)),
                    Cell(text=words.percent(share)),
                    Cell(text=words.number(back), href=_link(scope, f"reversed_{ending}", back)),
                ),
            )
        )
    return tuple(lines)


# --- Days ---------------------------------------------------------------------------------------
def _days_chart(summary: Summary) -> SafeString:
    data = [
        charts.Column(
            label=words.day(day.day),
            told=f"{day.day:%a} {words.day(day.day)}: {day.automated} by the AI agent, {day.people} by people, "
            f"{day.abandoned + day.open} not resolved",
            parts=(day.automated, day.people, day.abandoned + day.open),
        )
        for day in summary.days
    ]
    busiest = max(summary.days, key=lambda day: day.tickets)
    return charts.columns(
        data,
        names=("c-ai", "c-agent", "c-rest"),
        title="Tickets a day, by who resolved them",
        description=f"{words.number(summary.now.tickets)} tickets in {summary.period.length} days; the most, "
        f"{words.number(busiest.tickets)}, on {words.day(busiest.day)}. The table below has every day.",
        key="days",
    )


def _days(summary: Summary, scope: Scope) -> tuple[Line, ...]:
    return tuple(
        Line(
            name=f"{day.day:%a} {words.day(day.day)}",
            cells=(
                Cell(text=words.number(day.tickets), href=_link(scope, "day", day.tickets, day.day.isoformat())),
                Cell(text=words.number(day.automated)),
                Cell(text=words.number(day.people)),
                Cell(text=words.number(day.abandoned + day.open)),
                Cell(text=words.number(day.backlog)),
            ),
        )
        for day in reversed(summary.days)
    )


def _backlog_chart(summary: Summary) -> SafeString:
    values = [day.backlog for day in summary.days]
    return charts.line(
        values,
        [words.day(day.day) for day in summary.days],
        title="Open tickets at the end of each day",
        description=f"From {words.number(values[0])} to {words.number(values[-1])}; at most "
        f"{words.number(max(values))}. The table of days has every value.",
        key="backlog",
    )


# --- AI agent and people ------------------------------------------------------------------------
def _quality(summary: Summary, scope: Scope) -> tuple[Line, ...]:
    now, before = summary.now, summary.before
    happy = _compared(
        "Happy customers",
        "4 or 5 of 5, of those who rated",
        [(now.rating(hand).share, before.rating(hand).share, f"rated_{SHORT_NAMES[hand]}") for hand in HANDS],
        scope,
        top=1.0,
    )
    returned = [(now.return_rate(hand), before.return_rate(hand), f"came_back_{SHORT_NAMES[hand]}") for hand in HANDS]
    highest = max([share.interval[1] for share, _, _ in returned if share.interval], default=0.1)
    back = _compared("Came back", "within 7 days of a resolution", returned, scope, top=max(highest, 0.02))
    return happy, back


def _compared(name: str, hint: str, shares: Sequence[tuple[Share, Share, str]], scope: Scope, *, top: float) -> Line:
    shown, cells = [], []
    for hand, (share, before, figure) in zip(HANDS, shares, strict=True):
        if share.value is not None and share.interval and share.is_enough:
            shown.append((hand, share.value, share.interval))
            note = words.bounds(share.interval)
        else:
            note = "too few for a rate" if share.total else "none yet"
        was = f"{words.percent(before.value)} before" if before.is_enough else ""
        linked = share.total if figure.startswith("rated") else share.count
        cells.append(
            Cell(
                text=words.rate(share),
                note=note,
                before=", ".join(part for part in (_in_all(share), was) if part),
                href=_link(scope, figure, linked),
            )
        )
    return Line(name=name, hint=hint, chart=charts.intervals(shown, top=top), cells=tuple(cells))


def _in_all(share: Share) -> str:
    """Say of how many a rate is; a count says it itself."""
    return f"{words.number(share.total)} in all" if share.is_enough else ""


def _times(summary: Summary, scope: Scope) -> tuple[Line, ...]:
    now, before = summary.now, summary.before
    return (
        _spread_line(
            "First reply",
            "AI: from opening; people: from the hand-off",
            "first_reply",
            now.first_reply,
            before.first_reply,
            scope,
        ),
        _spread_line(
            "Time to resolve", "from opening to the end", "resolution", now.resolution, before.resolution, scope
        ),
    )


def _spread_line(
    name: str, hint: str, figure: str, now: Mapping[str, Spread], before: Mapping[str, Spread], scope: Scope
) -> Line:
    rows, cells = [], []
    for hand in HANDS:
        spread, was = now.get(hand, Spread()), before.get(hand, Spread())
        behind = f"{figure}_{SHORT_NAMES[hand]}"
        if spread.median_seconds is not None and spread.p90_seconds is not None:
            rows.append((hand, spread.median_seconds, spread.p90_seconds))
        note = f"{words.duration(was.median_seconds)} before" if was.count else ""
        slow = str(spread.p90_seconds) if spread.p90_seconds is not None else ""
        was_slow = f"{words.duration(was.p90_seconds)} before" if was.count else ""
        cells += [
            Cell(
                text=words.duration(spread.median_seconds),
                note=note,
                before=f"{words.number(spread.count)} in all",
                href=_link(scope, behind, spread.count),
            ),
            Cell(text=words.duration(spread.p90_seconds), note=was_slow, href=_link(scope, behind, spread.count, slow)),
        ]
    return Line(name=name, hint=hint, chart=charts.spreads(rows), cells=tuple(cells))


# --- Handoffs and parts -------------------------------------------------------------------------
def _reasons(summary: Summary, scope: Scope) -> tuple[Line, ...]:
    now, before = summary.now.handoffs, summary.before.handoffs
    nothing = (0,) * summary.period.length
    known = sorted({*now, *before}, key=lambda reason: (-now.get(reason, 0), -before.get(reason, 0), reason))
    return tuple(
        Line(
            name=words.REASONS.get(reason, reason),
            chart=charts.spark(by_week(summary.handoff_days.get(reason, nothing))),
            cells=(
                _count(now.get(reason, 0), before.get(reason, 0), _link(scope, "handoffs", now.get(reason, 0), reason)),
            ),
        )
        for reason in known
    )


def by_week(values: Sequence[int]) -> Sequence[int]:
    """Add up long series over weeks, counted back from their end, so that a trend shows through the weekends."""
    if len(values) <= MOST_SINGLE_DAYS:
        return values
    first = len(values) % WEEK
    return [sum(values[start : start + WEEK]) for start in range(first, len(values), WEEK)]


def _parts(summary: Summary, scope: Scope) -> tuple[tuple[str, str, tuple[Line, ...], int], ...]:
    """Give (title, figure, lines, how many more) for each way to part the tickets."""
    named = (
        ("By intent", "intent", summary.intents),
        ("By team", "team", summary.teams),
    )
    return tuple(
        (title, figure, _part_lines(slices[:MOST_PARTS], scope, figure), max(0, len(slices) - MOST_PARTS))
        for title, figure, slices in named
    )


def _part_lines(slices: Sequence[Slice], scope: Scope, figure: str) -> tuple[Line, ...]:
    top = max((part.tickets for part in slices), default=1)
    return tuple(
        Line(
            name=part.name,
            key=part.key,
            chart=charts.share_bar(part.automated, part.tickets, top=top),
            cells=(
                _count(part.tickets, part.before, _link(scope, figure, part.tickets, part.key)),
                Cell(text=words.rate(part.share)),
            ),
        )
        for part in slices
    )
