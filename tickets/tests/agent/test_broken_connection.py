"""A database connection that dies under a run costs an attempt, not the rest of its lease."""

import pytest
from django.db import OperationalError, connection

from tickets.agent.loop import run_agent
from tickets.models import AgentRun
from tickets.tests.agent.scripted import HELLO, Scripted, agent_texts
from tickets.tests.factories import AgentRunFactory, MessageFactory


def lose_connection() -> None:
    """End the connection below Django, as a server that restarts does."""
    connection.connection.close()
    raise OperationalError("server closed the connection unexpectedly")


# SQLite's connections are files, which do not die under their processes.
@pytest.mark.live("DATABASE_URL")
@pytest.mark.django_db(transaction=True)
def test_the_run_is_queued_again_at_once_and_then_answers(monkeypatch):
    policy = Scripted(HELLO)
    policy.before = lose_connection
    monkeypatch.setattr("tickets.agent.loop.choose_policy", lambda screen, settings: policy)
    run = AgentRunFactory(state="queued", input_sequence=1)
    MessageFactory(ticket=run.ticket, sequence=1, author="customer")
    assert run_agent(run.pk) is None
    run.refresh_from_db()
    assert (run.state, run.lease_until) == (AgentRun.State.QUEUED, None)
    policy.before = lambda: None
    run_agent(run.pk)
    assert agent_texts(run) == ["Good day."]
