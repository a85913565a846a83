"""Reads of installations, executions and approvals."""

from uuid import UUID

from django.db.models import QuerySet

from integrations.models import ActionExecution, Approval, Installation
from supportai.core.errors import NotFoundError


def installations() -> QuerySet[Installation]:
    """Give installations with what they are bound to."""
    return Installation.objects.prefetch_related("bindings")


def executions() -> QuerySet[ActionExecution]:
    """Give executions with whom they are for, where they went and who had to agree."""
    return ActionExecution.objects.select_related("contact", "installation", "approval")


def approvals() -> QuerySet[Approval]:
    """Give approvals with the frozen call they are about."""
    return Approval.objects.select_related("execution__contact", "execution__installation")


def approval_by_public_id(public_id: UUID) -> Approval:
    """Give an approval.

    Raises:
        NotFoundError: there is none.
    """
    approval = approvals().filter(public_id=public_id).first()
    if approval is None:
        raise NotFoundError("There is no such approval.")
    return approval
