"""Queue entries of integrations."""

from huey.contrib.djhuey import db_task

from integrations.services import executions


@db_task()
def run_approved(execution_id: int) -> None:
    """Make the call that people approved."""
    executions.run_approved(execution_id)
