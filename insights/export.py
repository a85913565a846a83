"""The figures as rows of a CSV file: one number a row, with its unit and what it is compared with."""

import csv
import io
from collections.abc import Iterator

from insights import words
from insights.figures import AI_AGENT, ENDINGS, PEOPLE, Figures, Summary
from insights.rules import VERSION
from insights.statistics import Share

HEAD = ("figure", "of", "value", "unit", "cases", "low_95", "high_95", "value_before")
# What a spreadsheet would take for a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
Row = tuple[str | int | float | None, ...]


def to_csv(summary: Summary) -> str:
    """Write all figures; texts that a spreadsheet would run as a formula begin with an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(HEAD)
    for row in rows_of(summary):
        writer.writerow([escaped(value) for value in row])
    return file.getvalue()


def escaped(value: str | float | None) -> str | int | float:
    """Make one cell harmless; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def rows_of(summary: Summary) -> Iterator[Row]:
    """Give every figure of the summary as a row of `HEAD`."""
    now, before = summary.now, summary.before
    yield _row("period from", str(summary.period.first), unit="date")
    yield _row("period to", str(summary.period.last), unit="date")
    yield _row("rule", VERSION, unit="version")
    yield _row("tickets", now.tickets, before=before.tickets)
    yield _row("not counted", now.not_counted)
    yield _share("automation rate", "", now.automation, before.automation)
    for ending in ENDINGS:
        of = words.ENDINGS[ending][0]
        yield _row("ending", now.endings.get(ending, 0), of=of, before=before.endings.get(ending, 0))
    for ending, count in sorted(now.reversed_endings.items()):
        of = words.ENDINGS[ending][0]
        yield _row("reversed by a return", count, of=of, before=before.reversed_endings.get(ending, 0))
    yield from _by_hand(now, before)
    for reason in sorted({*now.handoffs, *before.handoffs}):
        of = words.REASONS.get(reason, reason)
        yield _row("handoffs", now.handoffs.get(reason, 0), of=of, before=before.handoffs.get(reason, 0))
    yield from _now(summary)
    yield from _parts(summary)
    yield from _days(summary)


def _row(
    figure: str, value: str | float | None, *, of: str = "", unit: str = "tickets", before: float | None = None
) -> Row:
    return (figure, of, value, "handoffs" if figure == "handoffs" else unit, None, None, None, before)


def _share(figure: str, of: str, share: Share, before: Share) -> Row:
    low, high = share.interval or (None, None)
    return (
        figure,
        of,
        _rounded(share.value),
        "share",
        share.total,
        _rounded(low),
        _rounded(high),
        _rounded(before.value),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _by_hand(now: Figures, before: Figures) -> Iterator[Row]:
    for hand in (AI_AGENT, PEOPLE):
        of = words.HANDS[hand]
        yield _share("happy customers", of, now.rating(hand).share, before.rating(hand).share)
        yield _share("came back", of, now.return_rate(hand), before.return_rate(hand))
        for name, spreads, earlier in (
            ("first reply", now.first_reply, before.first_reply),
            ("time to resolve", now.resolution, before.resolution),
        ):
            spread, was = spreads[hand], earlier[hand]
            yield (
                f"{name} median",
                of,
                spread.median_seconds,
                "seconds",
                spread.count,
                None,
                None,
                was.median_seconds,
            )
            yield (f"{name} p90", of, spread.p90_seconds, "seconds", spread.count, None, None, was.p90_seconds)


def _now(summary: Summary) -> Iterator[Row]:
    for wait, count in summary.backlog.waits.items():
        yield _row("open now", count, of=words.WAITS[wait][0])
    for age, count in summary.backlog.ages.items():
        yield _row("open now by age", count, of=words.AGES[age])


def _parts(summary: Summary) -> Iterator[Row]:
    for figure, slices in (("channel", summary.channels), ("team", summary.teams), ("intent", summary.intents)):
        for part in slices:
            yield _row(f"tickets by {figure}", part.tickets, of=part.name, before=part.before)
            yield _row(f"automated by {figure}", part.automated, of=part.name)


def _days(summary: Summary) -> Iterator[Row]:
    for day in summary.days:
        name = day.day.isoformat()
        yield _row("tickets of a day", day.tickets, of=name)
        yield _row("automated of a day", day.automated, of=name)
        yield _row("by people of a day", day.people, of=name)
        yield _row("open at the end of a day", day.backlog, of=name)
