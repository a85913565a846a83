"""The dashboard: its page, the tickets behind a figure, and its numbers as a file."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render

from accounts.permissions import can_see_insights
from insights import export, selectors, selectors_tickets, words
from insights.cohorts import Scope
from insights.periods import PRESETS, Period, between, last_days, read_day
from insights.rules import RULE, VERSION
from insights.views.board import board_of, query_of
from insights.views.titles import title_of
from supportai.core.errors import InvalidInputError
from supportai.core.models import JSONDict
from tickets.models import Channel
from tickets.views.access import StaffHttpRequest, staff_only


@staff_only(may=can_see_insights)
def dashboard(request: StaffHttpRequest) -> HttpResponse:
    """Show the figures of a period; with HTMX the part below the top bar alone.

    A period that is not possible shows the usual one with what is wrong about it, so that the form is at hand.
    """
    problem = ""
    try:
        scope, days = scope_of(request)
    except InvalidInputError as exc:
        scope, days, problem = Scope(period=last_days(PRESETS[0])), PRESETS[0], exc.message
    summary = selectors.summary(scope)
    context = controls(scope, days) | {
        "section": "insights",
        "summary": summary,
        "board": board_of(summary, scope),
        "rule": RULE,
        "version": VERSION,
        "zone": str(scope.period.zone),
        "problem": problem,
    }
    template = "insights/partials/_figures.html" if request.htmx else "insights/dashboard.html"
    return render(request, template, context)


@staff_only(may=can_see_insights)
def tickets(request: StaffHttpRequest, figure: str) -> HttpResponse:
    """List the tickets that a figure counts, page by page."""
    scope, days = scope_of(request)
    value = request.GET.get("value", "")[:100]
    found = selectors_tickets.behind(figure, scope, value)
    page = selectors_tickets.page_of(found, cursor=request.GET.get("cursor", "")[:200])
    query = query_of(scope, days=days, value=value)
    context = {
        "section": "insights",
        "page": page,
        "title": title_of(figure, value),
        "period": words.period(scope.period),
        "is_now": figure.startswith("backlog"),
        "back": query_of(scope, days=days),
        "more": f"{query}&{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
    }
    template = (
        "insights/partials/_tickets.html" if request.htmx and request.GET.get("cursor") else "insights/tickets.html"
    )
    return render(request, template, context)


@staff_only(may=can_see_insights)
def numbers(request: StaffHttpRequest) -> HttpResponse:
    """Give the figures as a CSV file."""
    scope, _ = scope_of(request)
    summary = selectors.summary(scope)
    response = HttpResponse(export.to_csv(summary), content_type="text/csv; charset=utf-8")
    name = f"insights-{scope.period.first}-{scope.period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def scope_of(request: StaffHttpRequest) -> tuple[Scope, int]:
    """Read period, team and channel from the address, and the preset that was named (0: dates were).

    Raises:
        InvalidInputError: a date is none, or the period is not possible.
    """
    period, days = _period_of(request)
    channel = request.GET.get("channel", "")
    team = request.GET.get("team", "")[:60]
    return Scope(period=period, team=team, channel=channel if channel in Channel.values else ""), days


def _period_of(request: StaffHttpRequest) -> tuple[Period, int]:
    first, last = request.GET.get("from", ""), request.GET.get("to", "")
    if first and last:
        return between(read_day(first), read_day(last)), 0
    asked = request.GET.get("days", "")
    days = next((preset for preset in PRESETS if str(preset) == asked), PRESETS[0])
    return last_days(days), days


def controls(scope: Scope, days: int) -> JSONDict:
    """Give what the bar of choices shows."""
    teams = selectors.team_choices()
    named = [team.name for team in teams if team.slug == scope.team]
    return {
        "scope": scope,
        "chosen": ", ".join(named + [name for key, name in Channel.choices if key == scope.channel]),
        "presets": [
            {"days": preset, "query": query_of(scope, days=preset), "is_current": preset == days} for preset in PRESETS
        ],
        "days": days,
        "teams": teams,
        "channels": Channel.choices,
        "query": query_of(scope, days=days),
    }
