"""What every page of the admin shares: our look, histories, read-only records, safe credentials."""

import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from supportai.core.secrets import SecretField


class PlainAdmin(ModelAdmin):
    """An admin page of a model without history; `empty_hint` says on an empty list what the rows are for."""

    empty_hint = ""
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    formfield_overrides: Any = {SecretField: {"widget": UnfoldAdminPasswordWidget}}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave secrets out for those who may only look: Django would print the value where it offers no box."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj) or (obj is None and self.has_add_permission(request)):
            return fieldsets
        secret = {field.name for field in self.model._meta.get_fields() if isinstance(field, SecretField)}
        return [(title, {**options, "fields": _without(options["fields"], secret)}) for title, options in fieldsets]


def _without(fields: Iterable[Any], names: set[str]) -> list[Any]:
    """Leave out fields by name, also in the rows of several."""
    rows = (field if isinstance(field, str) else _without(field, names) for field in fields)
    return [row for row in rows if row and not (isinstance(row, str) and row in names)]


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
