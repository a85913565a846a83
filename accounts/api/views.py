"""REST: contacts and organizations."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import GenericViewSet

from accounts import selectors
from accounts.api.filters import ContactFilter, OrganizationFilter
from accounts.api.permissions import CanSeeInbox, HasScope
from accounts.api.serializers import ContactSerializer, OrganizationSerializer
from accounts.models import Contact, Organization


@extend_schema_view(
    list=extend_schema(summary="List contacts, newest first"), retrieve=extend_schema(summary="Read a contact")
)
class ContactViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Contact]):
    """Customers' people, and visitors."""

    permission_classes = (IsAuthenticated, HasScope, CanSeeInbox)
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Contact.objects.none()

    def get_queryset(self) -> QuerySet[Contact]:
        """Give all contacts: one deployment serves one company."""
        return selectors.contacts()


@extend_schema_view(
    list=extend_schema(summary="List organizations, newest first"),
    retrieve=extend_schema(summary="Read an organization"),
)
class OrganizationViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Organization]):
    """Customer companies."""

    permission_classes = (IsAuthenticated, HasScope, CanSeeInbox)
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Organization.objects.none()

    def get_queryset(self) -> QuerySet[Organization]:
        """Give all organizations."""
        return selectors.organizations()
