"""Admin page of brands: look, languages, sites, and the keys that sign identities."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminTextareaWidget

from accounts.models import Brand
from accounts.services import brands
from supportai.core.admin import ConfigurationAdmin, Done, Press, confirmed
from supportai.core.forms import LinesField

SHOWN_ONCE = "New signing key, shown only now: {key}"


class BrandForm(forms.ModelForm):
    """A brand without JSON: lists are lines."""

    suggestions = LinesField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Up to four questions offered in an empty conversation, one a line.",
    )
    languages = LinesField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="ISO 639-1 codes that the AI agent answers in, such as en, one a line; the first is the default.",
    )
    allowed_origins = LinesField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Sites that may embed the widget, such as https://app.example.com, one a line. "
        "Our own pages always may.",
    )

    class Meta:
        model = Brand
        fields = (
            "name",
            "slug",
            "color",
            "greeting",
            "suggestions",
            "languages",
            "allowed_origins",
            "identity_required",
        )
        widgets = {"color": UnfoldAdminColorInputWidget}


@admin.register(Brand)
class BrandAdmin(ConfigurationAdmin):
    """Keys are never shown again; a new one is shown once, and the old one stays good until it is dropped."""

    empty_hint = "A brand gives the widget its look, and its page has the line for your site."
    form = BrandForm
    list_display = ("name", "slug", "identity_required", "updated_at")
    search_fields = ("name", "slug")
    actions_detail = ("new_key", "drop_old_key")
    fieldsets = (
        (None, {"fields": (("name", "slug"),)}),
        ("Widget", {"fields": ("color", "greeting", "suggestions", "languages")}),
        ("Who may use it", {"fields": ("allowed_origins", "identity_required")}),
    )
    add_fieldsets = fieldsets
    readonly_fields = ("embed_code",)

    def get_fieldsets(self, request: HttpRequest, obj: Brand | None = None) -> Any:
        """Show how the widget gets onto a page once there is a brand."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None else (*fieldsets, ("On your pages", {"fields": ("embed_code",)}))

    @admin.display(description="Script tag")
    def embed_code(self, obj: Brand) -> str:
        """Write the tag to copy; who signs customers in adds `data-identity`."""
        return format_html(
            "<code>{}</code>",
            f'<script src="{settings.PUBLIC_URL}/widget/widget.js" data-brand="{obj.slug}" async></script>',
        )

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        """Store the brand and show the key of a new one."""
        super().save_model(request, obj, form, change)
        if not change:
            messages.warning(request, SHOWN_ONCE.format(key=obj.signing_key))

    def has_delete_permission(self, request: HttpRequest, obj: Brand | None = None) -> bool:
        """Refuse once somebody has used it: contacts and tickets belong to it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.contacts.exists())

    def has_rotate_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Let those rotate keys who may change brands."""
        return bool(self.has_change_permission(request))

    @confirmed(
        label="New signing key",
        title="Make a new signing key?",
        text="The present key stays good as the old one, so that nobody is signed out while you change your server. An "
        "older one stops working now.",
        button="Make a new key",
        permission="rotate",
    )
    def new_key(self, press: Press) -> Done:
        """Make a new key and show it once."""
        brand = brands.rotate_signing_key(brand_id=press.pk)
        return Done(SHOWN_ONCE.format(key=brand.signing_key), messages.WARNING)

    @confirmed(
        label="Drop the old key",
        title="Drop the old signing key?",
        text="Identities signed with it are refused from now on.",
        button="Drop the old key",
        permission="rotate",
    )
    def drop_old_key(self, press: Press) -> str:
        """End a rotation."""
        brands.drop_previous_key(brand_id=press.pk)
        return "Only the present key is accepted now."
