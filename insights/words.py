"""Numbers, durations and periods as people read them; what figures are called."""

from datetime import date

from insights.figures import Summary
from insights.periods import Period
from insights.statistics import Share

MINUTE, HOUR, DAY = 60, 3600, 86400
# Keeps a number and its unit on one line.
GAP = "\u00a0"
ENDINGS = {
    "verified": ("verified", "the system of record shows it"),
    "confirmed": ("confirmed", "the customer said so"),
    "assumed": ("assumed", "answered, then silence"),
    "people": ("by people", "a person wrote or closed it"),
    "abandoned": ("abandoned", "the customer left; not resolved"),
    "open": ("still open", "when the period ended"),
}
REASONS = {
    "low_confidence": "Not sure enough",
    "customer_request": "Asked for a person",
    "policy": "For a person to decide",
    "repeated_failure": "Failed repeatedly",
    "negative_sentiment": "The customer is upset",
    "missing_knowledge": "No article covers it",
    "tool_failure": "A tool failed",
}
WAITS = {
    "nobody": ("Wait for a person", "nobody has them yet"),
    "person": ("Wait for their person", "somebody has them"),
    "ai_agent": ("With the AI agent", "it has the next word"),
    "customer": ("Wait for the customer", "answered or asked"),
}
# A percentage of fewer says more than there is.
FEW = 20
AGES = {
    "day": "under a day",
    "three_days": "1 to 3 days",
    "week": "3 to 7 days",
    "older": "over 7 days",
}
HANDS = {"ai_agent": "AI agent", "person": "People"}


def number(value: int) -> str:
    """Write a count with thousands apart."""
    return f"{value:,}"


def percent(share: float | None) -> str:
    """Write a share: one decimal below 10 %, none above; a dash for none."""
    if share is None:
        return "–"
    hundred = share * 100
    return f"{hundred:.1f}{GAP}%" if 0 < hundred < 9.95 else f"{hundred:.0f}{GAP}%"  # noqa: PLR2004 - would round to 10.0


def rate(share: Share) -> str:
    """Write a share as a rate, or as its counts when there are too few for one."""
    if share.is_enough or not share.total:
        return percent(share.value)
    return f"{share.count} of {share.total}"


def bounds(interval: tuple[float, float] | None) -> str:
    """Write an interval: from 85 % to 91 %."""
    if interval is None:
        return "–"
    return f"{percent(interval[0])} to {percent(interval[1])}"


def duration(seconds: int | None) -> str:
    """Write a duration with its two largest units."""
    if seconds is None:
        return "–"
    if seconds < MINUTE:
        return f"{max(seconds, 0)}{GAP}s"
    if seconds < HOUR:
        return _two(seconds, MINUTE, "min", 1, "s", limit=10 * MINUTE)
    if seconds < DAY:
        return _two(seconds, HOUR, "h", MINUTE, "min")
    return _two(seconds, DAY, "d", HOUR, "h")


def _two(seconds: int, unit: int, name: str, less: int, less_name: str, *, limit: int = 10**9) -> str:
    whole, rest = divmod(seconds, unit)
    small = rest // less
    return f"{whole}{GAP}{name} {small}{GAP}{less_name}" if small and seconds < limit else f"{whole}{GAP}{name}"


def change(now: int, before: int) -> str:
    """Write how a count changed against the period before: in percent, or as a number when it was small."""
    if now == before:
        return "same" if now else "–"
    if before < FEW:
        return f"+{now - before}" if now > before else f"−{before - now}"
    ratio = round((now - before) / before * 100)
    return f"+{ratio}{GAP}%" if ratio > 0 else f"−{-ratio}{GAP}%" if ratio < 0 else f"0{GAP}%"


def points(now: float | None, before: float | None) -> str:
    """Write how a share changed, in percentage points."""
    if now is None or before is None:
        return ""
    moved = round((now - before) * 100, 1)
    sign = "+" if moved > 0 else "−" if moved < 0 else "±"
    return f"{sign}{abs(moved):g}{GAP}points"


def day(value: date) -> str:
    """Write a day: 16 Nov."""
    return f"{value.day} {value:%b}"


def days(first: date, last: date) -> str:
    """Write a stretch of days: 16 to 22 November 2026."""
    end = f"{last.day} {last:%B} {last.year}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {end}"
    start = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B} {first.year}"
    return f"{start} to {end}"


def period(value: Period) -> str:
    """Write a period, with the time up to which an unfinished day counts."""
    until = f", today until {value.end.astimezone(value.zone):%H:%M}" if value.is_cut else ""
    return days(value.first, value.last) + until


def span(value: Period, *, is_recent: bool) -> str:
    """Write a period as the start of a sentence."""
    if not is_recent:
        return f"From {days(value.first, value.last)}" if value.length > 1 else f"On {days(value.first, value.last)}"
    return "Today" if value.length == 1 else f"In the last {value.length} days"


def headline(summary: Summary) -> str:
    """Say the finding in a sentence."""
    figures = summary.now
    start = span(summary.period, is_recent=summary.period.is_cut)
    if not figures.tickets:
        return f"{start} no ticket came in"
    back = figures.came_back.get("ai_agent", 0)
    returned = f"; {number(back)} that it had resolved came back" if back else ""
    tickets = "ticket" if figures.tickets == 1 else "tickets"
    return f"{start} the AI agent resolved {number(figures.automated)} of {number(figures.tickets)} {tickets} alone{returned}"
