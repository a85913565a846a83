"""Gaps: what customers ask and no article answers, with the way to an article."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import can_approve_suggestion
from knowledge.gap_editor import editor_address
from knowledge.models import Gap, GapQuestion, Suggestion
from knowledge.selectors_gaps import Trend, drafts_for, trend_of
from knowledge.services import gaps
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import NotAllowedError
from supportai.core.htmx import ring_page
from supportai.core.models import JSONDict
from tickets import selectors_case, selectors_review
from tickets.forms import RejectForm
from tickets.models import Ticket
from tickets.views.access import NOT_ALLOWED, StaffHttpRequest, staff_only

EXAMPLES = 4
# The chart beside a gap: twelve columns of weeks, the latest in a stronger colour.
COLUMN, COLUMN_GAP, CHART_HEIGHT = 9, 3, 36
LEAST_SCALE = 4
COVERED_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Column:
    """One week of a gap's chart, in the chart's own units."""

    x: int
    y: float
    height: float
    is_latest: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the ticket that it came from; searches have none."""

    question: GapQuestion
    ticket: Ticket | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapItem:
    """A gap as its card shows it."""

    gap: Gap
    trend: Trend
    columns: tuple[Column, ...]
    examples: tuple[Example, ...]
    more: int
    draft: Suggestion | None
    people: int
    companies: int
    searches: int


@staff_only()
def index(request: StaffHttpRequest) -> HttpResponse:
    """List what is missing, what is on its way, and what was covered lately."""
    found = selectors_review.gaps_by_state(covered_since=clock.now() - COVERED_LATELY)
    items = _items([gap for some in found.values() for gap in some])
    context = _rights(request.user) | {
        "section": "gaps",
        "open": [items[gap.pk] for gap in found[Gap.State.OPEN]],
        "planned": [items[gap.pk] for gap in found[Gap.State.PLANNED]],
        "covered": [items[gap.pk] for gap in found[Gap.State.COVERED]],
        "dismissed": [items[gap.pk] for gap in found[Gap.State.DISMISSED]],
    }
    return render(request, "tickets/gaps.html", context)


@staff_only(may=can_approve_suggestion, method="POST")
def write(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Note who writes, and open the article editor with the title and the questions filled in."""
    if not _may_write(request.user):
        raise NotAllowedError(NOT_ALLOWED)
    gap = selectors_review.gap_of(public_id)
    gap = gaps.plan(gap_id=gap.pk, actor=Actor.staff(request.user.pk))
    address = editor_address(gap)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@staff_only(may=can_approve_suggestion, method="POST")
def plan(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Note that somebody sees to it."""
    gap = selectors_review.gap_of(public_id)
    gaps.plan(gap_id=gap.pk, actor=Actor.staff(request.user.pk))
    return _changed(request, public_id, "Planned, and yours. It is covered as soon as an article answers it.")


@staff_only(may=can_approve_suggestion, method="POST")
def dismiss(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Decide that no article is wanted."""
    form = RejectForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    gap = selectors_review.gap_of(public_id)
    gaps.dismiss(gap_id=gap.pk, actor=Actor.staff(request.user.pk), reason=reason)
    return _changed(request, public_id, "Dismissed. It stays away, also when it is asked again.")


@staff_only(may=can_approve_suggestion, method="POST")
def reopen(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Put a gap back on the list."""
    gaps.reopen(gap_id=selectors_review.gap_of(public_id).pk)
    return _changed(request, public_id, "Open again.")


def _items(found: Sequence[Gap]) -> dict[int, GapItem]:
    examples = {gap.pk: _different(list(gap.questions.all())) for gap in found}
    shown = [question for some in examples.values() for question in some[:EXAMPLES]]
    ids = [public_id for public_id in (_ticket_id(question.origin) for question in shown) if public_id]
    tickets = selectors_case.tickets_by_public_id(ids)
    drafts = drafts_for([question for gap in found for question in gap.questions.all()])
    return {gap.pk: _item(gap, examples[gap.pk], tickets, drafts) for gap in found}


def _item(
    gap: Gap, examples: Sequence[GapQuestion], tickets: dict[UUID, Ticket], drafts: dict[str, Suggestion]
) -> GapItem:
    asked = list(gap.questions.all())
    trend = trend_of(gap)
    shown = []
    for question in examples[:EXAMPLES]:
        public_id = _ticket_id(question.origin)
        shown.append(Example(question, tickets.get(public_id) if public_id else None))
    return GapItem(
        gap=gap,
        trend=trend,
        columns=_columns(trend.weeks),
        examples=tuple(shown),
        more=len(examples) - len(shown),
        draft=next((drafts[question.origin] for question in asked if question.origin in drafts), None),
        people=len({question.contact_id for question in asked} - {None}),
        companies=len({question.organization_id for question in asked} - {None}),
        searches=sum(question.kind == GapQuestion.Kind.SEARCHED for question in asked),
    )


def _different(questions: Sequence[GapQuestion]) -> list[GapQuestion]:
    """Keep one of each wording, the latest first; of a customer who was erased no words are left."""
    kept: dict[str, GapQuestion] = {}
    for question in (question for question in questions if question.text):
        kept.setdefault(" ".join(question.text.casefold().split()), question)
    return list(kept.values())


def _columns(weeks: Sequence[int]) -> tuple[Column, ...]:
    top = max([*weeks, LEAST_SCALE])
    heights = [CHART_HEIGHT * count / top if count else 1.0 for count in weeks]
    return tuple(
        Column(
            number * (COLUMN + COLUMN_GAP), round(CHART_HEIGHT - height, 1), round(height, 1), number == len(weeks) - 1
        )
        for number, height in enumerate(heights)
    )


def _ticket_id(origin: str) -> UUID | None:
    """Read a ticket's id from `ticket:<public_id>:<episode>`; searches have none."""
    kind, _, rest = origin.partition(":")
    try:
        return UUID(rest.partition(":")[0]) if kind == "ticket" else None
    except ValueError:
        return None


def _may_write(user: User) -> bool:
    return user.is_staff and user.has_perm("knowledge.add_article")


def _rights(user: User) -> JSONDict:
    return {"can_decide": can_approve_suggestion(user), "can_write": _may_write(user)}


def _changed(request: StaffHttpRequest, public_id: UUID, text: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, text)
        return redirect("tickets:gaps")
    gap = selectors_review.gap_of(public_id)
    context = _rights(request.user) | {"item": _items([gap])[gap.pk]}
    response = render(request, "tickets/partials/_gap.html", context)
    ring_page(response, "live:counts")
    return ring_page(response, "toast", {"text": text})
