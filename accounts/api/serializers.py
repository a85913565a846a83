"""What the API says about contacts and organizations, and what trusted systems tell it."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.api.fields import BrandField, OrganizationField
from accounts.models import Contact, Organization
from supportai.core.api.bodies import BIGGEST, Body, Shown

NORTHWIND = {
    "id": "0b9a1f6e-9f1c-4f39-8d3e-5a3c0f6f2d11",
    "name": "Northwind",
    "plan": "business",
    "mrr_cents": 49900,
    "external_id": "org_7",
    "created_at": "2026-11-24T09:30:00Z",
    "updated_at": "2026-11-24T09:30:00Z",
}
ANA = {
    "id": "5f0c2a3b-7c58-4f1d-9b5b-0d8a6f3e2c47",
    "email": "ana@northwind.example",
    "name": "Ana Ruiz",
    "is_verified": True,
    "external_id": "user_4711",
    "organization": NORTHWIND["id"],
    "brand": "fernway",
    "plan": "business",
    "roles": ["admin"],
    "locale": "es",
    "last_seen_at": "2026-11-24T10:02:11Z",
    "created_at": "2026-11-24T09:30:00Z",
    "updated_at": "2026-11-24T10:02:11Z",
}


@extend_schema_serializer(examples=[OpenApiExample("An organization", NORTHWIND, response_only=True)])
class OrganizationSerializer(Shown):
    """A customer company."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Organization
        fields = ("id", "name", "plan", "mrr_cents", "external_id", "created_at", "updated_at")
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("A contact", ANA, response_only=True)])
class ContactSerializer(Shown):
    """A customer's person; `organization` is an id, `plan` the organization's, else the contact's own."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    organization = serializers.UUIDField(source="organization.public_id", read_only=True, allow_null=True)
    brand = serializers.CharField(source="brand.slug", read_only=True, allow_null=True, help_text="The brand's slug.")
    plan = serializers.CharField(source="current_plan", read_only=True)
    roles = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="What your system calls this person."
    )

    class Meta:
        model = Contact
        fields = (
            "id",
            "email",
            "name",
            "is_verified",
            "external_id",
            "organization",
            "brand",
            "plan",
            "roles",
            "locale",
            "last_seen_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ChangeOrganizationSerializer(Body):
    """A change of an organization; what is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    plan = serializers.ChoiceField(choices=Organization.Plan.choices, required=False, allow_blank=True)
    mrr_cents = serializers.IntegerField(
        min_value=0, max_value=BIGGEST, required=False, help_text="Recurring revenue a month, in cents."
    )
    external_id = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Its id in your own system; from then on a signed identity must name it.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A company of your system",
            {"name": "Northwind", "external_id": "org_7", "plan": "business", "mrr_cents": 49900},
            request_only=True,
        )
    ]
)
class NewOrganizationSerializer(ChangeOrganizationSerializer):
    """A new organization."""

    name = serializers.CharField(max_length=200)


class ChangeContactSerializer(Body):
    """A change of a verified contact; what is left out stays."""

    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    external_id = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The person's id in your own system."
    )
    organization = OrganizationField(required=False, allow_null=True, help_text="An organization's id, or null.")
    plan = serializers.ChoiceField(
        choices=Organization.Plan.choices,
        required=False,
        allow_blank=True,
        help_text="The person's own; an organization's plan goes first.",
    )
    roles = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=50, required=False, help_text='Such as ["admin"].'
    )
    locale = serializers.CharField(max_length=20, required=False, allow_blank=True, help_text="Such as es or pt-BR.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A person of your system",
            {
                "brand": "fernway",
                "external_id": "user_4711",
                "email": "ana@northwind.example",
                "name": "Ana Ruiz",
                "organization": NORTHWIND["id"],
            },
            request_only=True,
        )
    ]
)
class NewContactSerializer(ChangeContactSerializer):
    """A person whom your system knows; `email` or `external_id` is needed."""

    brand = BrandField(required=False, help_text="The brand's slug; without it the first brand.")
