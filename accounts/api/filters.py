"""What lists of contacts and organizations can be narrowed by."""

import django_filters

from accounts.models import Contact, Organization


class ContactFilter(django_filters.FilterSet):
    """By exact address, verification, organization or the id in the other system."""

    email = django_filters.CharFilter(field_name="email", lookup_expr="iexact")
    organization = django_filters.UUIDFilter(field_name="organization__public_id")

    class Meta:
        model = Contact
        fields = ("email", "is_verified", "organization", "external_id")


class OrganizationFilter(django_filters.FilterSet):
    """By part of the name, plan or the id in the other system."""

    name = django_filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = Organization
        fields = ("name", "plan", "external_id")
