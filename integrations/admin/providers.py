"""Admin page of the model providers: which models there are, in which order, and how they do."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.decorators import display

from integrations.models import ModelProvider
from integrations.services.providers import check_provider
from supportai.core.admin import ConfigurationAdmin, Done, Press, confirmed

FAILS, WORKS, UNTRIED, OFF = "Failed last time", "Works", "Not asked yet", "Switched off"
STATE_COLOURS = {FAILS: "danger", WORKS: "success", UNTRIED: "info", OFF: "warning"}


class ModelProviderForm(forms.ModelForm):
    """A provider; its stored key goes nowhere but where it was entered for."""

    class Meta:
        model = ModelProvider
        fields = (
            "name",
            "kind",
            "model",
            "base_url",
            "api_key",
            "position",
            "is_enabled",
            "timeout_seconds",
            "max_output_tokens",
            "is_structured",
            "input_price",
            "output_price",
        )

    def clean(self) -> dict[str, Any]:
        """Ask for the key again when it would be sent elsewhere."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        # The instance still holds what is stored: it is filled in after this.
        has_kept_key = bool(self.instance.pk and self.instance.api_key and not values.get("api_key"))
        before = (self.instance.kind, self.instance.base_url)
        after = (values.get("kind"), str(values.get("base_url") or "").strip().rstrip("/"))
        if has_kept_key and before != after:
            self.add_error("api_key", "Kind or address changed: enter the key again, so that it goes nowhere unseen.")
        return values


@admin.register(ModelProvider)
class ModelProviderAdmin(ConfigurationAdmin):
    """Language models in the order in which they are asked; drag a row to change it. Without any, the AI agent is local."""

    empty_hint = (
        "Without one, the AI agent decides with its local policy and answers in the words of your articles. "
        "With one, that policy still stands beside the model, and takes over when the model fails."
    )
    form = ModelProviderForm
    list_display = ("name", "kind", "model", "state_name", "last_success_at", "last_failure_at", "position")
    list_filter = ("kind", "is_enabled")
    search_fields = ("name", "model")
    ordering = ("position", "id")
    ordering_field = "position"
    hide_ordering_field = True
    actions_detail = ("try_connection",)
    readonly_fields = ("state_name", "last_failure", "last_failure_at", "last_success_at")
    fieldsets = (
        (None, {"fields": (("name", "is_enabled"), ("kind", "model"), "base_url", "api_key")}),
        ("Answers", {"fields": (("timeout_seconds", "max_output_tokens"), "is_structured")}),
        ("Prices", {"fields": (("input_price", "output_price"),), "description": "For the costs that a run shows."}),
        ("Order", {"fields": ("position",)}),
        ("How it does", {"fields": ("state_name", "last_success_at", "last_failure_at", "last_failure")}),
    )

    def has_check_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Let those test who may change it."""
        return bool(self.has_change_permission(request))

    @confirmed(
        label="Test connection",
        title="Test the connection?",
        text="Asks the model one short question with a tool, as the AI agent would; that may cost a few tokens.",
        button="Test",
        permission="check",
    )
    def try_connection(self, press: Press) -> Done:
        """Ask the model, and show what came of it."""
        found = check_provider(provider_id=press.pk)
        level = messages.SUCCESS if found.can_call_tools else messages.WARNING if found.is_ok else messages.ERROR
        return Done(found.text, level)

    @display(description="State", label=STATE_COLOURS)
    def state_name(self, obj: ModelProvider) -> str:
        """Tell how it did when it was asked last."""
        if not obj.is_enabled:
            return OFF
        if obj.is_failing:
            return FAILS
        return WORKS if obj.last_success_at else UNTRIED
