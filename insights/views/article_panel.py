"""The part of an article's page in the admin that tells which conversations it answered and how they went."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from insights import charts
from insights.statistics import Share
from knowledge import selectors_gaps
from knowledge.models import AnswerUse, Article
from knowledge.panels import panel
from supportai.core import clock

WEEKS = selectors_gaps.WEEKS
PERIOD = timedelta(days=7 * WEEKS)
SHOWN = 15
Ending = AnswerUse.Ending
TONES = {
    **dict.fromkeys(AnswerUse.GOOD, "good"),
    **dict.fromkeys(AnswerUse.BAD, "bad"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One conversation as the panel lists it."""

    subject: str
    href: str
    ending: str
    tone: str
    rating: str
    answered_at: object


@panel
def article_panel(article: Article) -> SafeString:
    """Show the conversations of the last weeks that quoted an article, with the share that it settled."""
    record = selectors_gaps.record_of(article, since=clock.now() - PERIOD)
    share = Share(count=record.good, total=record.judged)
    context = {
        "record": record,
        "weeks": WEEKS,
        "share": _percent(share),
        "interval": _interval(share),
        "endings": [(Ending(key).label, count, TONES.get(Ending(key), "rest")) for key, count in _ordered(record)],
        "chart": _chart(article) if record.total else "",
        "rows": [_row(use) for use in selectors_gaps.uses_of(article, limit=SHOWN)],
        "shown": SHOWN,
    }
    return render_to_string("insights/partials/_article_use.html", context)


def _ordered(record: selectors_gaps.Record) -> list[tuple[str, int]]:
    return [(ending.value, record.endings[ending]) for ending in Ending if record.endings.get(ending)]


def _percent(share: Share) -> str:
    return "" if share.value is None else f"{share.value:.0%}"


def _interval(share: Share) -> str:
    """Say between which shares the truth lies: of few conversations a share alone claims too much."""
    if share.interval is None:
        return ""
    low, high = share.interval
    return f"between {low:.0%} and {high:.0%}"


def _chart(article: Article) -> SafeString:
    data, good, bad, rest = [], 0, 0, 0
    for begins, endings in selectors_gaps.uses_by_week(article):
        parts = [0, 0, 0]
        for key, count in endings.items():
            parts[("good", "bad", "rest").index(TONES.get(Ending(key), "rest"))] += count
        good, bad, rest = good + parts[0], bad + parts[1], rest + parts[2]
        label = f"{begins:%-d %b}"
        told = f"Week of {label}: {parts[0]} settled, {parts[1]} not, {parts[2]} open or abandoned"
        data.append(charts.Column(label=label, told=told, parts=(parts[0], parts[1], parts[2])))
    return charts.columns(
        data,
        names=("u-good", "u-bad", "u-rest"),
        title="Conversations that quoted this article, by week",
        description=f"In {WEEKS} weeks {good} were settled, {bad} were not, {rest} are open or were abandoned.",
        key="article-use",
    )


def _row(use: AnswerUse) -> Row:
    return Row(
        subject=use.subject or "Without a subject",
        href=ticket_address(use.origin),
        ending=use.get_ending_display(),
        tone=TONES.get(Ending(use.ending), "rest"),
        rating=f"{use.rating} of 5" if use.rating else "",
        answered_at=use.answered_at,
    )


def ticket_address(origin: str) -> str:
    """Give the page of the ticket that an origin such as `ticket:<public_id>:<episode>` names; empty for others."""
    kind, _, rest = origin.partition(":")
    try:
        return reverse("tickets:ticket", args=[UUID(rest.partition(":")[0])]) if kind == "ticket" else ""
    except ValueError:
        return ""
