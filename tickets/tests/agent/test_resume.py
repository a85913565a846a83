"""What a restarted worker does with a run that was killed between its last step and its end."""

import pytest

from tickets.agent.loop import run_agent
from tickets.models import AgentRun, AgentStep, Ticket
from tickets.tests.agent.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(django_capture_on_commit_callbacks):
    return Desk(django_capture_on_commit_callbacks)


def killed_before_its_end(desk) -> AgentRun:
    """Give the desk's last run as a kill would leave it: its steps are journalled, it still counts as waiting."""
    run = desk.run()
    AgentRun.objects.filter(pk=run.pk).update(state=AgentRun.State.QUEUED, finished_at=None)
    return run


def test_a_run_that_had_asked_waits_for_the_customer_and_asks_nothing_more(desk):
    desk.say("I was billed twice")
    run = killed_before_its_end(desk)
    said, steps = desk.replies(), run.steps.count()
    assert run_agent(run.pk) == AgentRun.State.WAITING_CUSTOMER
    assert (desk.replies(), run.steps.count()) == (said, steps)


def test_a_run_that_had_resolved_only_ends(desk):
    desk.say("I was billed twice")
    desk.say("yes")
    run = killed_before_its_end(desk)
    said, steps = desk.replies(), run.steps.count()
    assert run_agent(run.pk) == AgentRun.State.COMPLETED
    assert (desk.replies(), run.steps.count(), desk.refunded()) == (said, steps, [0, 4900])
    assert not desk.ticket.handoffs.exists()


def test_a_run_that_had_answered_still_resolves(desk):
    desk.say("I was billed twice")
    desk.say("yes")
    run = killed_before_its_end(desk)
    run.steps.filter(kind=AgentStep.Kind.RESOLVE).delete()
    Ticket.objects.update(status=Ticket.Status.PENDING, resolved_at=None, resolved_by="", ledger="")
    said = desk.replies()
    assert run_agent(run.pk) == AgentRun.State.COMPLETED
    desk.ticket.refresh_from_db()
    assert (desk.ticket.status, desk.ticket.ledger) == ("resolved", "verified")
    assert (desk.replies(), desk.refunded()) == (said, [0, 4900])


def test_a_run_that_had_handed_off_makes_no_second_handoff(desk):
    desk.say("Let me speak to a person please")
    run = killed_before_its_end(desk)
    said = desk.replies()
    run_agent(run.pk)
    assert desk.replies() == said
    assert desk.ticket.handoffs.count() == 1
