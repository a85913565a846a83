"""Who answers a ticket, and what stops when that changes."""

import pytest

from accounts.tests.factories import UserFactory
from supportai.core import clock
from tickets.events import RunProgressed, TicketChanged
from tickets.models import AgentRun, Handoff
from tickets.services import ownership
from tickets.tests.factories import AgentRunFactory, HandoffFactory, PersonTicketFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_it_tells_whether_the_ai_agent_had_the_ticket():
    ticket = TicketFactory()
    assert ownership.give_to_person(ticket, user_id=None)
    assert not ownership.give_to_person(ticket, user_id=None)


def test_a_ticket_can_wait_for_any_person():
    handoff = HandoffFactory()
    ownership.give_to_person(handoff.ticket, user_id=None)
    handoff.refresh_from_db()
    handoff.ticket.refresh_from_db()
    assert (handoff.state, handoff.accepted_by) == (Handoff.State.QUEUED, None)
    assert (handoff.ticket.handler, handoff.ticket.assignee) == ("person", None)


def test_the_first_person_becomes_the_assignee_and_the_second_does_not():
    ticket, ines, jonas = TicketFactory(), UserFactory(), UserFactory()
    ownership.give_to_person(ticket, user_id=ines.pk)
    ownership.give_to_person(ticket, user_id=jonas.pk)
    ticket.refresh_from_db()
    assert ticket.assignee == ines


def test_giving_is_announced_after_commit(seen, django_capture_on_commit_callbacks):
    run = AgentRunFactory(state="queued")
    with django_capture_on_commit_callbacks(execute=True):
        ownership.give_to_person(run.ticket, user_id=None)
        assert seen == []
    assert seen == [RunProgressed(ticket_id=run.ticket_id, run_id=run.pk), TicketChanged(ticket_id=run.ticket_id)]


def test_only_runs_of_this_ticket_are_cancelled():
    run, other = AgentRunFactory(state="running"), AgentRunFactory(state="running")
    ownership.cancel_runs(run.ticket)
    run.refresh_from_db()
    other.refresh_from_db()
    assert (run.state, other.state) == (AgentRun.State.CANCELLED, AgentRun.State.RUNNING)


def test_an_accepted_handoff_stays_with_who_accepted_it():
    ines, jonas = UserFactory(), UserFactory()
    handoff = HandoffFactory(state=Handoff.State.ACCEPTED, accepted_by=ines, accepted_at=clock.now())
    ownership.give_to_person(handoff.ticket, user_id=jonas.pk)
    handoff.refresh_from_db()
    assert handoff.accepted_by == ines


@pytest.mark.parametrize("state", Handoff.OPEN)
def test_an_open_handoff_is_closed_as_told(state):
    handoff = HandoffFactory(state=state)
    ownership.close_handoffs(handoff.ticket, Handoff.State.RETURNED)
    handoff.refresh_from_db()
    assert handoff.state == Handoff.State.RETURNED


def test_a_handoff_that_ended_before_keeps_its_end():
    handoff = HandoffFactory(state=Handoff.State.RETURNED, ticket=PersonTicketFactory())
    ownership.close_handoffs(handoff.ticket, Handoff.State.CLOSED)
    handoff.refresh_from_db()
    assert handoff.state == Handoff.State.RETURNED
