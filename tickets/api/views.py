"""REST: tickets, their messages, and the AI agent's runs."""

import uuid
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts import permissions
from accounts.api.permissions import CanSeeInbox, HasScope
from accounts.models import ApiToken, IdentityLevel
from accounts.selectors import default_brand
from accounts.services.contacts import contact_for_address
from supportai.core.actors import Actor
from supportai.core.api.bodies import valid
from supportai.core.api.idempotency import IDEMPOTENCY_KEY, once
from supportai.core.api.paging import KeysetPagination
from supportai.core.errors import NotAllowedError
from supportai.core.models import JSONDict
from tickets import selectors
from tickets.api.filters import RunFilter, TicketFilter
from tickets.api.serializers import (
    MessageSerializer,
    NewMessageSerializer,
    NewTicketSerializer,
    RunDetailSerializer,
    RunSerializer,
    TicketChangeSerializer,
    TicketSerializer,
)
from tickets.models import AgentRun, Channel, Message, Ticket
from tickets.services import lifecycle, messages

READERS = (IsAuthenticated, HasScope, CanSeeInbox)


class OldestFirstPagination(KeysetPagination):
    """Pages of a conversation in the order it was said."""

    ordering = ("sequence",)


def user_id_of(request: Request) -> int:
    """Give the primary key of the token's user; READERS let nobody else in."""
    return int(request.user.pk or 0)


def need(is_allowed: bool, right: str) -> None:
    """Refuse what the token's user may not do.

    Raises:
        NotAllowedError: the right is missing.
    """
    if not is_allowed:
        raise NotAllowedError(f"The user of this token may not {right}.")


@extend_schema_view(
    list=extend_schema(summary="List tickets, newest first"), retrieve=extend_schema(summary="Read a ticket")
)
class TicketViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Ticket]):
    """Customer problems."""

    permission_classes = READERS
    serializer_class = TicketSerializer
    filterset_class = TicketFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Ticket.objects.none()

    def get_queryset(self) -> QuerySet[Ticket]:
        return Ticket.objects.select_related("contact", "brand", "team", "assignee")

    @extend_schema(
        summary="Open a ticket with a customer's message",
        request=NewTicketSerializer,
        responses={201: TicketSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        need(permissions.can_reply(request.user), "open tickets")
        given = valid(NewTicketSerializer(data=request.data))
        return once(request, lambda: (self._opened(request, given), status.HTTP_201_CREATED))

    @extend_schema(
        summary="Resolve, reopen or assign a ticket",
        request=TicketChangeSerializer,
        responses={200: TicketSerializer},
    )
    def partial_update(self, request: Request, public_id: UUID) -> Response:
        need(permissions.can_resolve(request.user), "resolve or assign tickets")
        ticket = get_object_or_404(self.get_queryset(), public_id=public_id)
        given = valid(TicketChangeSerializer(data=request.data))
        change_ticket(ticket, given, Actor.staff(user_id_of(request)))
        return Response(self.get_serializer(self.get_queryset().get(pk=ticket.pk)).data)

    def _opened(self, request: Request, data: JSONDict) -> JSONDict:
        message = open_ticket(data, token=cast("ApiToken", request.auth))
        ticket = self.get_queryset().get(pk=message.ticket_id)
        return dict(self.get_serializer(ticket).data)


@transaction.atomic
def open_ticket(data: JSONDict, *, token: ApiToken) -> Message:
    """Store a customer's message for an address, at the identity level that the token may give.

    Raises:
        NotAllowedError: the level is more than claimed and the token may not vouch.
    """
    level = IdentityLevel(data["identity_level"])
    is_vouched = level != IdentityLevel.CLAIMED
    if is_vouched and not token.allows(ApiToken.Scope.VOUCH):
        raise NotAllowedError("Only a token that may vouch can say that a customer's identity is verified.")
    brand = data.get("brand") or default_brand()
    contact = contact_for_address(
        brand_id=brand.pk, email=data["email"], name=data.get("name", ""), is_vouched=is_vouched
    )
    return messages.post_customer_message(
        contact_id=contact.pk,
        brand_id=brand.pk,
        ticket_public_id=None,
        client_id=uuid.uuid4(),
        text=data["text"],
        identity_level=level,
        channel=Channel.API,
    )


@transaction.atomic
def change_ticket(ticket: Ticket, changes: JSONDict, actor: Actor) -> None:
    """Assign, resolve or reopen; a status that holds already is left alone."""
    if "assignee" in changes:
        user = changes["assignee"]
        lifecycle.assign(ticket_id=ticket.pk, user_id=user.pk if user else None, actor=actor)
    wants_resolved = {"resolved": True, "open": False}.get(changes.get("status", ""))
    if wants_resolved is True and not ticket.is_resolved:
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=actor)
    elif wants_resolved is False and ticket.is_resolved:
        lifecycle.reopen(ticket_id=ticket.pk, actor=actor)


@extend_schema_view(list=extend_schema(summary="List a ticket's messages, oldest first"))
class MessageViewSet(ListModelMixin, GenericViewSet[Message]):
    """What was said on a ticket, with internal notes."""

    permission_classes = READERS
    serializer_class = MessageSerializer
    pagination_class = OldestFirstPagination
    queryset = Message.objects.none()

    def get_queryset(self) -> QuerySet[Message]:
        ticket = get_object_or_404(Ticket, public_id=self.kwargs["ticket_id"])
        return selectors.conversation(ticket_id=ticket.pk, is_staff=True)

    @extend_schema(
        summary="Answer the customer, or write a note",
        request=NewMessageSerializer,
        responses={201: MessageSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request, ticket_id: UUID) -> Response:
        need(permissions.can_reply(request.user), "answer customers")
        ticket = get_object_or_404(Ticket, public_id=ticket_id)
        given = valid(NewMessageSerializer(data=request.data))
        return once(request, lambda: (self._posted(request, ticket, given), status.HTTP_201_CREATED))

    def _posted(self, request: Request, ticket: Ticket, data: JSONDict) -> JSONDict:
        post = messages.post_note if data["kind"] == Message.Kind.NOTE else messages.post_staff_reply
        message = post(ticket_id=ticket.pk, user_id=user_id_of(request), client_id=uuid.uuid4(), text=data["text"])
        return dict(self.get_serializer(message).data)


@extend_schema_view(
    list=extend_schema(summary="List the AI agent's runs, newest first"),
    retrieve=extend_schema(summary="Read a run with its steps"),
)
class RunViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[AgentRun]):
    """The AI agent's journal."""

    permission_classes = READERS
    filterset_class = RunFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = AgentRun.objects.none()

    def get_serializer_class(self) -> Any:
        return RunDetailSerializer if self.action == "retrieve" else RunSerializer

    def get_queryset(self) -> QuerySet[AgentRun]:
        runs = AgentRun.objects.select_related("ticket")
        return runs.prefetch_related("steps") if self.action == "retrieve" else runs
