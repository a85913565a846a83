"""What every page of the admin shares: our look, histories, read-only records, safe credentials."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from supportai.core.secrets import SecretField


class PlainAdmin(ModelAdmin):
    """An admin page of a model without history."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    formfield_overrides: Any = {SecretField: {"widget": UnfoldAdminPasswordWidget}}


class ConfigurationAdmin(SimpleHistoryAdmin, PlainAdmin):
    """An admin page of a configuration row: each change is kept with who made it, and can be looked up."""


class ReadOnlyAdmin(PlainAdmin):
    """A page that shows records of what happened; nobody writes them by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


def pretty_json(value: Any) -> str:
    """Show plain data indented, safe to put on a page."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="max-w-3xl overflow-x-auto whitespace-pre-wrap text-xs">{}</pre>', text)


def go_to(url: str) -> HttpResponse:
    """Send the browser on after a dialog, which HTMX posted."""
    return HttpResponse(headers={"HX-Redirect": url})
