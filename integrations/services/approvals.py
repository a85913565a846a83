"""Decide on approvals: people say yes or no to a frozen call; running out never means yes."""

from django.db import transaction

from accounts.models import User
from integrations.errors import ApprovalNotPendingError, ApprovedTwiceError
from integrations.events import ApprovalDecided, ExecutionFinished
from integrations.models import ActionExecution, Approval
from supportai.core import clock
from supportai.core.events import publish

State = Approval.State


@transaction.atomic
def approve(*, approval_id: int, user_id: int) -> Approval:
    """Note a person's yes; with the last one needed, the call is made after commit.

    Raises:
        ApprovalNotPendingError: it was decided before, or ran out.
        ApprovedTwiceError: another person must be the second.
    """
    approval = _pending(approval_id)
    if any(d["user_id"] == user_id and d["is_yes"] for d in approval.decisions):
        raise ApprovedTwiceError("You approved this already; a second person is needed.")
    _note(approval, user_id=user_id, is_yes=True)
    if sum(d["is_yes"] for d in approval.decisions) >= approval.needed:
        _end(approval, State.APPROVED)
        ActionExecution.objects.filter(pk=approval.execution_id, state=ActionExecution.State.PLANNED).update(
            state=ActionExecution.State.APPROVED, updated_at=clock.now()
        )
    return approval


@transaction.atomic
def deny(*, approval_id: int, user_id: int, why: str = "") -> Approval:
    """Note a person's no, which ends it.

    Raises:
        ApprovalNotPendingError: it was decided before, or ran out.
    """
    approval = _pending(approval_id)
    _note(approval, user_id=user_id, is_yes=False, why=why)
    _end(approval, State.DENIED)
    _fail(approval, f"Denied. {why}".strip())
    return approval


def expire_approvals() -> int:
    """End what nobody decided in time, without doing it; returns how many."""
    due = Approval.objects.filter(state=State.PENDING, expires_at__lt=clock.now()).values_list("pk", flat=True)
    return sum(_expire(pk) for pk in list(due))


@transaction.atomic
def _expire(approval_id: int) -> bool:
    try:
        approval = _pending(approval_id, also_late=True)
    except ApprovalNotPendingError:
        return False
    _end(approval, State.EXPIRED)
    _fail(approval, "Nobody decided in time.")
    return True


def _pending(approval_id: int, *, also_late: bool = False) -> Approval:
    approval = Approval.objects.select_for_update(of=("self",), no_key=True).get(pk=approval_id)
    is_late = approval.expires_at < clock.now() and not also_late
    if approval.state != State.PENDING or is_late:
        raise ApprovalNotPendingError("This was decided before, or ran out.")
    return approval


def _note(approval: Approval, *, user_id: int, is_yes: bool, why: str = "") -> None:
    user = User.objects.get(pk=user_id)
    decision = {
        "user_id": user.pk,
        "name": str(user),
        "is_yes": is_yes,
        "why": why[:300],
        "at": clock.now().isoformat(),
    }
    approval.decisions = [*approval.decisions, decision]
    approval.save(update_fields=["decisions"])


def _end(approval: Approval, state: Approval.State) -> None:
    approval.state, approval.decided_at = state, clock.now()
    approval.save(update_fields=["state", "decided_at"])
    publish(ApprovalDecided(approval_id=approval.pk, execution_id=approval.execution_id, state=state))


def _fail(approval: Approval, error: str) -> None:
    execution = ActionExecution.objects.get(pk=approval.execution_id)
    execution.state, execution.error, execution.finished_at = ActionExecution.State.FAILED, error[:500], clock.now()
    execution.save(update_fields=["state", "error", "finished_at"])
    publish(ExecutionFinished(execution_id=execution.pk, caller=execution.caller, state=execution.state))
