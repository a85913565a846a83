"""Admin pages of contacts and organizations."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from accounts.models import Contact, Organization
from supportai.core.admin import PlainAdmin


@admin.register(Organization)
class OrganizationAdmin(PlainAdmin):
    """Customer companies; most come from signed identities."""

    empty_hint = "Companies appear with their first signed-in customer."
    list_display = ("name", "plan_name", "monthly_revenue", "people", "created_at")
    list_filter = ("plan",)
    search_fields = ("name", "external_id")
    fieldsets = (
        (None, {"fields": ("name", ("plan", "mrr_cents"))}),
        ("Other systems", {"fields": ("external_id",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Count each company's contacts."""
        rows: QuerySet[Organization] = super().get_queryset(request)
        return rows.annotate(people_count=Count("contacts"))

    @display(description="Plan", ordering="plan", label=True)
    def plan_name(self, obj: Organization) -> str:
        """Name the plan."""
        return obj.get_plan_display()

    @display(description="Monthly revenue", ordering="mrr_cents")
    def monthly_revenue(self, obj: Organization) -> str:
        """Write cents as an amount."""
        return f"{obj.mrr_cents / 100:,.2f}"

    @display(description="Contacts", ordering="people_count")
    def people(self, obj: Any) -> int:
        """Tell how many contacts it has."""
        return int(obj.people_count)


@admin.register(Contact)
class ContactAdmin(PlainAdmin):
    """Customers' people; who they are is decided by how they signed in, not here."""

    empty_hint = "People appear with their first message."
    list_display = ("display_name", "email", "identity", "organization", "brand", "last_seen_at")
    list_filter = ("is_verified", "brand", "plan")
    list_select_related = ("organization", "brand")
    search_fields = ("email", "name", "external_id", "organization__name")
    autocomplete_fields = ("organization",)
    readonly_fields = ("is_verified", "external_id", "roles", "brand", "last_seen_at", "public_id", "created_at")
    fieldsets = (
        (None, {"fields": (("name", "email"), ("organization", "plan"), "locale")}),
        (
            "Identity",
            {
                "fields": ("is_verified", "external_id", "roles", "brand", "last_seen_at", "public_id", "created_at"),
                "description": "Comes from the signed identity of your product; a verified contact owns its address.",
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Refuse: contacts come from conversations and signed identities."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Contact | None = None) -> tuple[str, ...]:
        """Keep a verified address out of reach: it decides whose account the AI agent reads."""
        return (*self.readonly_fields, "email") if obj and obj.is_verified else self.readonly_fields

    @display(description="Identity", ordering="is_verified", label={"Verified": "success", "Claimed": "warning"})
    def identity(self, obj: Contact) -> str:
        """Say how sure we are."""
        return "Verified" if obj.is_verified else "Claimed" if obj.email else "Anonymous"
