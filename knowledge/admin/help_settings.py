"""The admin page of the help center's settings."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from knowledge.models import HelpSettings
from supportai.core.admin import ConfigurationAdmin


@admin.register(HelpSettings)
class HelpSettingsAdmin(ConfigurationAdmin):
    """One row: its list is its page."""

    fieldsets = (("Gaps", {"fields": ("searches_kept_days",)}),)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Let the one row be made, once."""
        return super().has_add_permission(request, *args) and not HelpSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: HelpSettings | None = None) -> bool:
        """Refuse."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go to the row, or to where it is made; until then the defaults hold."""
        if not self.has_view_permission(request):
            return self._refused(request, extra_context)
        row = HelpSettings.objects.order_by("pk").first()
        if row is None and not self.has_add_permission(request):
            return self._refused(request, extra_context)
        address = "admin:knowledge_helpsettings_add" if row is None else "admin:knowledge_helpsettings_change"
        return HttpResponseRedirect(reverse(address, args=[row.pk] if row else []))

    def _refused(self, request: HttpRequest, extra_context: dict[str, Any] | None) -> HttpResponse:
        refused: HttpResponse = super().changelist_view(request, extra_context)
        return refused
