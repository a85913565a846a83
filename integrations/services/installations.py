"""Check whether an installation can be used."""

from integrations.actions import connector_for
from integrations.errors import ConnectorError
from integrations.models import Installation

State = Installation.State


def check_installation(*, installation_id: int) -> str:
    """Ask the other system whether it answers, and note the state; returns what was wrong, or nothing."""
    installation = Installation.objects.get(pk=installation_id)
    problem, state = "", State.ACTIVE
    try:
        connector_for(installation).check()
    except ConnectorError as exc:
        problem, state = str(exc), State.REAUTH_REQUIRED if exc.permanent else State.DEGRADED
    installation.state = state
    installation.save(update_fields=["state"])
    return problem
