"""REST: contacts and organizations."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts import selectors
from accounts.api.filters import ContactFilter, OrganizationFilter
from accounts.api.permissions import CanSeeInbox, HasScope, VouchesToWrite
from accounts.api.serializers import (
    ChangeContactSerializer,
    ChangeOrganizationSerializer,
    ContactSerializer,
    NewContactSerializer,
    NewOrganizationSerializer,
    OrganizationSerializer,
)
from accounts.models import Contact, Organization
from accounts.services import vouched
from supportai.core.api.bodies import valid
from supportai.core.api.idempotency import IDEMPOTENCY_KEY, once
from supportai.core.models import JSONDict

PERMISSIONS = (IsAuthenticated, HasScope, CanSeeInbox, VouchesToWrite)
VOUCHING = "Needs the scopes `write` and `vouch`: what is said here decides whose data the AI agent may speak of."


@extend_schema_view(
    list=extend_schema(summary="List contacts, newest first"), retrieve=extend_schema(summary="Read a contact")
)
class ContactViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Contact]):
    """Customers' people, and visitors."""

    permission_classes = PERMISSIONS
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Contact.objects.none()

    def get_queryset(self) -> QuerySet[Contact]:
        """Give all contacts: one deployment serves one company."""
        return selectors.contacts()

    @extend_schema(
        summary="Add a verified contact",
        description=f"{VOUCHING} The address and the id belong to one verified contact of a brand.",
        request=NewContactSerializer,
        responses={201: ContactSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        facts = valid(NewContactSerializer(data=request.data))

        def add() -> tuple[JSONDict, int]:
            brand = facts.pop("brand", None) or selectors.default_brand()
            contact = vouched.create_contact(brand_id=brand.pk, **facts)
            return self._shown(contact.pk), status.HTTP_201_CREATED

        return once(request, add)

    @extend_schema(
        summary="Change a verified contact",
        description=f"{VOUCHING} What visitors said about themselves cannot be changed.",
        request=ChangeContactSerializer,
        responses={200: ContactSerializer},
    )
    def partial_update(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 - get_object() reads it
        contact = self.get_object()
        vouched.change_contact(contact_id=contact.pk, **valid(ChangeContactSerializer(data=request.data)))
        return Response(self._shown(contact.pk))

    def _shown(self, contact_id: int) -> JSONDict:
        return dict(self.get_serializer(self.get_queryset().get(pk=contact_id)).data)


@extend_schema_view(
    list=extend_schema(summary="List organizations, newest first"),
    retrieve=extend_schema(summary="Read an organization"),
)
class OrganizationViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Organization]):
    """Customer companies."""

    permission_classes = PERMISSIONS
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Organization.objects.none()

    def get_queryset(self) -> QuerySet[Organization]:
        """Give all organizations."""
        return selectors.organizations()

    @extend_schema(
        summary="Add an organization",
        description=f"{VOUCHING} Names and ids are unique.",
        request=NewOrganizationSerializer,
        responses={201: OrganizationSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        facts = valid(NewOrganizationSerializer(data=request.data))

        def add() -> tuple[JSONDict, int]:
            organization = vouched.create_organization(**facts)
            return dict(self.get_serializer(organization).data), status.HTTP_201_CREATED

        return once(request, add)

    @extend_schema(
        summary="Change an organization",
        description=VOUCHING,
        request=ChangeOrganizationSerializer,
        responses={200: OrganizationSerializer},
    )
    def partial_update(self, request: Request, public_id: UUID) -> Response:  # noqa: ARG002 - get_object() reads it
        facts = valid(ChangeOrganizationSerializer(data=request.data))
        organization = vouched.change_organization(organization_id=self.get_object().pk, **facts)
        return Response(self.get_serializer(organization).data)
