"""Admin page of retrieval profiles: which model finds passages by meaning, and the switch to another."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from knowledge.models import RetrievalProfile
from knowledge.services import profiles
from supportai.core.admin import ConfigurationAdmin, Done, Press, confirmed, told_of

STATE_COLOURS = {
    "In use": "success",
    "Ready": "info",
    "Not built": "info",
    "Building": "warning",
    "Being emptied": "info",
    "Failed": "danger",
}


class RetrievalProfileForm(forms.ModelForm):
    """An endpoint; its stored key goes nowhere but where it was entered for. The built-in model is there from the start."""

    class Meta:
        model = RetrievalProfile
        fields = (
            "name", "base_url", "model", "api_key", "dimensions", "query_prefix", "document_prefix", "timeout_seconds",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Ask for the key again when it would be sent elsewhere."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        # The instance still holds what is stored: it is filled in after this.
        has_kept_key = bool(self.instance.pk and self.instance.api_key and not values.get("api_key"))
        before, after = (str(url or "").strip().rstrip("/") for url in (self.instance.base_url, values.get("base_url")))
        if has_kept_key and "base_url" in values and before != after:
            self.add_error("api_key", "The address changed: enter the key again, so that it goes nowhere unseen.")
        return values


@admin.register(RetrievalProfile)
class RetrievalProfileAdmin(ConfigurationAdmin):
    """Models for search by meaning. Switching builds an index beside the one in use; searches go on meanwhile."""

    form = RetrievalProfileForm
    list_display = ("name", "model_name", "state_name", "progress", "trouble")
    search_fields = ("name", "model")
    actions_detail = ("use", "check_endpoint")
    readonly_fields = ("state_name", "progress", "failure", "query_failure", "query_failed_at")
    fieldsets = (
        (None, {"fields": ("name", ("state_name", "progress"), "failure", ("query_failure", "query_failed_at"))}),
        (
            "Endpoint",
            {
                "fields": (
                    ("base_url", "model"),
                    ("api_key", "timeout_seconds"),
                    "dimensions",
                    ("query_prefix", "document_prefix"),
                )
            },
        ),
    )
    add_fieldsets = ((None, {"fields": ("name",)}), fieldsets[1])

    def get_fieldsets(self, request: HttpRequest, obj: RetrievalProfile | None = None) -> Any:
        """Show no endpoint for the built-in model."""
        if obj is None:
            return self.add_fieldsets
        return self.fieldsets[:1] if obj.embedder == RetrievalProfile.Embedder.LOCAL else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: RetrievalProfile | None = None) -> tuple[str, ...]:
        """Fix what shapes the vectors once they were made."""
        fixed = tuple(name for name in RetrievalProfile.SHAPING if name != "embedder") if obj and obj.is_built else ()
        return (*self.readonly_fields, *fixed)

    def has_delete_permission(self, request: HttpRequest, obj: RetrievalProfile | None = None) -> bool:
        """Refuse while it is used or holds vectors, and for the built-in model."""
        is_kept = obj is not None and (
            obj.embedder == RetrievalProfile.Embedder.LOCAL
            or obj.is_built
            or obj.state == RetrievalProfile.State.CLEARING
        )
        return bool(super().has_delete_permission(request, obj)) and not is_kept

    def has_use_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer the switch for what is neither in use nor on its way."""
        profile = RetrievalProfile.objects.filter(pk=object_id or 0).first()
        waits = profile is not None and not profile.is_active and profile.state != RetrievalProfile.State.BUILDING
        return waits and bool(self.has_change_permission(request))

    def has_check_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to ask an endpoint."""
        is_endpoint = RetrievalProfile.objects.filter(
            pk=object_id or 0, embedder=RetrievalProfile.Embedder.ENDPOINT
        ).exists()
        return is_endpoint and bool(self.has_change_permission(request))

    @confirmed(
        label="Use for searches",
        title="Build an index with this model and switch to it?",
        text="Every published article is embedded anew; an endpoint may charge for it. Searches go on with the present "
        "model until all is done, and stay with it when something fails.",
        button="Build and switch",
        permission="use",
    )
    def use(self, press: Press) -> str:
        """Ask for the switch."""
        profile = profiles.choose_profile(profile_id=press.pk)
        return f"{profile.name} is being built. This page shows how far it is."

    @confirmed(
        label="Check the endpoint",
        title="Check the endpoint?",
        text="Embeds one short text.",
        button="Check",
        permission="check",
    )
    def check_endpoint(self, press: Press) -> Done:
        """Ask the endpoint."""
        return told_of(profiles.check_profile(profile_id=press.pk))

    @display(description="Model")
    def model_name(self, obj: RetrievalProfile) -> str:
        """Name the model."""
        return obj.model or obj.get_embedder_display()

    @display(description="State", label=STATE_COLOURS)
    def state_name(self, obj: RetrievalProfile) -> str:
        """Name the state."""
        return "In use" if obj.is_active else obj.get_state_display()

    @display(description="Progress")
    def progress(self, obj: RetrievalProfile) -> str:
        """Tell how far a build is."""
        if obj.state != RetrievalProfile.State.BUILDING:
            return "–"
        return f"{obj.done} of {obj.total} articles"

    @display(description="Trouble")
    def trouble(self, obj: RetrievalProfile) -> str:
        """Say what failed last: the build, or a question that had to be searched by words only."""
        return obj.failure or (obj.query_failure and f"Words only: {obj.query_failure}") or "–"
