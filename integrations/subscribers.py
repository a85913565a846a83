"""Reactions of integrations: approved calls are made, unfinished ones are settled, old questions expire."""

from integrations import tasks
from integrations.events import ApprovalDecided
from integrations.models import Approval
from integrations.services.approvals import expire_approvals
from integrations.services.calls import resume_executions
from supportai.core.events import subscribe
from supportai.core.sweeps import sweep

sweep(resume_executions)
sweep(expire_approvals)


@subscribe(ApprovalDecided)
def run_approved_call(event: ApprovalDecided) -> None:
    """Let a worker make the call that people approved."""
    if event.state == Approval.State.APPROVED:
        tasks.run_approved(event.execution_id)
