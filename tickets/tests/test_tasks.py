"""Queue entries take ids and are safe to run twice."""

from datetime import timedelta

import pytest

from supportai.core import clock
from tickets import tasks
from tickets.models import AgentConfiguration, AgentRun
from tickets.tests.factories import AgentRunFactory, ResolvedTicketFactory, TicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked_on(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr("tickets.agent.loop.run_agent", ids.append)
    return ids


def test_a_run_is_worked_on_by_its_id(worked_on):
    tasks.work_on_run(7)
    assert worked_on == [7]


def test_a_resolved_episode_is_learned_from(monkeypatch):
    learned = []
    monkeypatch.setattr("tickets.services.learning.learn_from", lambda **given: learned.append(given))
    ticket = ResolvedTicketFactory()
    tasks.learn_from_ticket(ticket.pk, 1)
    assert learned == [{"ticket_id": ticket.pk, "episode": 1}]


def test_lost_runs_are_enqueued_again(worked_on):
    run = AgentRunFactory(state=AgentRun.State.QUEUED)
    AgentRunFactory(state=AgentRun.State.COMPLETED)
    assert tasks.enqueue_due_runs() == 0
    with clock.moved(timedelta(seconds=2)):
        assert tasks.enqueue_due_runs() == 1
    assert worked_on == [run.pk]


def test_a_task_for_a_run_that_is_over_does_nothing():
    run = AgentRunFactory(state=AgentRun.State.COMPLETED)
    tasks.work_on_run(run.pk)
    tasks.work_on_run(404)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (AgentRun.State.COMPLETED, 0)


def test_silence_is_as_long_as_the_lead_set_it():
    AgentConfiguration.objects.create(silence_hours=2)
    ticket = TicketFactory(status="pending", last_message_at=clock.now() - timedelta(hours=1))
    AgentRunFactory(ticket=ticket)
    assert tasks.resolve_silent_tickets() == 0
    with clock.moved(timedelta(hours=2)):
        assert tasks.resolve_silent_tickets() == 1
