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
        """Refuse: there is exactly one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: HelpSettings | None = None) -> bool:
        """Refuse."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go to the row, which is made at the first look."""
        if not self.has_view_permission(request):
            refused: HttpResponse = super().changelist_view(request, extra_context)
            return refused
        row = HelpSettings.objects.order_by("pk").first() or HelpSettings.objects.create()
        return HttpResponseRedirect(reverse("admin:knowledge_helpsettings_change", args=[row.pk]))
