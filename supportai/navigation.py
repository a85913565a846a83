"""The admin's sidebar and first page: what people come to do, each page only for who may open it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from integrations.models import Installation


@dataclass(frozen=True, slots=True)
class Place:
    """One page: its model, an icon of Material Symbols (shipped with Unfold), and what one does there."""

    label: str
    icon: str
    purpose: str
    title: str = ""


GROUPS: dict[str, tuple[Place, ...]] = {
    "AI agent": (
        Place("tickets.AgentConfiguration", "tune", "Switch it off, set how sure it must be"),
        Place("tickets.Procedure", "route", "What it does for an intent, step by step"),
        Place("tickets.Intent", "target", "What customers want, known by examples"),
        Place("tickets.Stage", "stairs", "How far it may go, intent by intent"),
        Place("integrations.ModelProvider", "neurology", "Which language models it may ask, and in which order"),
        Place("tickets.AgentRun", "history_edu", "What it decided and did, to look up"),
    ),
    "Knowledge": (
        Place("knowledge.Article", "article", "What it may quote"),
        Place("knowledge.Category", "shelves", "The help center's shelves and their order"),
        Place("knowledge.HelpSettings", "menu_book", "How long searches are kept"),
        Place("knowledge.Suggestion", "school", "What it learned and waits for a yes"),
        Place("knowledge.Gap", "contact_support", "What people ask and no article answers"),
        Place("knowledge.Finding", "rule", "Duplicates, contradictions, what is out of date", title="Article check"),
        Place("knowledge.Source", "database", "Where articles come from"),
        Place("knowledge.SourceDocument", "description", "What became of each file and page", title="Documents"),
        Place("knowledge.EvaluationCase", "quiz", "Questions whose answers are known"),
        Place("knowledge.AnswerCalibration", "balance", "What outcomes changed about how sure answers are"),
        Place("knowledge.RetrievalProfile", "manage_search", "Which model finds passages by meaning"),
    ),
    "Customers": (
        Place("tickets.Ticket", "confirmation_number", "All conversations, with filters"),
        Place("tickets.Handoff", "move_up", "When and why it passed to people"),
        Place("tickets.Csat", "star", "What customers thought", title="Ratings"),
        Place("accounts.Contact", "person", "People who asked"),
        Place("accounts.Organization", "apartment", "Their companies and plans"),
        Place("accounts.Brand", "storefront", "The widget's look, sites and signing keys"),
    ),
    "Integrations": (
        Place("integrations.Installation", "power", "Connected accounts"),
        Place("integrations.Binding", "link", "Which account carries out which capability"),
        Place("integrations.ActionPolicy", "rule", "What it may do alone, and up to which amount"),
        Place("integrations.ActionExecution", "bolt", "What was done outside"),
        Place("integrations.Approval", "approval", "What waited for a person"),
    ),
    "Staff": (
        Place("accounts.User", "badge", "Who works here, with which role"),
        Place("accounts.Team", "groups", "Where tickets go"),
        Place("auth.Group", "shield_person", "What each role may do", title="Roles"),
        Place("accounts.ApiToken", "key", "How other systems sign in"),
    ),
    "Platform": (Place("supportai.OutboxEvent", "outbox", "Events that wait or are stuck"),),
}
# The tables of the built-in sandbox, where one is installed, and what has no place above; both are folded.
SANDBOX, REST = "Sandbox", "More"
PLACED = frozenset(place.label for places in GROUPS.values() for place in places)


# Beside the tokens: what one does with them.
API_TOKENS = "accounts.ApiToken"


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Build Unfold's navigation for a person; a registered model without a place above comes last."""
    pages = {model._meta.label: page for model, page in admin.site._registry.items()}
    rest = [Place(label, "table", "") for label in sorted(pages) if label not in PLACED]
    has_sandbox = Installation.objects.filter(kind="sandbox").exists()
    folded = {
        SANDBOX: tuple(place for place in rest if has_sandbox and ".Sandbox" in place.label),
        REST: tuple(place for place in rest if ".Sandbox" not in place.label),
    }
    found = {title: _items(request, places, pages) for title, places in {**GROUPS, **folded}.items()}
    return [
        {"title": title, "items": items, "separator": True, "collapsible": title in folded}
        for title, items in found.items()
        if items
    ]


def _items(request: HttpRequest, places: tuple[Place, ...], pages: dict[str, Any]) -> list[dict[str, Any]]:
    seen = [
        place for place in places if place.label in pages and pages[place.label].has_view_or_change_permission(request)
    ]
    items = [_item(place, pages[place.label]) for place in seen]
    return [*items, _api_reference()] if any(place.label == API_TOKENS for place in seen) else items


def _api_reference() -> dict[str, Any]:
    purpose = "What other systems can read and do, to browse and try"
    return {"title": "API reference", "icon": "api", "purpose": purpose, "link": reverse("api-docs")}


def _item(place: Place, page: admin.ModelAdmin) -> dict[str, Any]:
    options = page.model._meta
    return {
        "title": place.title or capfirst(str(options.verbose_name_plural)),
        "icon": place.icon,
        "purpose": place.purpose,
        "link": reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
    }
