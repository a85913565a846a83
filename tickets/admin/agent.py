"""Admin pages of the AI agent's settings: the one row of them, and a stage per intent."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from supportai.core.admin import ConfigurationAdmin
from tickets.models import AgentConfiguration, Stage

STAGE_COLOURS = {
    "Off": "danger",
    "Shadow": "warning",
    "Draft": "warning",
    "Approval": "info",
    "Auto": "success",
}


class AgentConfigurationForm(forms.ModelForm):
    """The settings, with the stages to choose from."""

    default_stage = forms.ChoiceField(
        choices=Stage.Level.choices,
        widget=UnfoldAdminSelectWidget,
        help_text="For intents without a stage of their own.",
    )

    class Meta:
        model = AgentConfiguration
        fields = (
            "is_on",
            "default_stage",
            "answer_threshold",
            "act_threshold",
            "max_steps",
            "max_seconds",
            "silence_hours",
        )


@admin.register(AgentConfiguration)
class AgentConfigurationAdmin(ConfigurationAdmin):
    """One row: its list is its page."""

    form = AgentConfigurationForm
    fieldsets = (
        (None, {"fields": ("is_on", "default_stage")}),
        (
            "When it is sure enough",
            {
                "fields": (("answer_threshold", "act_threshold"),),
                "description": "Chances from 0 to 1, checked against what really happened. Higher means fewer answers "
                "and fewer mistakes.",
            },
        ),
        ("Limits", {"fields": (("max_steps", "max_seconds"), "silence_hours")}),
    )

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: there is exactly one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AgentConfiguration | None = None) -> bool:
        """Refuse."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go to the row, which is made at the first look."""
        if not self.has_view_permission(request):
            refused: HttpResponse = super().changelist_view(request, extra_context)
            return refused
        row = AgentConfiguration.objects.order_by("pk").first() or AgentConfiguration.objects.create()
        return HttpResponseRedirect(reverse("admin:tickets_agentconfiguration_change", args=[row.pk]))


@admin.register(Stage)
class StageAdmin(ConfigurationAdmin):
    """How far the AI agent may go, intent by intent; an intent without a row has the default stage."""

    empty_hint = "Without a stage, an intent keeps to the default stage of the AI agent configuration."
    list_display = ("intent_name", "level", "level_name", "updated_at")
    list_editable = ("level",)
    list_select_related = ("intent",)
    list_filter = ("level",)
    search_fields = ("intent__slug", "intent__name")
    autocomplete_fields = ("intent",)
    fieldsets = ((None, {"fields": ("intent", "level")}),)

    @display(description="Intent", ordering="intent__name")
    def intent_name(self, obj: Stage) -> str:
        """Name the intent."""
        return obj.intent.name

    @display(description="Now", label=STAGE_COLOURS)
    def level_name(self, obj: Stage) -> str:
        """Name the stored level."""
        return obj.get_level_display().partition(":")[0]
