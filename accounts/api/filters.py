"""What lists of contacts and organizations can be narrowed by."""

import django_filters

from accounts.models import Contact, Organization
from supportai.core.api.filtering import ListFilter


class ContactFilter(ListFilter):
    """By exact address, verification, brand, organization or the id in the other system."""

    email = django_filters.CharFilter(field_name="email", lookup_expr="iexact", help_text="The whole address.")
    organization = django_filters.UUIDFilter(field_name="organization__public_id", help_text="An organization's id.")
    brand = django_filters.CharFilter(field_name="brand__slug", help_text="A brand's slug.")

    class Meta(ListFilter.Meta):
        model = Contact
        fields = ("is_verified", "external_id")


class OrganizationFilter(ListFilter):
    """By part of the name, plan or the id in the other system."""

    name = django_filters.CharFilter(field_name="name", lookup_expr="icontains", help_text="Part of the name.")

    class Meta(ListFilter.Meta):
        model = Organization
        fields = ("plan", "external_id")
