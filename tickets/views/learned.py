"""Learned: what the platform could learn from people's answers, and what it has learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.permissions import can_approve_suggestion
from knowledge.markdown import render as render_markdown
from knowledge.models import Suggestion
from knowledge.services import learning
from supportai.core.actors import Actor
from supportai.core.errors import InvalidInputError
from supportai.core.htmx import ring_page
from supportai.core.models import JSONDict
from tickets import selectors_case, selectors_review
from tickets.forms import RejectForm, SuggestionForm
from tickets.models import Ticket
from tickets.views.access import StaffHttpRequest, staff_only

MAX_ORIGINS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedItem:
    """A suggestion with its text as readers would see it and the tickets that it came from."""

    suggestion: Suggestion
    html: str
    tickets: tuple[Ticket, ...]
    more_origins: int


@staff_only()
def index(request: StaffHttpRequest) -> HttpResponse:
    """List what waits for somebody, then what was published."""
    waiting = selectors_review.open_suggestions()
    published = selectors_review.published_suggestions()
    tickets = _tickets_of([*waiting, *published])
    context = {
        "section": "learned",
        "waiting": [item_for(suggestion, tickets) for suggestion in waiting],
        "published": [item_for(suggestion, tickets) for suggestion in published],
        "can_decide": can_approve_suggestion(request.user),
        "waiting_count": len(waiting),
        "published_count": len(published),
    }
    return render(request, "tickets/learned.html", context)


@staff_only(may=can_approve_suggestion, method="POST")
def approve(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Publish a suggestion, as drafted or with the text that was sent along."""
    suggestion = selectors_review.suggestion_of(public_id)
    changes: dict[str, str] = {}
    if "body" in request.POST:
        form = SuggestionForm(request.POST)
        if not form.is_valid():
            raise InvalidInputError("Write a title and a text.")
        changes = {"title": form.cleaned_data["title"], "body": form.cleaned_data["body"]}
    learning.approve(suggestion_id=suggestion.pk, actor=Actor.staff(request.user.pk), **changes)
    return _changed(request, public_id, "Published. The AI agent quotes it from now on.")


@staff_only(may=can_approve_suggestion, method="POST")
def reject(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Decide that a suggestion is not published."""
    suggestion = selectors_review.suggestion_of(public_id)
    form = RejectForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    learning.reject(suggestion_id=suggestion.pk, actor=Actor.staff(request.user.pk), reason=reason)
    return _changed(request, public_id, "Not published.")


@staff_only(may=can_approve_suggestion, method="POST")
def take_back(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Undo a publication: the article is archived, the suggestion waits again."""
    suggestion = selectors_review.suggestion_of(public_id)
    learning.take_back(suggestion_id=suggestion.pk)
    return _changed(request, public_id, "Taken back. It waits again.")


def item_for(suggestion: Suggestion, tickets: dict[UUID, Ticket]) -> LearnedItem:
    """Prepare one suggestion for the page."""
    ids = [public_id for public_id in map(_ticket_id, _origins(suggestion)) if public_id]
    known = tuple(dict.fromkeys(tickets[public_id] for public_id in ids if public_id in tickets))
    return LearnedItem(
        suggestion=suggestion,
        html=render_markdown(suggestion.body).html,
        tickets=known[:MAX_ORIGINS],
        more_origins=max(0, len(known) - MAX_ORIGINS),
    )


def _origins(suggestion: Suggestion) -> list[str]:
    return [observation.origin for observation in suggestion.observations.all()]


def _ticket_id(origin: str) -> UUID | None:
    """Read a ticket's id from `ticket:<public_id>:<episode>`; other origins have none."""
    kind, _, rest = origin.partition(":")
    try:
        return UUID(rest.partition(":")[0]) if kind == "ticket" else None
    except ValueError:
        return None


def _tickets_of(found: Sequence[Suggestion]) -> dict[UUID, Ticket]:
    ids = {_ticket_id(origin) for suggestion in found for origin in _origins(suggestion)}
    return selectors_case.tickets_by_public_id([public_id for public_id in ids if public_id])


def _changed(request: StaffHttpRequest, public_id: UUID, text: str) -> HttpResponse:
    if not request.htmx:
        return redirect("tickets:learned")
    suggestion = selectors_review.suggestion_of(public_id)
    context: JSONDict = {
        "item": item_for(suggestion, _tickets_of([suggestion])),
        "can_decide": can_approve_suggestion(request.user),
        "waiting_count": len(selectors_review.open_suggestions()),
        "published_count": len(selectors_review.published_suggestions()),
    }
    response = render(request, "tickets/partials/_learned_changed.html", context)
    ring_page(response, "live:counts")
    return ring_page(response, "toast", {"text": text})
