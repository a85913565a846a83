"""The inbox: views on the left, rows in the middle, the selected conversation on the right."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from accounts.models import Team
from supportai.core.errors import NotFoundError
from supportai.core.models import JSONDict
from tickets import selectors_case, selectors_inbox
from tickets.selectors_inbox import VIEWS, InboxFilter, InboxView
from tickets.views.access import StaffHttpRequest, staff_only
from tickets.views.case import pane_context
from tickets.views.first_steps import first_steps
from tickets.views.rows import row_for

SELECTABLE = 36  # length of a public id as text


@staff_only()
def inbox(request: StaffHttpRequest) -> HttpResponse:
    """Show a list and the ticket that `?ticket=` names, if any."""
    shown = filter_of(request)
    context = list_context(request, shown) | nav_context(request, shown) | {"section": "inbox"}
    selected = request.GET.get("ticket", "")
    if len(selected) == SELECTABLE:
        context |= _selected(request, selected)
    if not context["rows"]:
        context["first_steps"] = first_steps(request.user)
    return render(request, "tickets/inbox.html", context)


@staff_only()
def rows(request: StaffHttpRequest) -> HttpResponse:
    """Give the list alone, from the start or after a cursor."""
    shown = filter_of(request)
    template = "_queue_page.html" if request.GET.get("cursor") else "_queue.html"
    return render(request, f"tickets/partials/{template}", list_context(request, shown) | nav_context(request, shown))


@staff_only()
def row(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Give one row anew; 204 when it is not in the list and the page does not show it (`?shown=1`) either."""
    shown = filter_of(request)
    ticket = selectors_inbox.row_of(public_id)
    is_in = selectors_inbox.is_in(shown, ticket)
    if not is_in and not request.GET.get("shown"):
        return HttpResponse(status=204)
    context = {"row": row_for(ticket, is_gone=not is_in), "query": query_of(shown)}
    return render(request, "tickets/partials/_ticket_row.html", context)


@staff_only()
def views(request: StaffHttpRequest) -> HttpResponse:
    """Give the views with their counts anew."""
    return render(request, "tickets/partials/_views.html", nav_context(request, filter_of(request)))


@staff_only()
def counts(request: StaffHttpRequest) -> HttpResponse:
    """Give the top bar's counts anew."""
    return render(request, "partials/_nav.html", {"section": request.GET.get("section", "")})


def filter_of(request: StaffHttpRequest) -> InboxFilter:
    """Read what the address asks for; an unknown view is the first one."""
    words = request.GET.get("q", "").strip()[:100]
    view = request.GET.get("view", "")
    fallback = "all" if words else "needs"
    return InboxFilter(
        user_id=request.user.pk,
        view=view if view in VIEWS else fallback,
        team=request.GET.get("team", "")[:60],
        words=words,
    )


def query_of(shown: InboxFilter) -> str:
    """Write a filter as the query of an address."""
    parts = {"team": shown.team} if shown.team else {"view": shown.view}
    return urlencode(parts | ({"q": shown.words} if shown.words else {}))


def list_context(request: StaffHttpRequest, shown: InboxFilter) -> JSONDict:
    """Give a page of rows."""
    page = selectors_inbox.ticket_page(shown, cursor=request.GET.get("cursor", "")[:300])
    return {
        "rows": [row_for(ticket) for ticket in page.tickets],
        "next_cursor": page.next_cursor,
        "shown": shown,
        "query": query_of(shown),
        "selected": request.GET.get("ticket", ""),
    }


def nav_context(request: StaffHttpRequest, shown: InboxFilter) -> JSONDict:
    """Give the views and teams with counts.

    Raises:
        NotFoundError: the address names a team that does not exist.
    """
    counted = selectors_inbox.view_counts(user_id=request.user.pk)
    teams = selectors_inbox.teams_with_counts()
    return {
        "views": [{"view": view, "count": counted.get(key)} for key, view in VIEWS.items()],
        "teams": teams,
        "shown": shown,
        "heading": _heading(shown, teams),
        "query": query_of(shown),
    }


def _heading(shown: InboxFilter, teams: Sequence[Team]) -> InboxView:
    if shown.words:
        return InboxView(
            key="search",
            label=f"“{shown.words}”",
            hint="Tickets whose subject, number, customer or company has these words.",
            empty="Nothing found. Try fewer words, a ticket's number or an e-mail address.",
        )
    if not shown.team:
        return VIEWS[shown.view]
    team = next((team for team in teams if team.slug == shown.team), None)
    if team is None:
        raise NotFoundError("This team does not exist.")
    return InboxView(
        key="team", label=team.name, hint="Open tickets of this team, newest first.", empty="No open tickets here."
    )


def _selected(request: StaffHttpRequest, selected: str) -> JSONDict:
    try:
        ticket = selectors_case.ticket_for_staff(UUID(selected))
    except (ValueError, NotFoundError):
        return {}
    return pane_context(ticket, request.user)
