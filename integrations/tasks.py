"""Queue entries of integrations."""

from huey.contrib.djhuey import db_task

from integrations.services import calls


@db_task()
def run_approved(execution_id: int) -> None:
    """Make the call that people approved."""
    calls.run_approved(execution_id)
