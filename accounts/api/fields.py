"""Fields of requests that name something by its public id or slug; a name of nothing is the field's mistake."""

from typing import Any

from rest_framework import serializers

from accounts.models import Brand, Organization, User
from accounts.selectors import active_staff


class BrandField(serializers.CharField):
    """Reads a brand's slug; no field of slugs, since its pattern would be held against the brand."""

    default_error_messages = {"unknown": "There is no such brand."}

    def to_internal_value(self, data: Any) -> Any:
        """Give the brand."""
        brand = Brand.objects.filter(slug=super().to_internal_value(data)).first()
        return brand or self.fail("unknown")


class OrganizationField(serializers.UUIDField):
    """Reads an organization's id."""

    default_error_messages = {"unknown": "There is no such organization."}

    def to_internal_value(self, data: Any) -> Any:
        """Give the organization."""
        found = Organization.objects.filter(public_id=super().to_internal_value(data)).first()
        return found or self.fail("unknown")


class StaffField(serializers.UUIDField):
    """Reads the id of a member of staff who may sign in."""

    default_error_messages = {"unknown": "There is no such member of staff."}

    def to_internal_value(self, data: Any) -> Any:
        """Give the person."""
        found: User | None = active_staff().filter(public_id=super().to_internal_value(data)).first()
        return found or self.fail("unknown")
