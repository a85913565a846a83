"""REST: installations, executions, and approvals with people's decisions."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts import permissions
from accounts.api.permissions import CanSeeInbox, HasScope
from accounts.models import User
from integrations import selectors
from integrations.api.filters import ApprovalFilter, ExecutionFilter, InstallationFilter
from integrations.api.serializers import (
    ApprovalSerializer,
    DenialSerializer,
    ExecutionSerializer,
    InstallationSerializer,
)
from integrations.models import ActionExecution, Approval, Installation
from integrations.services import approvals
from supportai.core.api.bodies import valid
from supportai.core.api.idempotency import IDEMPOTENCY_KEY, once
from supportai.core.errors import NotAllowedError
from supportai.core.models import JSONDict

READERS = (IsAuthenticated, HasScope, CanSeeInbox)


@extend_schema_view(
    list=extend_schema(summary="List connected accounts, newest first"),
    retrieve=extend_schema(summary="Read a connected account"),
)
class InstallationViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Installation]):
    """Connected accounts of other systems."""

    permission_classes = READERS
    serializer_class = InstallationSerializer
    filterset_class = InstallationFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Installation.objects.none()

    def get_queryset(self) -> QuerySet[Installation]:
        return selectors.installations()


@extend_schema_view(
    list=extend_schema(summary="List executions of actions, newest first"),
    retrieve=extend_schema(summary="Read an execution"),
)
class ExecutionViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[ActionExecution]):
    """What the AI agent called, for whom, and what came of it."""

    permission_classes = READERS
    serializer_class = ExecutionSerializer
    filterset_class = ExecutionFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = ActionExecution.objects.none()

    def get_queryset(self) -> QuerySet[ActionExecution]:
        return selectors.executions()


@extend_schema_view(
    list=extend_schema(summary="List approvals, newest first"), retrieve=extend_schema(summary="Read an approval")
)
class ApprovalViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Approval]):
    """Calls that wait, or waited, for people."""

    permission_classes = READERS
    serializer_class = ApprovalSerializer
    filterset_class = ApprovalFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    queryset = Approval.objects.none()

    def get_queryset(self) -> QuerySet[Approval]:
        return selectors.approvals()

    @extend_schema(
        summary="Say yes to the call",
        description="The right that counts is the token's user's, with their own limit; the last yes needed sends it.",
        request=None,
        responses={200: ApprovalSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, public_id: UUID) -> Response:
        approval = selectors.approval_by_public_id(public_id)
        execution = approval.execution
        person = _who_may_decide(request, amount_cents=execution.amount_cents, risk=execution.risk)

        def decide() -> tuple[JSONDict, int]:
            approvals.approve(approval_id=approval.pk, user_id=person.pk)
            return self._shown(public_id), status.HTTP_200_OK

        return once(request, decide)

    @extend_schema(
        summary="Say no to the call",
        request=DenialSerializer,
        responses={200: ApprovalSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    def deny(self, request: Request, public_id: UUID) -> Response:
        approval = selectors.approval_by_public_id(public_id)
        person = _who_may_decide(request)
        given = valid(DenialSerializer(data=request.data))

        def decide() -> tuple[JSONDict, int]:
            approvals.deny(approval_id=approval.pk, user_id=person.pk, why=given["why"])
            return self._shown(public_id), status.HTTP_200_OK

        return once(request, decide)

    def _shown(self, public_id: UUID) -> JSONDict:
        return dict(self.get_serializer(selectors.approval_by_public_id(public_id)).data)


def _who_may_decide(request: Request, *, amount_cents: int | None = None, risk: str = "") -> User:
    """Give the token's user.

    Raises:
        NotAllowedError: the right is missing, or the action is above the person's own limit.
    """
    person = request.user
    if not isinstance(person, User) or not permissions.can_approve_action(person, amount_cents=amount_cents, risk=risk):
        raise NotAllowedError("The user of this token may not decide on this action.")
    return person
