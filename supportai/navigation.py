"""The admin's sidebar: pages grouped by what people come to do, each only for who may open it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

# Group -> model label -> icon (Material Symbols, shipped with Unfold).
GROUPS: dict[str, dict[str, str]] = {
    "AI agent": {
        "tickets.AgentConfiguration": "tune",
        "tickets.Procedure": "route",
        "tickets.Intent": "target",
        "tickets.Stage": "stairs",
        "tickets.AgentRun": "history_edu",
    },
    "Knowledge": {
        "knowledge.Article": "article",
        "knowledge.Suggestion": "school",
        "knowledge.Source": "database",
        "knowledge.EvaluationCase": "quiz",
    },
    "Customers": {
        "tickets.Ticket": "confirmation_number",
        "tickets.Handoff": "move_up",
        "tickets.Csat": "star",
        "accounts.Contact": "person",
        "accounts.Organization": "apartment",
        "accounts.Brand": "storefront",
    },
    "Integrations": {
        "integrations.Installation": "power",
        "integrations.Binding": "link",
        "integrations.ActionPolicy": "rule",
        "integrations.ActionExecution": "bolt",
        "integrations.Approval": "approval",
    },
    "Staff": {
        "accounts.User": "badge",
        "accounts.Team": "groups",
        "auth.Group": "shield_person",
        "accounts.ApiToken": "key",
    },
    "Platform": {"supportai.OutboxEvent": "outbox"},
}
REST = "More"
ICON = "table"


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Build Unfold's navigation for a person; a registered model without a place above comes last."""
    pages = {model._meta.label: page for model, page in admin.site._registry.items()}
    placed = {label for labels in GROUPS.values() for label in labels}
    rest = {label: ICON for label in sorted(pages) if label not in placed}
    groups = {**GROUPS, REST: rest}
    found = [(title, _items(request, labels, pages)) for title, labels in groups.items()]
    return [
        {"title": title, "items": items, "separator": True, "collapsible": title == REST}
        for title, items in found
        if items
    ]


def _items(request: HttpRequest, labels: dict[str, str], pages: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _item(pages[label], icon)
        for label, icon in labels.items()
        if label in pages and pages[label].has_view_or_change_permission(request)
    ]


def _item(page: admin.ModelAdmin, icon: str) -> dict[str, Any]:
    options = page.model._meta
    return {
        "title": capfirst(str(options.verbose_name_plural)),
        "icon": icon,
        "link": reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
    }
