"""News reaches who it is for: widgets their own messages, staff the doorbell, workers their runs."""

import json
from uuid import uuid4

import pytest

from accounts.tests.factories import ContactFactory, UserFactory
from integrations.events import ExecutionFinished
from integrations.tests.factories import ActionExecutionFactory
from supportai.core import sweeps
from supportai.core.actors import SYSTEM
from supportai.core.events import dispatch
from supportai.core.frames import INBOX_GROUP, contact_group, encode_frame, ticket_group
from supportai.core.models import OutboxEvent
from tickets import events, subscribers, tasks
from tickets.models import AgentRun, AgentStep, Ticket
from tickets.services import lifecycle, messages, runs
from tickets.tests.factories import (
    AgentRunFactory,
    AgentStepFactory,
    CitationFactory,
    MessageFactory,
    NoteFactory,
    PersonTicketFactory,
    ResolvedTicketFactory,
    TicketFactory,
)
from tickets.tests.talk import reply, say

pytestmark = pytest.mark.django_db


def posted(message) -> events.MessagePosted:
    return events.MessagePosted(
        ticket_id=message.ticket_id, message_id=message.pk, author=message.author, kind=message.kind
    )


def to_widget(sent, contact) -> list[dict]:
    return [frame for group, frame in sent if group == contact_group(contact.public_id)]


def test_a_message_reaches_the_contacts_widgets_and_rings_staff(sent):
    message = CitationFactory().message
    ticket = message.ticket
    subscribers.show_message(posted(message))
    groups = [group for group, _ in sent]
    assert groups == [contact_group(ticket.contact.public_id), ticket_group(ticket.public_id), INBOX_GROUP]
    widget, page, inbox = (json.loads(encode_frame(frame)) for _, frame in sent)
    assert (widget["type"], widget["ticket"], widget["message"]["body"]) == (
        "message", str(ticket.public_id), message.body
    )  # fmt: skip
    assert len(widget["message"]["citations"]) == 1
    assert page == {"v": 1, "type": "message", "ticket": str(ticket.public_id), "sequence": 1}
    assert inbox == {"v": 1, "type": "row", "ticket": str(ticket.public_id)}


def test_an_internal_note_rings_staff_alone(sent):
    note = NoteFactory(body="Between us")
    subscribers.show_message(posted(note))
    assert [group for group, _ in sent] == [ticket_group(note.ticket.public_id), INBOX_GROUP]
    assert "Between us" not in str(sent)


def test_a_note_posted_through_the_use_case_never_reaches_the_widget(sent, django_capture_on_commit_callbacks):
    ticket = PersonTicketFactory()
    with django_capture_on_commit_callbacks(execute=True):
        messages.post_note(ticket_id=ticket.pk, user_id=UserFactory().pk, client_id=uuid4(), text="Between us")
    assert sent
    assert to_widget(sent, ticket.contact) == []


def test_a_line_such_as_ines_joined_is_for_both_sides(sent, django_capture_on_commit_callbacks):
    ticket = TicketFactory()
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.take_over(ticket_id=ticket.pk, user_id=UserFactory(name="Ines Moreau").pk)
    bodies = [f["message"]["body"] for f in to_widget(sent, ticket.contact) if f["type"] == "message"]
    assert bodies == ["Ines joined. The AI agent stopped."]


def test_what_one_contact_says_reaches_no_other(sent, django_capture_on_commit_callbacks):
    ana, other = ContactFactory(), ContactFactory()
    say(other)
    with django_capture_on_commit_callbacks(execute=True):
        say(ana)
    assert to_widget(sent, ana)
    assert to_widget(sent, other) == []


def test_status_and_owner_reach_widgets_and_staff(sent):
    ticket = PersonTicketFactory(assignee=UserFactory(name="Ines Moreau"))
    subscribers.show_ticket(events.TicketChanged(ticket_id=ticket.pk))
    (widget_group, widget), (page_group, page), (inbox_group, inbox) = sent
    assert (widget_group, page_group) == (contact_group(ticket.contact.public_id), ticket_group(ticket.public_id))
    assert (widget["ticket"]["handler"], widget["ticket"]["agent_name"]) == ("person", "Ines")
    assert (page["type"], inbox_group, inbox["type"]) == ("ticket", INBOX_GROUP, "row")


def test_a_steps_trace_is_for_staff_alone(sent):
    run = AgentRunFactory()
    subscribers.show_trace(events.RunProgressed(ticket_id=run.ticket_id, run_id=run.pk))
    assert sent == [(ticket_group(run.ticket.public_id), {"type": "trace", "ticket": run.ticket.public_id})]


def test_a_reply_is_shown_before_the_tickets_new_state(sent, django_capture_on_commit_callbacks):
    ticket = PersonTicketFactory()
    with django_capture_on_commit_callbacks(execute=True):
        reply(ticket, UserFactory().pk)
    kinds = [frame["type"] for frame in to_widget(sent, ticket.contact)]
    assert kinds == ["ticket", "message", "ticket"]


def test_a_queued_run_wakes_a_worker(monkeypatch, sent, django_capture_on_commit_callbacks):
    started: list[int] = []
    monkeypatch.setattr("tickets.tasks.work_on_run", started.append)
    with django_capture_on_commit_callbacks(execute=True):
        message = say(ContactFactory())
    assert started == [message.ticket.runs.get().pk]


def test_a_resolved_episode_is_learned_from(monkeypatch, sent, django_capture_on_commit_callbacks):
    learned: list[tuple[int, int]] = []
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda *given: learned.append(given))
    ticket = TicketFactory(episode=2)
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=SYSTEM)
    assert learned == [(ticket.pk, 2)]


def waiting_run(state: str) -> tuple[AgentRun, str]:
    run = AgentRunFactory(state=AgentRun.State.WAITING_EXTERNAL)
    execution = ActionExecutionFactory(caller=f"run:{run.public_id}:1", state=state)
    AgentStepFactory(run=run, kind="act", state=AgentStep.State.DECIDED, output={"execution": str(execution.public_id)})
    return run, execution.caller


def test_a_finished_call_wakes_the_run_that_waits_for_it(sent):
    run, caller = waiting_run("succeeded")
    subscribers.wake_run(ExecutionFinished(execution_id=1, caller=caller, state="succeeded"))
    run.refresh_from_db()
    assert run.state == AgentRun.State.QUEUED


@pytest.mark.parametrize("caller", ["user:5:undo", "", "api"])
def test_a_call_of_somebody_else_wakes_nobody(sent, caller):
    run, _ = waiting_run("succeeded")
    subscribers.wake_run(ExecutionFinished(execution_id=1, caller=caller, state="succeeded"))
    run.refresh_from_db()
    assert run.state == AgentRun.State.WAITING_EXTERNAL


def test_an_event_that_is_dispatched_twice_does_no_harm(sent):
    message = MessageFactory()
    for _ in range(2):
        subscribers.show_message(posted(message))
    assert len(to_widget(sent, message.ticket.contact)) == 2  # the widget knows the sequence already


def test_events_are_dispatched_from_the_outbox_with_all_they_carry(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        say(ResolvedTicketFactory().contact)
    assert not OutboxEvent.objects.filter(dispatched_at=None).exists()
    assert all(dispatch(row.pk) for row in OutboxEvent.objects.all())
    assert Ticket.objects.count() == 2


def test_the_worker_sweeps_up_lost_runs_settled_calls_and_silent_tickets():
    assert {tasks.enqueue_due_runs, runs.wake_settled, tasks.resolve_silent_tickets} <= set(sweeps._sweeps)
