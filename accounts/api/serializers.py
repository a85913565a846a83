"""What the API says about contacts and organizations."""

from rest_framework import serializers

from accounts.models import Contact, Organization


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    """A customer company."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Organization
        fields = ("id", "name", "plan", "mrr_cents", "external_id", "created_at", "updated_at")
        read_only_fields = fields


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A customer's person; `organization` and `brand` are ids."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    organization = serializers.UUIDField(source="organization.public_id", read_only=True, allow_null=True)
    brand = serializers.CharField(source="brand.slug", read_only=True, allow_null=True, help_text="The brand's slug.")
    plan = serializers.CharField(source="current_plan", read_only=True)

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
            "locale",
            "last_seen_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields
